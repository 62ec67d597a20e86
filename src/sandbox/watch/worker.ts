import type { Clock } from '../../lib/index.ts';

/** What a worker should do about a key after it was worked on. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'after'; readonly delayMs: number }
  /** It failed: soon again, each time twice as late. */
  | { readonly kind: 'again' };

export const done: Outcome = { kind: 'done' };
export const again: Outcome = { kind: 'again' };
export const after = (delayMs: number): Outcome => ({ kind: 'after', delayMs });

export interface WorkerOptions {
  readonly clock: Clock;
  /** How long it takes to get to a key: drawn for each round. */
  readonly delayMs: () => number;
  /** Called before each round. */
  readonly sync: () => void;
  readonly work: (key: string) => Outcome;
}

const firstRetryMs = 5;
const longestRetryMs = 1_000_000;

/** Works on keys, each once however often it was named meanwhile. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #pending = new Set<string>();
  readonly #later = new Map<string, { atMs: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #isArmed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  add(key: string): void {
    this.#pending.add(key);
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#options.clock.after(this.#options.delayMs(), () => this.#round());
  }

  /** The earliest of several wishes for one key counts. */
  addAfter(key: string, delayMs: number): void {
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + delayMs;
    const known = this.#later.get(key);
    if (known !== undefined && known.atMs <= atMs) return;
    known?.cancel();
    const cancel = clock.after(delayMs, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { atMs, cancel });
  }

  #round(): void {
    this.#isArmed = false;
    this.#options.sync();
    const keys = [...this.#pending];
    this.#pending.clear();
    for (const key of keys) this.#settle(key, this.#options.work(key));
  }

  #settle(key: string, outcome: Outcome): void {
    if (outcome.kind !== 'again') this.#failures.delete(key);
    switch (outcome.kind) {
      case 'done':
        return;
      case 'after':
        this.addAfter(key, outcome.delayMs);
        return;
      case 'again': {
        const failures = this.#failures.get(key) ?? 0;
        this.#failures.set(key, failures + 1);
        this.addAfter(key, Math.min(longestRetryMs, firstRetryMs * 2 ** failures));
      }
    }
  }
}
