import type { Clock } from '../lib/index.ts';

export interface RateLimiterOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly perSecond: number;
  /** What a silent key may ask at once. */
  readonly burst: number;
}

/** Keys that are remembered; those that were silent longest are forgotten first. */
const mostKeys = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A bucket of tokens for each key: who asks steadily gets `perSecond`, and `burst` after a silence. */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** Takes a token; undefined where there was one, else how many seconds until there is. */
  take(key: string): number | undefined {
    const bucket = this.#filled(key);
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#options.perSecond;
    bucket.tokens -= 1;
    return undefined;
  }

  /** Takes one whether it is there or not: what was done anyway is made up for later. */
  charge(key: string): void {
    const bucket = this.#filled(key);
    bucket.tokens = Math.max(-this.#options.burst * 10, bucket.tokens - 1);
  }

  /** The same as `take` without taking it. */
  wait(key: string): number | undefined {
    const { tokens } = this.#filled(key);
    return tokens < 1 ? (1 - tokens) / this.#options.perSecond : undefined;
  }

  #filled(key: string): Bucket {
    const { clock, perSecond, burst } = this.#options;
    const nowMs = clock.monotonicMs();
    const { tokens, atMs } = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const bucket = { tokens: Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond), atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const oldest = this.#buckets.size > mostKeys ? this.#buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}

/** Whose turn it is: an IPv4 address, or the network of an IPv6 one, since one host has all of it. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain;
}
