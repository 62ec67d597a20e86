import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../lib/index.ts';
import type { RateSample } from './counts.ts';
import { addRates, type RateState, rateVerdict, startRates } from './rates.ts';
import { anArm } from './testing/traffic.ts';

const start = (minEffect = 0, alpha = 0.01) => startRates({ alpha, minEffect });

function plus(state: RateState, sample: RateSample): RateState {
  const added = addRates(state, sample);
  if (!added.ok) throw new Error(added.failure.message);
  return added.value;
}

const exactly = (total: number, errors: number) => ({ successes: total - errors, total });
const sample = (canary: readonly [number, number], stable: readonly [number, number]): RateSample => ({
  canary: exactly(...canary),
  stable: exactly(...stable),
});
const repeat = (state: RateState, windows: number, one: RateSample) =>
  Array.from({ length: windows }).reduce<RateState>((before) => plus(before, one), state);

/** A run of windows of so many requests, looked at after each; what it was called, and when. */
function simulate(
  seed: number,
  minEffect: number,
  windows: number,
  rates: (window: number) => { canary: number; stable: number; share?: number },
) {
  const random = seededRandom(seed);
  let state = start(minEffect, 0.05);
  for (let window = 1; window <= windows; window += 1) {
    const { canary, stable, share = 0.1 } = rates(window);
    const total = 400;
    state = plus(state, { canary: anArm(random, total * share, canary), stable: anArm(random, total * (1 - share), stable) });
    if (rateVerdict(state).kind === 'worse') return { worseAt: window, state };
  }
  return { state };
}
const falseAlarms = (runs: number, minEffect: number, windows: number, rates: Parameters<typeof simulate>[3]) =>
  Array.from({ length: runs }, (_, seed) => simulate(seed, minEffect, windows, rates)).filter(({ worseAt }) => worseAt !== undefined)
    .length;

describe('a verdict', () => {
  test('nothing is known at first', () => {
    const verdict = rateVerdict(start());
    expect(verdict).toMatchObject({ kind: 'unknown', message: expect.stringContaining('the loss may be anything') });
    expect(verdict.lower).toBeUndefined();
    expect(verdict.upper).toBeUndefined();
  });
  test('a canary that fails whole is worse after one small window', () => {
    const verdict = rateVerdict(plus(start(), sample([12, 12], [100, 0])));
    expect(verdict).toMatchObject({ kind: 'worse', message: expect.stringContaining('canary 0 % of 12, stable 100 % of 100') });
    expect(verdict.lower).toBeGreaterThanOrEqual(0);
  });
  test('three failures of three are not enough to say so', () => {
    expect(rateVerdict(plus(start(), sample([3, 3], [30, 0]))).kind).not.toBe('worse');
  });
  test('a loss of 2 % is caught in a rate that a threshold of 95 % accepts', () => {
    const state = repeat(start(0.005), 20, sample([100, 3], [900, 9]));
    expect(rateVerdict(state)).toMatchObject({ kind: 'worse', lower: 0.005 });
  });
  test('one that is as good as stable is not worse by more than minEffect', () => {
    const verdict = rateVerdict(repeat(start(0.005), 30, sample([100, 0.1], [900, 0.9])));
    expect(verdict.kind).toBe('notWorse');
    expect(verdict.upper).toBeLessThanOrEqual(0.005);
    expect(verdict.message).toMatch(/^not worse: the loss of success rate is less than 0\.00\d+ \(minEffect 0\.005\)/);
  });
  test('without minEffect one that is as good is never found to be: no bound excludes the smallest loss', () => {
    expect(rateVerdict(repeat(start(0), 200, sample([1000, 10], [9000, 90]))).kind).toBe('unknown');
  });
  test('a better one is not worse, and never fails', () => {
    expect(rateVerdict(repeat(start(0), 100, sample([1000, 1], [9000, 90])))).toMatchObject({ kind: 'notWorse', upper: 0 });
  });
  test('worse is final, whatever comes after', () => {
    const bad = repeat(start(), 3, sample([100, 50], [900, 9]));
    const later = repeat(bad, 500, sample([1000, 0], [900, 90]));
    expect(rateVerdict(bad).kind).toBe('worse');
    expect(rateVerdict(later)).toMatchObject({ kind: 'worse', lower: rateVerdict(bad).lower });
  });
  test('not worse is not final: a regression that comes late is caught', () => {
    const good = repeat(start(0.005), 300, sample([100, 0.2], [900, 1.8]));
    expect(rateVerdict(good).kind).toBe('notWorse');
    const late = Array.from({ length: 40 }, (_, more) => rateVerdict(repeat(good, more, sample([100, 4], [900, 1.8]))).kind);
    expect(late.indexOf('worse')).toBeGreaterThan(0);
    expect(late.indexOf('worse')).toBeLessThan(25);
  });
});

