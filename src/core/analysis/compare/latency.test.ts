import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../lib/index.ts';
import type { Buckets, LatencySample } from './histogram.ts';
import { addLatency, type LatencyState, latencyVerdict, startLatency } from './latency.ts';
import { buckets } from './testing/traffic.ts';

const bounds = [10, 20, 50, 100, 200, 500, 1000];
const start = (minEffect = 0, quantile = 0.9, alpha = 0.01) => startLatency({ alpha, minEffect, quantile, bounds });

function plus(state: LatencyState, sample: LatencySample): LatencyState {
  const added = addLatency(state, sample);
  if (!added.ok) throw new Error(added.failure.message);
  return added.value;
}

/** All requests in the bucket that ends at this bound. */
const allWithin = (bound: number, total: number): Buckets => ({ cumulative: bounds.map((one) => (one >= bound ? total : 0)), total });

function run(
  seed: number,
  windows: number,
  minEffect: number,
  shape: (window: number) => { canary: number; stable: number; share?: number },
) {
  const random = seededRandom(seed);
  let state = start(minEffect);
  for (let window = 1; window <= windows; window += 1) {
    const { canary, stable, share = 0.2 } = shape(window);
    state = plus(state, {
      canary: buckets(random, Math.round(100 * share), canary, bounds),
      stable: buckets(random, Math.round(100 * (1 - share)), stable, bounds),
    });
  }
  return latencyVerdict(state);
}
const kinds = (runs: number, ...rest: readonly [number, number, Parameters<typeof run>[3]]) =>
  Array.from({ length: runs }, (_, seed) => run(seed, ...rest).kind);
const count = (found: readonly string[], kind: string) => found.filter((one) => one === kind).length;

describe('a verdict on a quantile', () => {
  test('nothing is known at first', () => {
    expect(latencyVerdict(start())).toMatchObject({ kind: 'unknown', message: expect.stringContaining('p90: the loss may be anything') });
  });
  test('the bounds say by how much at least, and at most', () => {
    const state = plus(start(50), { canary: allWithin(500, 500), stable: allWithin(100, 500) });
    // The canary is in (200, 500], stable in (50, 100].
    expect(latencyVerdict(state)).toMatchObject({ kind: 'worse', lower: 100, upper: 450 });
    expect(latencyVerdict(state).message).toBe("worse: the canary's p90 is higher by more than 100 (minEffect 50, 500 requests of each)");
  });
  test('neighbouring buckets prove no loss of more than nothing', () => {
    const state = plus(start(1), { canary: allWithin(200, 1e6), stable: allWithin(100, 1e6) });
    expect(latencyVerdict(state)).toMatchObject({ kind: 'unknown', lower: 0, upper: 150 });
    expect(latencyVerdict(plus(start(0), { canary: allWithin(200, 1e6), stable: allWithin(100, 1e6) })).kind).toBe('worse');
  });
  test('equal ones are not worse where the bucket is no wider than minEffect, and unknown where it is', () => {
    const sample = { canary: allWithin(100, 1e6), stable: allWithin(100, 1e6) };
    expect(latencyVerdict(plus(start(50), sample))).toMatchObject({ kind: 'notWorse', upper: 50 });
    expect(latencyVerdict(plus(start(49), sample)).kind).toBe('unknown');
  });
  test('what lies above the last bound is above it', () => {
    const above = { cumulative: bounds.map(() => 0), total: 500 };
    const verdict = latencyVerdict(plus(start(), { canary: above, stable: allWithin(100, 500) }));
    expect(verdict).toMatchObject({ kind: 'worse', lower: 900 });
    expect(verdict.upper).toBeUndefined();
  });
  test('few requests prove nothing', () => {
    expect(latencyVerdict(plus(start(), { canary: allWithin(1000, 4), stable: allWithin(10, 400) })).kind).toBe('unknown');
  });
  test('worse is final', () => {
    const bad = plus(start(), { canary: allWithin(1000, 100), stable: allWithin(10, 100) });
    const later = plus(bad, { canary: allWithin(10, 1e6), stable: allWithin(1000, 1e6) });
    expect(latencyVerdict(later)).toMatchObject({ kind: 'worse', lower: 490 });
  });
});

