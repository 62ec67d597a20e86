import { describe, expect, test } from 'vitest';
import { seededRandom } from '../lib/index.ts';
import { binomial, drawFrom, fork, multinomial, poisson } from './chance.ts';

const moments = (draw: () => number, count = 20_000) => {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, variance, least: Math.min(...values), greatest: Math.max(...values) };
};

describe('draws', () => {
  test.each([0.2, 3, 50, 61, 5_000])('Poisson with mean %d', (expected) => {
    const random = seededRandom(1);
    const { mean, variance, least } = moments(() => poisson(random, expected));
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(expected / 20_000));
    expect(variance / expected).toBeGreaterThan(0.95);
    expect(variance / expected).toBeLessThan(1.05);
    expect(least).toBeGreaterThanOrEqual(0);
  });

  test.each([
    [10, 0.5],
    [50, 0.01],
    [50, 0.99],
    [1_000, 0.03],
    [1_000, 0.3],
    [1_000_000, 0.000_002],
  ])('binomial of %d with %d', (count, probability) => {
    const random = seededRandom(2);
    const { mean, variance, least, greatest } = moments(() => binomial(random, count, probability));
    const expected = count * probability;
    const spread = expected * (1 - probability);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(spread / 20_000));
    expect(variance / spread).toBeGreaterThan(0.95);
    expect(variance / spread).toBeLessThan(1.05);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(greatest).toBeLessThanOrEqual(count);
  });

  test('what is certain is certain, and costs no draw', () => {
    const never = { next: () => Number.NaN };
    expect([
      binomial(never, 1_000, 0),
      binomial(never, 1_000, 1),
      binomial(never, 0, 0.5),
      poisson(never, 0),
      drawFrom(never, [7, 7]),
    ]).toEqual([0, 1_000, 0, 0, 7]);
    expect(multinomial(never, 500, [0, 3, 0])).toEqual([0, 500, 0]);
  });

  test('shares add up, follow the weights, and leave out what has none', () => {
    const random = seededRandom(3);
    const sums = [0, 0, 0, 0];
    for (let each = 0; each < 2_000; each += 1) {
      const shares = multinomial(random, 50, [10, 0, 30, 60]);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(50);
      shares.forEach((share, index) => {
        sums[index] = (sums[index] ?? 0) + share;
      });
    }
    expect(sums[1]).toBe(0);
    [0.1, 0, 0.3, 0.6].forEach((share, index) => {
      expect(Math.abs((sums[index] ?? 0) / 100_000 - share)).toBeLessThan(0.01);
    });
  });

  test('a range gives all of its numbers, and no other', () => {
    const random = seededRandom(4);
    const seen = new Set(Array.from({ length: 500 }, () => drawFrom(random, [3, 6])));
    expect([...seen].toSorted()).toEqual([3, 4, 5, 6]);
  });

  test('a source of its own does not change with what others draw', () => {
    const random = seededRandom(5);
    const [first, second] = [fork(random), fork(random)];
    const other = seededRandom(5);
    const [, third] = [fork(other), fork(other)];
    for (let each = 0; each < 10; each += 1) first.next();
    expect(second.next()).toBe(third.next());
  });
});
