import type { Clock } from '../../lib/index.ts';
import { type Due, DueQueue } from './due-queue.ts';

/**
 * A clock that knows what was asked of it: when the next of its timers is due, and how to cancel them all. Each timer stays a timer
 * of the clock behind it, so that whoever owns that one decides the order.
 */
export class Timers implements Clock {
  readonly #clock: Clock;
  readonly #queue = new DueQueue();
  readonly #cancels = new Map<Due, () => void>();
  #set = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, fire: () => void): () => void {
    if (this.#isClosed) return () => {};
    this.#set += 1;
    const due: Due = { atMs: this.#clock.monotonicMs() + Math.max(0, delayMs), order: this.#set, fire };
    this.#queue.push(due);
    const forget = () => {
      due.fire = undefined;
      this.#cancels.delete(due);
    };
    const cancel = this.#clock.after(delayMs, () => {
      forget();
      // Drops what is over, also where nobody ever asks when the next one is due.
      this.#queue.first();
      fire();
    });
    this.#cancels.set(due, cancel);
    return () => {
      forget();
      cancel();
    };
  }

  /** When the next timer is due, by `monotonicMs`; undefined where none is set. */
  nextAtMs(): number | undefined {
    return this.#queue.first()?.atMs;
  }

  /** Nothing is due at this moment: what remains waits for time to pass, or for others. */
  isIdle(): boolean {
    const nextMs = this.nextAtMs();
    return nextMs === undefined || nextMs > this.#clock.monotonicMs();
  }

  /** Cancels all timers; later ones never fire. */
  close(): void {
    this.#isClosed = true;
    for (const [due, cancel] of this.#cancels) {
      due.fire = undefined;
      cancel();
    }
    this.#cancels.clear();
  }
}
