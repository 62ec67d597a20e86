import type { Priority } from './transport.ts';

type Grant = 'granted' | 'aborted';

/**
 * Slots for requests under way. Some of them serve cuts only, so that a rollback never queues behind ordinary work.
 * Lease traffic has its own connection and asks for no slot.
 */
export class InFlightLimiter {
  readonly #limit: number;
  readonly #normalLimit: number;
  #running = 0;
  #normalRunning = 0;
  readonly #waiting: { cut: Set<() => void>; normal: Set<() => void> } = { cut: new Set(), normal: new Set() };

  constructor({ limit, reservedForCut }: { limit: number; reservedForCut: number }) {
    this.#limit = limit;
    this.#normalLimit = limit - reservedForCut;
  }

  /** Resolves when a slot is ours, or `aborted` when the signal came first. Each grant needs one `release`. */
  acquire(priority: Exclude<Priority, 'lease'>, signal: AbortSignal): Promise<Grant> {
    if (signal.aborted) return Promise.resolve('aborted');
    if (this.#hasRoom(priority) && this.#waiting[priority].size === 0) {
      this.#occupy(priority);
      return Promise.resolve('granted');
    }
    return new Promise((resolve) => {
      const lane = this.#waiting[priority];
      const grant = () => {
        signal.removeEventListener('abort', giveUp);
        resolve('granted');
      };
      const giveUp = () => {
        lane.delete(grant);
        resolve('aborted');
      };
      lane.add(grant);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  release(priority: Exclude<Priority, 'lease'>): void {
    this.#running -= 1;
    if (priority === 'normal') this.#normalRunning -= 1;
    this.#admit('cut');
    this.#admit('normal');
  }

  get running(): number {
    return this.#running;
  }

  #admit(priority: Exclude<Priority, 'lease'>): void {
    for (const grant of this.#waiting[priority]) {
      if (!this.#hasRoom(priority)) return;
      this.#waiting[priority].delete(grant);
      this.#occupy(priority);
      grant();
    }
  }

  #hasRoom(priority: Exclude<Priority, 'lease'>): boolean {
    return this.#running < this.#limit && (priority === 'cut' || this.#normalRunning < this.#normalLimit);
  }

  #occupy(priority: Exclude<Priority, 'lease'>): void {
    this.#running += 1;
    if (priority === 'normal') this.#normalRunning += 1;
  }
}
