import type { Clock } from '../../lib/index.ts';

export interface BriefCacheOptions<T> {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** The oldest answers make room. */
  readonly most: number;
  /** How long an answer may be given again; not at all where it is not positive. */
  readonly keepMs: (answer: T) => number;
}

/** Answers that may be given again for a moment. Whoever asks while the same is being asked gets that answer. */
export class BriefCache<T> {
  readonly #options: BriefCacheOptions<T>;
  readonly #known = new Map<string, { readonly answer: T; readonly untilMs: number }>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(options: BriefCacheOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  has(key: string): boolean {
    return this.#options.clock.monotonicMs() < (this.#known.get(key)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  async of(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known !== undefined && this.has(key)) return known.answer;
    const asking = this.#asking.get(key) ?? this.#ask(key, ask);
    return asking;
  }

  #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const asking = ask()
      .then((answer) => {
        this.#keep(key, answer);
        return answer;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  #keep(key: string, answer: T): void {
    const { clock, most, keepMs } = this.#options;
    const forMs = keepMs(answer);
    this.#known.delete(key);
    if (!(forMs > 0)) return;
    this.#known.set(key, { answer, untilMs: clock.monotonicMs() + forMs });
    const oldest = this.#known.size > most ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
