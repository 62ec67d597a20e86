import { isObject } from '../lib/json.ts';
import type { KubeObject, Resource } from './object.ts';

export const leaseResource: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** `spec` of a Lease. Its times are for people: other processes' clocks prove nothing. */
export interface LeaseRecord {
  /** Empty: nobody. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

export type LeaseState =
  | { readonly kind: 'free' }
  | { readonly kind: 'ours' }
  | { readonly kind: 'expired'; readonly holder: string }
  | { readonly kind: 'held'; readonly holder: string; readonly remainingMs: number };

/**
 * Who holds the lease, as far as this process can know: it trusts no clock but its own monotonic one and counts from the moment at
 * which it first saw the record as it is now, with the duration that the record names.
 */
export function leaseState(
  record: LeaseRecord | undefined,
  observedAtMonotonicMs: number,
  nowMonotonicMs: number,
  identity: string,
): LeaseState {
  if (record === undefined || record.holderIdentity === '') return { kind: 'free' };
  if (record.holderIdentity === identity) return { kind: 'ours' };
  const remainingMs = observedAtMonotonicMs + record.leaseDurationSeconds * 1_000 - nowMonotonicMs;
  if (remainingMs <= 0) return { kind: 'expired', holder: record.holderIdentity };
  return { kind: 'held', holder: record.holderIdentity, remainingMs };
}

export interface LeaseTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

const timingWords: Readonly<Record<keyof LeaseTiming, string>> = {
  leaseDurationMs: 'the lease duration',
  renewDeadlineMs: 'the renew deadline',
  retryPeriodMs: 'the retry period',
};

/** What is wrong with the timing, or undefined: duration > deadline > 2 x retry, and whole seconds since the API stores those. `words`: how each is called. */
export function leaseTimingProblem(timing: LeaseTiming, words = timingWords): string | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timing;
  if (leaseDurationMs % 1_000 !== 0) return `${words.leaseDurationMs} must be whole seconds`;
  if (leaseDurationMs <= renewDeadlineMs) return `${words.leaseDurationMs} must exceed ${words.renewDeadlineMs}`;
  if (renewDeadlineMs <= 2 * retryPeriodMs) return `${words.renewDeadlineMs} must exceed twice ${words.retryPeriodMs}`;
  return retryPeriodMs <= 0 ? `${words.retryPeriodMs} must be positive` : undefined;
}

/**
 * The epoch of a lease that is created. A deleted lease takes its count with it, and an epoch that starts again at zero would let
 * an older leader pass for the newer one; seconds of wall time outrun any count of acquisitions and fit the field's 32 bits to 2088.
 */
export function firstEpoch(nowMs: number): number {
  return Math.max(1, Math.floor((nowMs - Date.UTC(2020, 0, 1)) / 1_000));
}

/** RFC 3339 with exactly six digits of a second: Go's MicroTime accepts nothing else. */
export function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}

/** Reads a Lease that anyone may have edited: absent or odd fields become the ones that let it be taken over soonest. */
export function readLease(object: KubeObject): LeaseRecord {
  const spec = isObject(object.spec) ? object.spec : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const count = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0);
  return {
    holderIdentity: text(spec.holderIdentity),
    leaseDurationSeconds: count(spec.leaseDurationSeconds),
    acquireTime: text(spec.acquireTime),
    renewTime: text(spec.renewTime),
    leaseTransitions: count(spec.leaseTransitions),
  };
}

/** The Lease as it was read, with another record in it: what others wrote beside it stays. */
export function withRecord(object: KubeObject, record: LeaseRecord): object {
  return { ...object, spec: { ...(isObject(object.spec) ? object.spec : {}), ...record } };
}

/** Given back: the next one takes it at its next look, with a higher count than both this and the least that is named. */
export function freedRecord(record: LeaseRecord, leastEpoch: number, nowMs: number): LeaseRecord {
  const now = microTime(nowMs);
  const leaseTransitions = Math.max(record.leaseTransitions, leastEpoch);
  return { ...record, holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions, renewTime: now, acquireTime: now };
}

/** Ours, as of this moment. */
export const heldRecord = (
  held: Pick<LeaseRecord, 'holderIdentity' | 'leaseTransitions' | 'acquireTime'>,
  leaseDurationMs: number,
  nowMs: number,
): LeaseRecord => ({
  holderIdentity: held.holderIdentity,
  leaseDurationSeconds: leaseDurationMs / 1_000,
  acquireTime: held.acquireTime,
  renewTime: microTime(nowMs),
  leaseTransitions: held.leaseTransitions,
});
