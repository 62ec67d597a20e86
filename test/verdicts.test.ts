// The simulation behind docs/verdicts.md.
import { describe, expect, test } from 'vitest';
import { gamma, poisson } from '../bench/verdicts/draw.ts';
import { simulateAll } from '../bench/verdicts/figures.ts';
import { mannWhitneySays } from '../bench/verdicts/mann-whitney.ts';
import { goals, page, plotOf } from '../bench/verdicts/page.ts';
import { play } from '../bench/verdicts/simulate.ts';
import { traces } from '../bench/verdicts/traces.ts';
import { seededRandom } from '../src/lib/index.ts';

const few = { traces: 2, race: 2, latency: 1 };
const provenance = { date: '2026-01-01', commit: 'abc', machine: 'one core' };

describe('bench:verdicts', () => {
  const [first, second] = [simulateAll(few, () => undefined), simulateAll(few, () => undefined)];
  test('gives the same page and plot each time', () => {
    expect(page(first, provenance)).toBe(page(second, provenance));
    expect(plotOf(first)).toBe(plotOf(second));
  });
  test('the page has every trace, and nothing that is not a number', () => {
    const text = page(first, provenance);
    for (const { name } of traces) expect(text).toContain(`| ${name} | `);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(goals(first)).toHaveLength(3);
  });
  test('the plot is one of numbers', () => {
    expect(plotOf(first)).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(plotOf(first)).not.toMatch(/NaN|undefined/);
  });
});

describe('what it is made of', () => {
  const judged = (name: string, over: { loss: number; minEffect: number }, runs: number) => {
    const trace = traces.find((one) => one.name === name);
    if (trace === undefined) throw new Error(`no trace ${name}`);
    const found = play({ trace, ...over, alpha: 0.01, expected: 0.02, runs }, 7);
    return Object.fromEntries(found.map(({ judge, rollbacks }) => [judge, rollbacks.length]));
  };
  test('an incident of both takes in the z-test and the threshold, and not ours', () => {
    expect(judged('shared incident', { loss: 0, minEffect: 0 }, 25)).toMatchObject({
      Sluice: 0,
      'z-test, peeked at': 25,
      'threshold 98.5 %': 25,
    });
  });
  test('a loss of 2 % is caught by ours, and not by a threshold of 95 %', () => {
    const found = judged('constant, 1,000 rps', { loss: 0.02, minEffect: 0.005 }, 10);
    expect(found).toMatchObject({ Sluice: 10, 'threshold 95 %': 0 });
  });
  test('Mann-Whitney says so of a shift, not of noise, nor of a handful', () => {
    const noise = Array.from({ length: 20 }, (_, index) => 0.01 + 0.001 * ((index * 7) % 20));
    const shifted = noise.map((one) => one + 0.02);
    expect(mannWhitneySays(shifted, noise)).toBe(true);
    expect(mannWhitneySays(noise, shifted)).toBe(false);
    expect(mannWhitneySays([...noise].reverse(), noise)).toBe(false);
    expect(mannWhitneySays(shifted.slice(0, 4), noise)).toBe(false);
  });
  test('draws have the mean and the spread that they are asked for', () => {
    const random = seededRandom(1);
    const moments = (values: readonly number[]) => {
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
      return { mean, variation: Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length) / mean };
    };
    for (const variation of [0.1, 0.7, 1.5]) {
      const found = moments(Array.from({ length: 20_000 }, () => gamma(random, variation)));
      expect(found.mean).toBeCloseTo(1, 1);
      expect(found.variation / variation).toBeCloseTo(1, 1);
    }
    for (const mean of [0.3, 30, 3000]) {
      const found = moments(Array.from({ length: 20_000 }, () => poisson(random, mean)));
      expect(found.mean / mean).toBeCloseTo(1, 1);
      expect(found.variation * Math.sqrt(mean)).toBeCloseTo(1, 1);
    }
  });
});
