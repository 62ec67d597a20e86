import type { ReasonCode } from '../../core/index.ts';
import type { Clock, Result } from '../../lib/index.ts';
import type { Problem } from '../decider.ts';

/** What is needed of the response. */
export interface Sink {
  /** False: no more until `drain`. */
  write(chunk: Buffer): boolean;
  end(chunk?: Buffer): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

export interface ViewerOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly expiresAtMs?: number | undefined;
  readonly review: () => Promise<Result<unknown, Problem>>;
  readonly newest: () => Buffer;
  readonly onEnd: () => void;
  /** Spreads the reviews of many over time. */
  readonly turn: number;
}

const keepAliveMs = 15_000;
const reviewMs = 60_000;
const spreadMs = 30_000;
/** Without an answer of the API server's for this long nobody is shown anything. */
const unreviewedMs = 300_000;
/** Who takes nothing for this long is gone. */
const stuckMs = 30_000;

const keepAlive = Buffer.from(': keep-alive\n\n');

/** One stream. It holds no backlog: while its client does not read, only that there is something new. */
export class Viewer {
  readonly #options: ViewerOptions;
  #spokeAtMs: number;
  #reviewAtMs: number;
  #reviewedAtMs: number;
  #isReviewing = false;
  #blockedSinceMs: number | undefined;
  #isBehind = false;
  #hasEnded = false;

  constructor(options: ViewerOptions) {
    this.#options = options;
    const { sink, clock, turn } = options;
    const nowMs = clock.monotonicMs();
    this.#spokeAtMs = nowMs;
    this.#reviewedAtMs = nowMs;
    this.#reviewAtMs = nowMs + reviewMs + ((turn * 997) % spreadMs);
    sink.on('drain', () => this.#drained());
    sink.on('close', () => this.#ended());
    sink.on('error', () => this.#ended());
  }

  show(frame: Buffer): void {
    if (this.#hasEnded) return;
    if (this.#blockedSinceMs !== undefined) this.#isBehind = true;
    else this.#write(frame);
  }

  /** Says why, so that the client knows whether to come again. */
  end(why: Extract<ReasonCode, 'NotFound' | 'NotServing' | 'NotAllowed' | 'Unauthenticated'>): void {
    if (this.#hasEnded) return;
    this.#options.sink.end(Buffer.from(`event: end\ndata: ${JSON.stringify({ reason: why })}\n\n`));
    this.#ended();
  }

  /** About once a second. */
  tick(): void {
    const { clock, sink, expiresAtMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (expiresAtMs !== undefined && clock.nowMs() >= expiresAtMs) {
      this.end('Unauthenticated');
      return;
    }
    if (this.#blockedSinceMs !== undefined && nowMs - this.#blockedSinceMs >= stuckMs) {
      this.#ended();
      sink.destroy();
      return;
    }
    if (nowMs >= this.#reviewAtMs && !this.#isReviewing) void this.#review(nowMs);
    if (this.#blockedSinceMs === undefined && nowMs - this.#spokeAtMs >= keepAliveMs) this.#write(keepAlive);
  }

  async #review(nowMs: number): Promise<void> {
    this.#isReviewing = true;
    this.#reviewAtMs = nowMs + reviewMs;
    const answer = await this.#options.review();
    this.#isReviewing = false;
    const { clock } = this.#options;
    if (answer.ok) this.#reviewedAtMs = clock.monotonicMs();
    else if (answer.failure.status === 401) this.end('Unauthenticated');
    else if (answer.failure.status < 500) this.end('NotAllowed');
    else if (clock.monotonicMs() - this.#reviewedAtMs >= unreviewedMs) this.end('NotServing');
  }

  #write(chunk: Buffer): void {
    const { sink, clock } = this.#options;
    this.#spokeAtMs = clock.monotonicMs();
    if (!sink.write(chunk)) this.#blockedSinceMs = this.#spokeAtMs;
  }

  #drained(): void {
    this.#blockedSinceMs = undefined;
    if (!this.#isBehind || this.#hasEnded) return;
    this.#isBehind = false;
    this.#write(this.#options.newest());
  }

  #ended(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.onEnd();
  }
}
