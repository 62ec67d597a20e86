import type { Clock } from '../lib/clock.ts';
import type { Transport } from './transport.ts';

/** Clocks that differ by no more are taken for the same; the Date of an answer is cut to whole seconds. */
const toleranceMs = 3_000;
const dateGrainMs = 1_000;
const isSame = (leftMs: number, rightMs: number): boolean => Math.abs(leftMs - rightMs) <= toleranceMs;

/**
 * The time of the cluster: this process's wall clock, as long as it may be believed. What is written down is read by other processes, and says for how long a
 * delay still lasts: a wall clock that jumps would end safety delays at once, or have them wait for hours. Three know the time: our wall clock; what it was
 * once, and what has passed since by the monotonic clock; and the API server, which dates its answers. Two that agree are believed, and the API server is as long
 * as nothing else has agreed with it. Without dated answers it is the wall clock.
 */
export class ClusterClock implements Clock {
  readonly #own: Clock;
  /** Of the time that is believed over the monotonic clock. */
  #offsetMs: number;
  /** Of the wall clock over the monotonic one when a dated answer was last compared; undefined: never. */
  #settledMs: number | undefined;
  #aheadMs = 0;

  constructor(own: Clock) {
    this.#own = own;
    this.#offsetMs = this.#wallOverMonotonicMs();
  }

  nowMs(): number {
    const wallMs = this.#own.nowMs();
    const passedMs = Math.round(this.#own.monotonicMs() + this.#offsetMs);
    if (this.#settledMs !== undefined && !isSame(wallMs, passedMs)) return passedMs;
    this.#believe(wallMs);
    return wallMs;
  }

  monotonicMs(): number {
    return this.#own.monotonicMs();
  }

  after(delayMs: number, fire: () => void): () => void {
    return this.#own.after(delayMs, fire);
  }

  /** The wall clock has jumped, or the machine has slept and the monotonic clock stood still: which of them, the next answer will tell. */
  get isInDoubt(): boolean {
    return this.#settledMs !== undefined && !isSame(this.#wallOverMonotonicMs(), this.#settledMs);
  }

  /**
   * How far the time that is believed is ahead of the API server's (behind: negative); 0 within some seconds. To be added to times that the server's side has
   * written down, before they are compared with our own.
   */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** The transport, with the dates of its answers noted here. */
  over(transport: Transport): Transport {
    return {
      request: async (request, signal) => {
        const sent = { atMs: this.#own.monotonicMs(), overMs: this.#wallOverMonotonicMs() };
        const reply = await transport.request(request, signal);
        // One that was on its way while the clocks parted may be as old as a machine's sleep.
        if (reply.ok && isSame(this.#wallOverMonotonicMs(), sent.overMs))
          this.#compare(Date.parse(reply.value.headers.date ?? ''), sent.atMs);
        return reply;
      },
      stream: (request, signal) => transport.stream(request, signal),
      close: () => transport.close(),
    };
  }

  #compare(dateMs: number, sentAtMs: number): void {
    if (Number.isNaN(dateMs)) return;
    const tookMs = this.#own.monotonicMs() - sentAtMs;
    // Cut to whole seconds, and written somewhere between the request and the answer.
    const latestMs = dateMs + dateGrainMs + tookMs;
    const aheadOf = (ms: number) => (isSame(ms, dateMs) || isSame(ms, latestMs) || (ms > dateMs && ms < latestMs) ? 0 : ms - dateMs);
    const [wallMs, nowMs] = [this.#own.nowMs(), this.nowMs()];
    const isProven = this.#settledMs !== undefined;
    this.#aheadMs = 0;
    // What took long agrees with too much to prove anything.
    if (aheadOf(nowMs) === 0 && !isProven && tookMs > toleranceMs) return;
    this.#settledMs = this.#wallOverMonotonicMs();
    if (aheadOf(nowMs) === 0) return;
    if (aheadOf(wallMs) === 0) this.#believe(wallMs);
    else if (isProven && isSame(nowMs, wallMs)) this.#aheadMs = aheadOf(nowMs);
    else this.#believe(dateMs);
  }

  #believe(ms: number): void {
    this.#offsetMs = ms - this.#own.monotonicMs();
  }

  #wallOverMonotonicMs(): number {
    return this.#own.nowMs() - this.#own.monotonicMs();
  }
}
