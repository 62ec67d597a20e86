import type { Clock } from '../lib/index.ts';
import { Interner } from '../lib/index.ts';

export interface SettlingOptions {
  readonly clock: Clock;
  /** Work is waiting: another time. */
  readonly isBusy: () => boolean;
  /** The first lists are in. Later ones repeat what is known: what they leave behind is little. */
  readonly onSettled: () => void;
}

const quietMs = 3_000;

/**
 * Lists come all at once, at the start and after a long interruption. What is kept for their sake goes when none has come for a while and
 * what they brought has been looked at.
 */
export class Settling {
  /** Shared by all stores. */
  readonly interner = new Interner();
  readonly #options: SettlingOptions;
  #cancel = () => {};
  #isStopped = false;
  #hasSettled = false;

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** A list has come in. */
  listed(): void {
    this.#cancel();
    if (!this.#isStopped) this.#cancel = this.#options.clock.after(quietMs, () => this.#settle());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #settle(): void {
    if (this.#options.isBusy()) {
      this.listed();
      return;
    }
    this.interner.settle();
    if (!this.#hasSettled) this.#options.onSettled();
    this.#hasSettled = true;
  }
}