describe('simulated latencies, the 90th percentile', () => {
  test('equal ones raise no alarm', () =>
    expect(
      count(
        kinds(200, 40, 0, () => ({ canary: 40, stable: 40 })),
        'worse',
      ),
    ).toBeLessThanOrEqual(2));
  test('ones that grow together while the canary gets more of the traffic raise none', () => {
    const grow = (window: number) => (window <= 25 ? { canary: 10, stable: 10 } : { canary: 200, stable: 200, share: 0.5 });
    expect(count(kinds(100, 50, 0, grow), 'worse')).toBeLessThanOrEqual(1);
  });
  test('a canary of three times the latency is caught', () => {
    expect(
      count(
        kinds(30, 40, 0, () => ({ canary: 120, stable: 40 })),
        'worse',
      ),
    ).toBe(30);
  });
  test('a loss within minEffect is not', () => {
    // ln(10) x 20: 46 ms, and 92 ms.
    expect(
      count(
        kinds(100, 40, 50, () => ({ canary: 40, stable: 20 })),
        'worse',
      ),
    ).toBeLessThanOrEqual(1);
  });
});

describe('the state of latencies', () => {
  const histogram = fc
    .tuple(
      fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }), { minLength: bounds.length, maxLength: bounds.length }),
      fc.double({ min: 0.5, max: 1e9, noNaN: true }),
    )
    .map(([parts, rest]) => {
      let sum = 0;
      const cumulative = parts.map((part) => (sum += part));
      return { cumulative, total: sum + rest };
    });
  test('survives JSON after any window and stays finite', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(histogram, histogram), { minLength: 1, maxLength: 8 }), (windows) => {
        let [kept, restarted] = [start(5), start(5)];
        for (const [canary, stable] of windows) {
          kept = plus(kept, { canary, stable });
          restarted = JSON.parse(JSON.stringify(plus(restarted, { canary, stable }))) as LatencyState;
        }
        expect(restarted).toEqual(kept);
        expect(latencyVerdict(restarted)).toEqual(latencyVerdict(kept));
        expect(JSON.stringify(kept)).not.toContain('null');
        expect(Object.values(latencyVerdict(kept).logEvidence).every(Number.isFinite)).toBe(true);
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

describe('what is no histogram', () => {
  const good = allWithin(100, 50);
  const broken = (cumulative: readonly number[], total = 10): Buckets => ({ cumulative, total });
  test.each([
    ['of other buckets', broken([1, 2]), 'invalid', 'canary: 2 buckets, and 7 at the start'],
    ['NaN', broken([1, 2, Number.NaN, 4, 5, 6, 7]), 'invalid', 'canary: a bucket holds NaN'],
    ['negative', broken([-1, 2, 3, 4, 5, 6, 7]), 'invalid', 'canary: a bucket holds -1'],
    ['not cumulative', broken([5, 2, 3, 4, 5, 6, 7]), 'invalid', 'canary: the buckets are not cumulative: 5, 2, 3, 4, 5, 6, 7, 10'],
    ['more than all', broken([1, 2, 3, 4, 5, 6, 11]), 'invalid', 'canary: the buckets are not cumulative: 1, 2, 3, 4, 5, 6, 11, 10'],
    ['without requests', broken([0, 0, 0, 0, 0, 0, 0], 0), 'noRequests', 'canary: no requests in the window'],
    ['of NaN requests', broken([0, 0, 0, 0, 0, 0, 0], Number.NaN), 'invalid', 'canary: the number of requests is NaN'],
  ] as const)('%s', (_, canary, kind, message) =>
    expect(addLatency(start(), { canary, stable: good })).toEqual({ ok: false, failure: { kind, message } }),
  );
  test('nonsense of stable is said before silence of the canary', () => {
    const silent = broken([0, 0, 0, 0, 0, 0, 0], 0);
    expect(addLatency(start(), { canary: silent, stable: broken([1]) })).toMatchObject({ failure: { kind: 'invalid' } });
    expect(addLatency(start(), { canary: good, stable: good, inflation: Number.NaN })).toMatchObject({ failure: { kind: 'invalid' } });
  });
});
