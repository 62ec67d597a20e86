import type { Clock } from '../lib/index.ts';
import type { Stir } from './drive.ts';

/**
 * The time of one process, and its being alive. A process that is frozen hears of nothing until it goes on, and then of everything at once, as after SIGSTOP or
 * the pause of a virtual machine; one that has ended hears of nothing any more. Its wall clock may be wrong, and both of its clocks too fast or too slow. The
 * monotonic one runs on while it is frozen, unless it was suspended with its machine: then it stands still, as CLOCK_MONOTONIC does.
 */
export class OwnTime implements Clock {
  readonly #clock: Clock;
  readonly #stir: Stir;
  #skewMs = 0;
  #rate = 1;
  /** A moment of the world's monotonic clock, what this process's own showed then, and how far its wall clock had drifted by then. */
  #anchor = { worldMs: 0, ownMs: 0, driftMs: 0 };
  #standsStill = false;
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
    return this.#clock.nowMs() + this.#skewMs + this.#here().driftMs;
  }

  monotonicMs(): number {
    return this.#here().ownMs;
  }

  after(delayMs: number, fire: () => void): () => void {
    if (this.isEnded) return () => {};
    const dueMs = this.monotonicMs() + Math.max(0, delayMs);
    let isCancelled = false;
    let cancel = () => {};
    const arm = () => {
      cancel = this.#clock.after((dueMs - this.monotonicMs()) / this.#rate, heard);
    };
    const heard = this.hears(() => {
      if (isCancelled) return;
      // The clock stood still meanwhile, or goes slower than it did.
      if (dueMs - this.monotonicMs() > roundingMs) arm();
      else fire();
    });
    arm();
    return () => {
      isCancelled = true;
      cancel();
    };
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

  /** Both clocks of this process go so many times as fast as the world's from now on; its timers that are set keep to them. */
  drift(rate: number): void {
    this.#anchor = this.#here();
    this.#rate = rate;
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen';
  }

  /** Frozen, and its monotonic clock with it. */
  suspend(): void {
    if (this.#state !== 'running') return;
    this.freeze();
    this.#anchor = this.#here();
    this.#standsStill = true;
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'running';
    if (this.#standsStill) {
      this.#standsStill = false;
      this.#anchor = { ...this.#anchor, worldMs: this.#clock.monotonicMs() };
    }
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

  #here(): { readonly worldMs: number; readonly ownMs: number; readonly driftMs: number } {
    if (this.#standsStill) return this.#anchor;
    const worldMs = this.#clock.monotonicMs();
    const passedMs = worldMs - this.#anchor.worldMs;
    const { ownMs, driftMs } = this.#anchor;
    return { worldMs, ownMs: ownMs + passedMs * this.#rate, driftMs: driftMs + passedMs * (this.#rate - 1) };
  }
}

/** Of floating-point numbers; no timer is due so little later. */
const roundingMs = 0.001;
