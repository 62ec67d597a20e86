import type { Clock } from '../lib/clock.ts';
import { sameJson } from '../lib/json.ts';
import { type LeaseRecord, readLease } from './lease.ts';
import { compareResourceVersions, type KubeObject } from './object.ts';

/** The Lease as it was read or written, and since when it has been like that by our monotonic clock. */
export interface Observation {
  readonly object: KubeObject;
  readonly record: LeaseRecord;
  readonly atMs: number;
}

/** Servers that lag have caught up by then: what is still older than what was seen before is of a store that was put back from a backup. */
const longestLagMs = 60_000;

/** What one process knows of the Lease: it never goes back in time. */
export class SeenLease {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #latest: Observation | undefined;
  /** The newest version that was read or written, and when it, or a newer one, was last met. */
  #newest: { readonly version: string; readonly atMs: number } | undefined;
  #highestEpoch = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Undefined: none was seen, or it is gone. */
  get latest(): Observation | undefined {
    return this.#latest;
  }

  /** Of all that were ever seen: a hand may lower the number. */
  get highestEpoch(): number {
    return this.#highestEpoch;
  }

  forget(): void {
    this.#latest = undefined;
  }

  /** What is known of it from now on: of a server that has not read everything yet, what was known before. */
  note(object: KubeObject): Observation | undefined {
    const { resourceVersion: version = '' } = object.metadata;
    const nowMs = this.#clock.monotonicMs();
    const isOlder = this.#newest !== undefined && compareResourceVersions(version, this.#newest.version) < 0;
    if (isOlder && this.#newest !== undefined && nowMs - this.#newest.atMs < longestLagMs) return this.#latest;
    this.#newest = { version, atMs: nowMs };
    const record = readLease(object);
    this.#highestEpoch = Math.max(this.#highestEpoch, record.leaseTransitions);
    const isSame = this.#latest !== undefined && sameJson(this.#latest.record, record);
    this.#latest = { object, record, atMs: isSame && this.#latest !== undefined ? this.#latest.atMs : nowMs };
    return this.#latest;
  }
}
