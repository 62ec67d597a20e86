import type { Clock, Random } from '../../lib/index.ts';
import { type Due, DueQueue } from './due-queue.ts';

export interface StepClockOptions {
  readonly startMs?: number;
  /** Which of several timers that are due at the same moment goes first; left out: the one that was set first. */
  readonly tieBreak?: Random;
}

/** Virtual time that a loop moves from timer to timer. No promise takes part, so a year is as fast as what happens in it. */
export class StepClock implements Clock {
  #wallMs: number;
  #elapsedMs = 0;
  #set = 0;
  readonly #tieBreak: Random | undefined;
  readonly #queue = new DueQueue();

  constructor({ startMs = Date.UTC(2026, 0, 1), tieBreak }: StepClockOptions = {}) {
    this.#wallMs = startMs;
    this.#tieBreak = tieBreak;
  }

  nowMs(): number {
    return this.#wallMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, fire: () => void): () => void {
    this.#set += 1;
    const due: Due = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#tieBreak?.next() ?? this.#set, fire };
    this.#queue.push(due);
    return () => {
      due.fire = undefined;
    };
  }

  /** When the next timer is due, by `monotonicMs`; undefined where none is set. */
  nextAtMs(): number | undefined {
    return this.#queue.first()?.atMs;
  }

  /** Moves on to the next timer and fires it; false where none is set. */
  step(): boolean {
    const due = this.#queue.take();
    if (due === undefined) return false;
    this.#elapsedMs = Math.max(this.#elapsedMs, due.atMs);
    due.fire?.();
    return true;
  }

  runFor(durationMs: number): void {
    const endMs = this.#elapsedMs + durationMs;
    for (let nextMs = this.nextAtMs(); nextMs !== undefined && nextMs <= endMs; nextMs = this.nextAtMs()) this.step();
    this.#elapsedMs = endMs;
  }

  /** Moves on until the condition holds, which is asked after each timer; false where it does not within the limit. */
  runUntil(holds: () => boolean, limitMs: number): boolean {
    const endMs = this.#elapsedMs + limitMs;
    while (!holds()) {
      const nextMs = this.nextAtMs();
      if (nextMs === undefined || nextMs > endMs) {
        this.#elapsedMs = endMs;
        return holds();
      }
      this.step();
    }
    return true;
  }

  /** The wall clock jumps; timers and the monotonic clock do not notice. */
  jumpWall(byMs: number): void {
    this.#wallMs += byMs;
  }
}
