/** Time as an argument. The only file that may read the clock or set a timer. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump; use it for what is stored or shown. */
  nowMs(): number;
  /** Never goes back; origin arbitrary. Use it for what is measured inside this process. */
  monotonicMs(): number;
  /** Runs `fire` once after `delayMs` (clamped to 24 days); the returned function cancels it. */
  after(delayMs: number, fire: () => void): () => void;
}

// setTimeout fires at once for anything longer.
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), longestTimerMs));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** A signal that aborts after `delayMs` or with `parent`; `release` frees timer and listener. */
export function deadline(clock: Clock, delayMs: number, parent?: AbortSignal): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const cancel = clock.after(delayMs, () => controller.abort(new DOMException(`deadline of ${delayMs} ms exceeded`, 'TimeoutError')));
  const onParent = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  return {
    signal: controller.signal,
    release() {
      cancel();
      parent?.removeEventListener('abort', onParent);
    },
  };
}

/** A clock that moves only when told to. Timers fire in order of their due time, then of their creation. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { dueMs: number; fire: () => void }>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, fire: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { dueMs: this.#elapsedMs + Math.max(0, delayMs), fire });
    return () => {
      this.#timers.delete(id);
    };
  }

  /** Moves time forward, firing what falls due and letting promises settle in between. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#elapsedMs + byMs;
    await settle();
    for (let next = this.#earliest(endMs); next !== undefined; next = this.#earliest(endMs)) {
      const [id, timer] = next;
      this.#timers.delete(id);
      this.#moveTo(Math.max(this.#elapsedMs, timer.dueMs));
      timer.fire();
      await settle();
    }
    this.#moveTo(endMs);
  }

  /** The wall clock jumps; timers and the monotonic clock do not notice. */
  jumpWall(byMs: number): void {
    this.#nowMs += byMs;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }

  #earliest(endMs: number): [number, { dueMs: number; fire: () => void }] | undefined {
    let found: [number, { dueMs: number; fire: () => void }] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].dueMs <= endMs && (found === undefined || entry[1].dueMs < found[1].dueMs)) found = entry;
    }
    return found;
  }
}

/** Lets queued promise callbacks and I/O callbacks run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
