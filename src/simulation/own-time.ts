import type { Clock } from '../lib/index.ts';
import type { Stir } from './drive.ts';

/**
 * The time of one process, and its being alive. A process that is frozen hears of nothing until it goes on, and then of everything at once, as after SIGSTOP or
 * the pause of a virtual machine; one that has ended hears of nothing any more. Its wall clock may be wrong, its monotonic one runs on.
 */
export class OwnTime implements Clock {
  readonly #clock: Clock;
  readonly #stir: Stir;
  #skewMs = 0;
  #state: 'running' | 'frozen' | 'ended' = 'running';
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, stir: Stir) {
    this.#clock = clock;
    this.#stir = stir;
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, fire: () => void): () => void {
    if (this.isEnded) return () => {};
    return this.#clock.after(delayMs, this.hears(fire));
  }

  /** What calls into the process from outside: timers, answers, lines of a watch. */
  hears<Given extends readonly unknown[]>(listener: (...given: Given) => void): (...given: Given) => void {
    return (...given) => {
      if (this.#state === 'ended') return;
      if (this.#state === 'frozen') {
        this.#waiting.push(() => listener(...given));
        return;
      }
      this.#stir.isStirred = true;
      listener(...given);
    };
  }

  /** What the process does to the world: nothing once it has ended, and what it was about to do while it is frozen happens when it goes on. */
  does(act: () => void): void {
    if (this.#state === 'frozen') this.#waiting.push(act);
    else if (this.#state === 'running') act();
  }

  /** The wall clock of this process is so much ahead (or behind) of the world's from now on. */
  skew(ms: number): void {
    this.#skewMs = ms;
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    // In the order in which they came; time has passed for all of them.
    for (const hear of waiting) {
      if (this.isEnded) return;
      this.#stir.isStirred = true;
      hear();
    }
  }

  end(): void {
    this.#state = 'ended';
    this.#waiting = [];
  }
}
