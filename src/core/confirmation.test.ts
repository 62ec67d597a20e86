import { describe, expect, test } from 'vitest';
import type { ConfirmationFacts } from './confirmation.ts';
import { confirm } from './confirmation.ts';

const writtenAtMs = 1_000_000;
const facts = (over: Partial<ConfirmationFacts> = {}): ConfirmationFacts => ({
  nowMs: writtenAtMs + 20_000,
  weight: 10,
  previousWeight: 0,
  writtenAtMs,
  isHasty: false,
  wasContradicted: false,
  maxLagMs: 10_000,
  timeoutMs: 60_000,
  adapter: { kind: 'unseen' },
  share: { kind: 'unavailable' },
  services: { canary: 'c', stable: 's' },
  ...over,
});
const reading = (canaryRequests: number, stableRequests: number, over = {}): ConfirmationFacts['share'] => ({
  kind: 'reading',
  windowStartedAtMs: writtenAtMs + 1000,
  windowMs: 15_000,
  canaryRequests,
  stableRequests,
  hasSeries: true,
  ...over,
});
const byOf = (over: Partial<ConfirmationFacts>) => {
  const verdict = confirm(facts(over));
  return verdict.kind === 'confirmed' ? verdict.by : verdict.why;
};

describe('the ladder of confirmation', () => {
  test('metrics confirm by the observed share, within its bound', () => {
    expect(confirm(facts({ share: reading(100, 900) }))).toEqual({ kind: 'confirmed', by: 'Metrics', observed: 10 });
  });
  test('the adapter’s object confirms by equality', () => expect(byOf({ adapter: { kind: 'agrees' } })).toBe('Adapter'));
  test('the elapsed bound confirms where neither can be seen', () => {
    expect(byOf({})).toBe('Elapsed');
    expect(confirm(facts({ nowMs: writtenAtMs + 9_999 }))).toMatchObject({ kind: 'waiting', wakeAtMs: writtenAtMs + 10_000 });
  });
  test('where either contradicts nothing confirms, however much time passes', () => {
    const late = { nowMs: writtenAtMs + 9_000_000 };
    expect(byOf({ ...late, adapter: { kind: 'contradicts', message: 'it says 0' } })).toBe('it says 0');
    expect(byOf({ ...late, adapter: { kind: 'agrees' }, share: reading(0, 1000) })).toContain('metrics show 0.0 %');
    expect(byOf({ ...late, adapter: { kind: 'contradicts', message: 'it says 0' }, share: reading(100, 900) })).toBe('it says 0');
  });
  test('a contradiction that is on record outlasts the metrics: that they cannot be asked any more confirms nothing', () => {
    const late = { nowMs: writtenAtMs + 9_000_000, wasContradicted: true };
    expect(byOf({ ...late, share: reading(0, 0, { failure: 'down' }) })).toBe('down');
    expect(byOf({ ...late, share: { kind: 'pending' } })).toContain('waiting for a first reading');
    expect(byOf({ ...late, share: reading(0, 0, { failure: 'down' }), adapter: { kind: 'agrees' } })).toBe('Adapter');
    expect(byOf({ ...late, share: reading(100, 900) })).toBe('Metrics');
  });
  test('too few requests, or no series of this mesh, are nothing seen', () => {
    expect(byOf({ share: reading(0, 29) })).toBe('Elapsed');
    expect(byOf({ share: reading(0, 0, { hasSeries: false }) })).toBe('Elapsed');
  });
  describe('where the metrics count whoever calls, the split’s clients or not', () => {
    const all = { countsAll: true as const };
    const late = { nowMs: writtenAtMs + 60_000 };
    test('they confirm', () => expect(byOf({ share: reading(100, 900, all) })).toBe('Metrics'));
    test('a few who never met the split contradict no weight: time confirms it, once there was enough to look at', () => {
      const promoted = { weight: 100, previousWeight: 50, share: reading(955, 45, all) };
      expect(byOf(promoted)).toContain('never met the split');
      expect(byOf({ ...promoted, ...late })).toBe('Elapsed');
      // An unpinned Service sends some of them to the canary.
      expect(byOf({ ...late, weight: 0, previousWeight: 50, share: reading(20, 980, all) })).toBe('Elapsed');
      expect(byOf({ ...promoted, ...late, share: reading(955, 45) })).toContain('metrics show 95.5 % instead of 100 %');
    });
    test('the adapter’s object may confirm meanwhile', () =>
      expect(byOf({ adapter: { kind: 'agrees' }, weight: 100, previousWeight: 50, share: reading(955, 45, all) })).toBe('Adapter'));
    test('a weight that is stale beyond what they explain is seen, however much time passes', () => {
      expect(byOf({ ...late, share: reading(0, 1800, all) })).toContain('metrics show 0.0 %');
      expect(byOf({ ...late, weight: 100, previousWeight: 50, share: reading(500, 500, all) })).toContain('metrics show 50.0 %');
      expect(byOf({ ...late, weight: 0, previousWeight: 50, share: reading(500, 500, all) })).toContain('metrics show 50.0 %');
    });
  });
  test('a reading from before the write says nothing', () =>
    expect(byOf({ share: reading(100, 900, { windowStartedAtMs: writtenAtMs - 1 }) })).toContain('first reading'));
  test('metrics that cannot be asked hold no release past the timeout', () => {
    expect(byOf({ share: reading(0, 0, { failure: 'down' }) })).toBe('down');
    expect(byOf({ nowMs: writtenAtMs + 60_000, share: reading(0, 0, { failure: 'down' }) })).toBe('Elapsed');
  });
  test('a timeout shorter than any window that means something does not make them unseen', () => {
    const hasty = { timeoutMs: 5_000, maxLagMs: 2_000 };
    const early = reading(0, 1_000, { windowMs: 900 });
    expect(byOf({ ...hasty, nowMs: writtenAtMs + 10_000, share: { kind: 'pending' } })).toContain('first reading');
    expect(byOf({ ...hasty, nowMs: writtenAtMs + 19_999, share: early })).toContain('a window that means something');
    expect(byOf({ ...hasty, nowMs: writtenAtMs + 20_000, share: early })).toBe('Elapsed');
  });
  test('after a weight that was never confirmed an adapter that agrees may have heard of neither', () => {
    expect(byOf({ nowMs: writtenAtMs + 9_999, isHasty: true, adapter: { kind: 'agrees' } })).not.toBe('Adapter');
    expect(byOf({ isHasty: true, adapter: { kind: 'agrees' } })).toBe('Adapter');
  });
  test('the share is asked for over the time since the write, and again two seconds after a reading', () => {
    const ask = (over: Partial<ConfirmationFacts>) => {
      const verdict = confirm(facts({ share: { kind: 'pending' }, ...over }));
      return verdict.kind === 'waiting' ? verdict.share : undefined;
    };
    expect(ask({ nowMs: writtenAtMs + 10_000 })).toMatchObject({ windowStartedAtMs: writtenAtMs });
    expect(ask({ nowMs: writtenAtMs + 17_000, share: reading(0, 1000) })).toBeUndefined();
  });
});
