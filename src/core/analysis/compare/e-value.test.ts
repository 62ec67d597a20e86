import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logLikelihoodRatio, logSumExp, logWeights, oddsRatios, withOdds } from './bets.ts';
import { logEValue } from './e-value.ts';
import { nearestOnLine } from './nearest.ts';

const rate = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const divergence = (from: number, to: number) => -logLikelihoodRatio(from, 1, to, from);

/** Probabilities of 0, 1, ... errors among requests that need not be alike. */
function chances(rates: readonly number[]): readonly number[] {
  let found: readonly number[] = [1];
  for (const one of rates) found = [...found, 0].map((chance, errors) => chance * (1 - one) + (found[errors - 1] ?? 0) * one);
  return found;
}

/** The exact expectation of an e-value raised to `power`, over every outcome of a window. */
function expectation(
  bet: { canary: number; stable: number },
  loss: number,
  canary: readonly number[],
  stable: readonly number[],
  power = 1,
) {
  const sizes = { canary: canary.length * power, stable: stable.length * power };
  const [left, right] = [chances(canary), chances(stable)];
  return left
    .flatMap((one, x) =>
      right.map((other, y) => one * other * Math.exp(logEValue(bet, loss, { sizes, errors: { canary: x * power, stable: y * power } }))),
    )
    .reduce((sum, part) => sum + part, 0);
}

describe('the nearest rates of the null', () => {
  test('without a loss they are the pooled rate', () => {
    const at = nearestOnLine({ canary: 0.2, stable: 0.1 }, 0, { canary: 10, stable: 30 });
    expect(at.canary).toBeCloseTo(0.125, 12);
    expect(at.stable).toBeCloseTo(0.125, 12);
  });
  test('none on the line is nearer', () => {
    fc.assert(
      fc.property(
        rate(1e-5, 0.6),
        rate(0, 0.3),
        rate(1, 1e6),
        rate(1, 1e6),
        fc.constantFrom(...oddsRatios),
        fc.boolean(),
        (stable, loss, n, m, ratio, up) => {
          const bet = { stable, canary: withOdds(stable + loss, up ? ratio : 1 / ratio) };
          const sizes = { canary: n, stable: m };
          const at = nearestOnLine(bet, loss, sizes);
          const distance = (c: number) => (n * divergence(bet.canary, c + loss) + m * divergence(bet.stable, c)) / (n + m);
          expect(at.canary - at.stable).toBeCloseTo(loss, 12);
          for (const nudge of [0.9, 0.999, 1.001, 1.1]) {
            const other = at.stable * nudge;
            if (other + loss < 1) expect(distance(other)).toBeGreaterThanOrEqual(distance(at.stable) - 1e-13);
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('the e-value of a window', () => {
  test('a known one: 3 of 10 against 0 of 10, bet on 0.2 and 0.1', () => {
    const log = logEValue({ canary: 0.2, stable: 0.1 }, 0, { sizes: { canary: 10, stable: 10 }, errors: { canary: 3, stable: 0 } });
    expect(log).toBeCloseTo(3 * Math.log(0.2 / 0.15) + 7 * Math.log(0.8 / 0.85) + 10 * Math.log(0.9 / 0.85), 10);
  });
  test('is at most one on average for all rates that the null allows, and for requests that are not alike', () => {
    const requests = fc.array(rate(0, 1), { minLength: 1, maxLength: 7 });
    const mean = (rates: readonly number[]) => rates.reduce((sum, one) => sum + one, 0) / rates.length;
    let [tight, count] = [0, 0];
    fc.assert(
      fc.property(
        requests,
        requests,
        rate(0, 0.5),
        rate(1e-4, 0.45),
        fc.constantFrom(...oddsRatios),
        (canary, stable, loss, guess, ratio) => {
          const allowed = mean(canary) - mean(stable) <= loss;
          const bet = { stable: guess, canary: withOdds(guess + loss, allowed ? ratio : 1 / ratio) };
          const value = expectation(bet, loss, canary, stable);
          count += 1;
          if (value > 0.9) tight += 1;
          expect(value).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { seed: 2, numRuns: 1500 },
    );
    // The bound is not idle: many of the nulls come near it.
    expect(tight / count).toBeGreaterThan(0.05);
  });
  test('on the line itself it is nearly one: no evidence is given away', () => {
    const alike = (one: number, count: number) => Array.from({ length: count }, () => one);
    const value = expectation({ canary: 0.12, stable: 0.05 }, 0.02, alike(0.07, 6), alike(0.05, 9));
    expect(value).toBeGreaterThan(0.98);
    expect(value).toBeLessThanOrEqual(1);
  });
  test('counts that say less than was counted keep it; counts that say more do not', () => {
    const alike = (one: number, count: number) => Array.from({ length: count }, () => one);
    const at = (power: number) => expectation({ canary: 0.6, stable: 0.1 }, 0, alike(0.25, 12), alike(0.25, 12), power);
    expect(at(0.37)).toBeLessThanOrEqual(1);
    expect(at(1)).toBeLessThanOrEqual(1);
    expect(at(2)).toBeGreaterThan(1.5);
  });
  test('one that loses less than the null allows loses the bet', () => {
    const window = { sizes: { canary: 1000, stable: 9000 }, errors: { canary: 10, stable: 90 } };
    expect(logEValue({ canary: 0.02, stable: 0.01 }, 0, window)).toBeLessThan(-1);
  });
});

describe('the bets', () => {
  test('weigh one in all', () => expect(logSumExp(logWeights)).toBeCloseTo(0, 12));
  test('logSumExp holds what no double could', () => {
    expect(logSumExp([1e6, 1e6])).toBeCloseTo(1e6 + Math.log(2), 6);
    expect(logSumExp([-1e6, -1e6])).toBeCloseTo(-1e6 + Math.log(2), 6);
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
  });
});
