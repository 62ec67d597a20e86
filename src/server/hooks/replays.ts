import type { Clock } from '../../lib/index.ts';

/** What was answered to signed bytes, for as long as they may be repeated: the same bytes have the same answer and no second effect. */
export class Replays<T> {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #limit: number;
  /** In the order in which they came, so that the oldest is first. */
  readonly #known = new Map<string, { readonly untilMs: number; readonly answer: Promise<T> }>();

  constructor(clock: Clock, keptMs: number, limit = 4_096) {
    this.#clock = clock;
    this.#keptMs = keptMs;
    this.#limit = limit;
  }

  get(print: string): Promise<T> | undefined {
    this.#expire();
    return this.#known.get(print)?.answer;
  }

  /** False where there is no room: forgetting one within its time would let it act twice. */
  remember(print: string, run: () => Promise<T>): Promise<T> | undefined {
    this.#expire();
    if (this.#known.size >= this.#limit) return undefined;
    const answer = run();
    this.#known.set(print, { untilMs: this.#clock.monotonicMs() + this.#keptMs, answer });
    return answer;
  }

  /** What failed for a passing reason may be tried again. */
  forget(print: string): void {
    this.#known.delete(print);
  }

  get size(): number {
    return this.#known.size;
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [print, { untilMs }] of this.#known) {
      if (untilMs > nowMs) return;
      this.#known.delete(print);
    }
  }
}
