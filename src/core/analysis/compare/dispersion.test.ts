import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../lib/index.ts';
import { clusterSize, type Dispersion, noDispersion, observe } from './dispersion.ts';
import type { Window } from './e-value.ts';
import { binomial } from './testing/traffic.ts';

/** `windows` of them, in which requests fail so many at a time. */
function observed(windows: number, at: (window: number) => { canary: number; stable: number; size?: number }, seed = 1): Dispersion {
  const random = seededRandom(seed);
  return Array.from({ length: windows }, (_, window): Window => {
    const { canary, stable, size = 1 } = at(window);
    const errors = (total: number, rate: number) => size * binomial(random, total / size, rate);
    return { sizes: { canary: 300, stable: 2700 }, errors: { canary: errors(300, canary), stable: errors(2700, stable) } };
  }).reduce(observe, noDispersion);
}

describe('how errors cluster', () => {
  test('nothing is divided at first', () => expect(clusterSize(noDispersion)).toBe(1));
  test('independent errors are hardly ever taken for clusters', () => {
    const sizes = Array.from({ length: 100 }, (_, seed) => clusterSize(observed(40, () => ({ canary: 0.02, stable: 0.01 }), seed)));
    expect(sizes.filter((size) => size > 1.3).length).toBeLessThanOrEqual(2);
    expect(sizes.filter((size) => size > 1).length).toBeLessThan(10);
  });
  test('errors that come five at a time are', () => {
    const size = clusterSize(observed(200, () => ({ canary: 0.02, stable: 0.02, size: 5 })));
    expect(size).toBeGreaterThan(3);
    expect(size).toBeLessThan(6);
  });
  test('what both sides meet together is none', () => {
    const weather = (window: number) => ({ canary: window % 5 === 0 ? 0.1 : 0.01, stable: window % 5 === 0 ? 0.1 : 0.01 });
    expect(clusterSize(observed(100, weather))).toBeLessThan(1.2);
  });
  test('the beginning of a regression, one large step, is taken for little of it', () => {
    const begins = (window: number) => ({ canary: window < 30 ? 0.01 : 0.2, stable: 0.01 });
    expect(clusterSize(observed(32, begins))).toBeLessThan(1.5);
  });
  test('windows without errors say nothing', () => {
    const silent = observed(20, () => ({ canary: 0, stable: 0 }));
    expect(silent).toMatchObject({ sum: 0, count: 0 });
  });
});
