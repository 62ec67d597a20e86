import type { Clock } from '../lib/clock.ts';

/** At most so many questions at one server at once; the rest wait in the order of their coming. */
export class ServerLanes {
  readonly #clock: Clock;
  readonly #limitOf: (server: string) => number;
  readonly #lanes = new Map<string, Lane>();

  constructor(clock: Clock, limitOf: (server: string) => number) {
    this.#clock = clock;
    this.#limitOf = limitOf;
  }

  /** A place at the server, to be given back by calling it; undefined where `signal` aborted or the wait took `waitMs`. */
  acquire(server: string, waitMs: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    const lane = this.#lanes.get(server) ?? { busy: 0, waiting: new Set<() => void>() };
    this.#lanes.set(server, lane);
    if (signal.aborted) return Promise.resolve(undefined);
    if (lane.busy < this.#limitOf(server)) {
      lane.busy++;
      return Promise.resolve(this.#releaseOnce(server, lane));
    }
    return new Promise((resolve) => {
      const settle = (place: (() => void) | undefined) => {
        lane.waiting.delete(enter);
        cancelTimer();
        signal.removeEventListener('abort', giveUp);
        resolve(place);
      };
      const enter = () => settle(this.#releaseOnce(server, lane));
      const giveUp = () => settle(undefined);
      const cancelTimer = this.#clock.after(waitMs, giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      lane.waiting.add(enter);
    });
  }

  /** Servers with questions under way or waiting. */
  get size(): number {
    return this.#lanes.size;
  }

  #releaseOnce(server: string, lane: Lane): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const [next] = lane.waiting;
      // The place goes to whoever waits longest; only without one it becomes free.
      if (next !== undefined) next();
      else if (--lane.busy === 0) this.#lanes.delete(server);
    };
  }
}

interface Lane {
  busy: number;
  /** In the order of coming. */
  readonly waiting: Set<() => void>;
}
