import { expect, test } from 'vitest';
import { firstEpoch, leaseState, leaseTimingProblem, microTime, readLease } from './lease.ts';

const record = {
  holderIdentity: 'other',
  leaseDurationSeconds: 15,
  acquireTime: '',
  renewTime: '2001-01-01T00:00:00.000000Z',
  leaseTransitions: 3,
};

test('a lease is held for its own duration from when we first saw it, whatever its times say', () => {
  expect(leaseState(record, 1_000, 15_999, 'me')).toEqual({ kind: 'held', holder: 'other', remainingMs: 1 });
  expect(leaseState(record, 1_000, 16_000, 'me')).toEqual({ kind: 'expired', holder: 'other' });
  expect(leaseState({ ...record, holderIdentity: '' }, 0, 0, 'me')).toEqual({ kind: 'free' });
  expect(leaseState({ ...record, holderIdentity: 'me' }, 0, 99_999, 'me')).toEqual({ kind: 'ours' });
  expect(leaseState(undefined, 0, 0, 'me')).toEqual({ kind: 'free' });
});

test('timing must leave room: duration > deadline > 2 x retry', () => {
  const good = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
  expect(leaseTimingProblem(good)).toBeUndefined();
  expect(leaseTimingProblem({ ...good, renewDeadlineMs: 15_000 })).toMatch('duration must exceed');
  expect(leaseTimingProblem({ ...good, retryPeriodMs: 5_000 })).toMatch('twice the retry');
  expect(leaseTimingProblem({ ...good, leaseDurationMs: 15_500 })).toMatch('whole seconds');
});

test('MicroTime has exactly six digits', () => {
  expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 67))).toBe('2026-01-02T03:04:05.067000Z');
});

test('the epoch of a new lease fits 32 bits and grows by the second', () => {
  expect(firstEpoch(Date.UTC(2087, 0, 1))).toBeLessThan(2 ** 31);
  expect(firstEpoch(Date.UTC(2026, 0, 1) + 1_000)).toBe(firstEpoch(Date.UTC(2026, 0, 1)) + 1);
});

test('a lease that someone emptied can be taken at once', () => {
  const bare = readLease({ metadata: { name: 'l', uid: 'u', resourceVersion: '1' }, spec: { holderIdentity: 7 } });
  expect(leaseState(bare, 0, 0, 'me')).toEqual({ kind: 'free' });
});