describe('false alarms, with a look after every window', () => {
  // 200 runs at alpha 0.05: ten are expected at most; the seeds are fixed, so that the counts are exact.
  test('equal rates', () => expect(falseAlarms(200, 0, 40, () => ({ canary: 0.02, stable: 0.02 }))).toBeLessThanOrEqual(10));
  test('a loss of just minEffect', () =>
    expect(falseAlarms(200, 0.01, 40, () => ({ canary: 0.02, stable: 0.01 }))).toBeLessThanOrEqual(10));
  test('rare errors', () => expect(falseAlarms(200, 0, 40, () => ({ canary: 0.002, stable: 0.002 }))).toBeLessThanOrEqual(10));
  test('an incident of both while the canary has more of the traffic than before', () => {
    const incident = (window: number) => (window <= 20 ? { canary: 0.002, stable: 0.002 } : { canary: 0.1, stable: 0.1, share: 0.5 });
    expect(falseAlarms(100, 0, 40, incident)).toBeLessThanOrEqual(5);
  });
  test('a canary that loses minEffect is not called "not worse"', () => {
    const wrong = Array.from({ length: 100 }, (_, seed) => simulate(seed, 0.01, 40, () => ({ canary: 0.02, stable: 0.01 })).state).filter(
      (state) => rateVerdict(state).kind === 'notWorse',
    );
    expect(wrong.length).toBeLessThanOrEqual(5);
  });
  test('and the same test catches a real loss', () => {
    const caught = falseAlarms(40, 0, 150, () => ({ canary: 0.04, stable: 0.02 }));
    expect(caught).toBe(40);
  });
});

describe('the state', () => {
  const samples = fc.array(
    fc.record({
      n: fc.double({ min: 0.1, max: 1e9, noNaN: true }),
      bad: fc.double({ min: 0, max: 1, noNaN: true }),
      m: fc.double({ min: 0.1, max: 1e9, noNaN: true }),
      worse: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const read = ({ n, bad, m, worse }: { n: number; bad: number; m: number; worse: number }): RateSample => ({
    canary: { successes: n * (1 - worse), total: n },
    stable: { successes: m * (1 - bad), total: m },
  });
  test('survives JSON after any window, stays finite with 1e9 requests, and small', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 0.5, noNaN: true }), (windows, minEffect) => {
        let [kept, restarted] = [start(minEffect), start(minEffect)];
        for (const one of windows) {
          kept = plus(kept, read(one));
          restarted = JSON.parse(JSON.stringify(plus(restarted, read(one)))) as RateState;
        }
        expect(restarted).toEqual(kept);
        expect(rateVerdict(restarted)).toEqual(rateVerdict(kept));
        expect(JSON.stringify(kept)).not.toContain('null');
        expect(Object.values(rateVerdict(kept).logEvidence).every(Number.isFinite)).toBe(true);
        expect(JSON.stringify(kept).length).toBeLessThan(6000);
      }),
      { seed: 3, numRuns: 60 },
    );
  });
  test('adding changes nothing in place', () => {
    const before = repeat(start(0.01), 3, sample([100, 3], [900, 9]));
    const text = JSON.stringify(before);
    plus(before, sample([100, 50], [900, 9]));
    expect(JSON.stringify(before)).toBe(text);
  });
  test('fractions of requests are not rounded: many small windows add up', () => {
    const whole = rateVerdict(repeat(start(), 40, sample([10, 1], [90, 0.9]))).logEvidence.worse;
    const small = rateVerdict(repeat(start(), 400, sample([1, 0.1], [9, 0.09]))).logEvidence.worse;
    expect(Math.abs(whole - small)).toBeLessThan(1.5);
    expect(small).toBeGreaterThan(5);
  });
  test('an inflation of two halves the evidence', () => {
    const counted = plus(start(), sample([100, 10], [900, 9]));
    const stretched = plus(start(), { ...sample([200, 20], [1800, 18]), inflation: 2 });
    expect(stretched).toEqual(counted);
  });
});

describe('what is no sample', () => {
  const good = exactly(100, 1);
  test.each([
    ['NaN', { canary: { successes: Number.NaN, total: 10 }, stable: good }, 'invalid', 'canary: the number of successes is NaN'],
    [
      'infinity',
      { canary: good, stable: { successes: 1, total: Number.POSITIVE_INFINITY } },
      'invalid',
      'stable: the number of requests is Infinity',
    ],
    ['a negative count', { canary: { successes: -1, total: 10 }, stable: good }, 'invalid', 'canary: a negative number of successes: -1'],
    ['a negative total', { canary: good, stable: { successes: 0, total: -3 } }, 'invalid', 'stable: a negative number of requests: -3'],
    [
      'more successes than requests',
      { canary: { successes: 13, total: 12 }, stable: good },
      'invalid',
      'canary: 13 successes of 12 requests',
    ],
    ['successes of nothing', { canary: { successes: 1, total: 0 }, stable: good }, 'invalid', 'canary: 1 successes of 0 requests'],
    ['a canary without requests', { canary: { successes: 0, total: 0 }, stable: good }, 'noRequests', 'canary: no requests in the window'],
    ['a stable without requests', { canary: good, stable: { successes: 0, total: 0 } }, 'noRequests', 'stable: no requests in the window'],
    [
      'silence beside nonsense',
      { canary: { successes: 0, total: 0 }, stable: { successes: -1, total: 5 } },
      'invalid',
      'stable: a negative number of successes: -1',
    ],
    ['an inflation below one', { canary: good, stable: good, inflation: 0.5 }, 'invalid', 'inflation 0.5 is below 1'],
  ] as const)('%s', (_, one, kind, message) => expect(addRates(start(), one)).toEqual({ ok: false, failure: { kind, message } }));
  test('what two sums of doubles differ by is not refused', () => {
    expect(addRates(start(), { canary: { successes: 12.700000000001, total: 12.7 }, stable: good }).ok).toBe(true);
  });
});
