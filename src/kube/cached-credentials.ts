import type { Clock } from '../lib/clock.ts';
import { fail, type Result } from '../lib/result.ts';
import { type KubeFailure, localFailure } from './failure.ts';
import type { Access, Credentials } from './transport.ts';

export interface FetchedAccess {
  readonly access: Access;
  /** Wall clock; undefined where the source does not say. */
  readonly expiresMs?: number | undefined;
}

export interface CachedCredentialsOptions {
  readonly clock: Clock;
  /** Asks the source: reads files, runs a plugin. May take its time. */
  readonly fetch: () => Promise<Result<FetchedAccess, KubeFailure>>;
  /** How long an answer counts, by the monotonic clock: a wall clock set back must not pin an old token. */
  readonly maxAgeMs: number;
  /** An answer younger than this is not asked anew by `refresh`: a server that refuses everybody must not make us run a plugin for each request. */
  readonly refreshPauseMs?: number;
}

const expirySkewMs = 60_000;
const defaultRefreshPauseMs = 5_000;
const failurePauseMs = 1_000;

/** Credentials from a source that is asked by one caller at a time; a source that fails leaves the last good answer in use. */
export class CachedCredentials implements Credentials {
  readonly #options: CachedCredentialsOptions;
  #last: { fetched: FetchedAccess; atMs: number; isRefused: boolean } | undefined;
  #pending: Promise<Result<Access, KubeFailure>> | undefined;
  #failed: { failure: KubeFailure; untilMs: number } | undefined;

  constructor(options: CachedCredentialsOptions) {
    this.#options = options;
  }

  async access(signal?: AbortSignal): Promise<Result<Access, KubeFailure>> {
    const last = this.#last;
    if (last !== undefined && this.#isGood(last)) return { ok: true, value: last.fetched.access };
    if (this.#pending === undefined && this.#failed !== undefined && this.#options.clock.monotonicMs() < this.#failed.untilMs) {
      return this.#orLast(this.#failed.failure);
    }
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return orAborted(this.#pending, signal);
  }

  refresh(): void {
    const last = this.#last;
    const { clock, refreshPauseMs = defaultRefreshPauseMs } = this.#options;
    if (last === undefined || clock.monotonicMs() - last.atMs < refreshPauseMs) return;
    this.#last = { ...last, isRefused: true };
  }

  #isGood(last: { fetched: FetchedAccess; atMs: number; isRefused: boolean }): boolean {
    const { clock, maxAgeMs } = this.#options;
    if (last.isRefused || clock.monotonicMs() - last.atMs >= maxAgeMs) return false;
    return last.fetched.expiresMs === undefined || clock.nowMs() < last.fetched.expiresMs - expirySkewMs;
  }

  async #fetch(): Promise<Result<Access, KubeFailure>> {
    const fetched = await this.#options.fetch();
    const atMs = this.#options.clock.monotonicMs();
    if (fetched.ok) {
      this.#failed = undefined;
      this.#last = { fetched: fetched.value, atMs, isRefused: false };
      return { ok: true, value: fetched.value.access };
    }
    this.#failed = { failure: fetched.failure, untilMs: atMs + failurePauseMs };
    return this.#orLast(fetched.failure);
  }

  // A token file is gone for a moment while it is replaced; the old token is mostly still good, and the server says so if not.
  #orLast(failure: KubeFailure): Result<Access, KubeFailure> {
    return this.#last === undefined ? fail(failure) : { ok: true, value: this.#last.fetched.access };
  }
}

/** The pending answer goes on for the others when one caller stops waiting. */
function orAborted(pending: Promise<Result<Access, KubeFailure>>, signal?: AbortSignal): Promise<Result<Access, KubeFailure>> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(fail(localFailure('timeout', 'no credentials in time')));
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
