import { expect, test } from 'vitest';
import { Conflicts } from './conflicts.ts';

test('a conflict is looked at again at once, one that goes on ever more seldom, and after a pass at once again', () => {
  const conflicts = new Conflicts();
  const met = (times: number) => Array.from({ length: times }, () => conflicts.met('shop/web', false));
  expect(met(8)).toEqual(Array.from({ length: 8 }, () => 250));
  // A minute of them is not a write a second.
  expect(met(12).reduce((sum, delayMs) => sum + delayMs, 0)).toBeGreaterThan(120_000);
  expect(Math.max(...met(2_000))).toBe(30_000);
  expect(conflicts.met('shop/web', true)).toBe(2_000);
  expect(conflicts.met('shop/other', false)).toBe(250);
  conflicts.passed('shop/web');
  expect(met(1)).toEqual([250]);
});

test('a watch counts as deaf once it has not brought in some seconds what the conflicts were about, until a write passes', () => {
  const conflicts = new Conflicts();
  const isDeafAfter = (times: number) => {
    for (let time = 0; time < times; time += 1) conflicts.met('shop/web', true);
    return conflicts.isDeaf('shop/web');
  };
  expect(isDeafAfter(8)).toBe(false);
  expect(isDeafAfter(1)).toBe(true);
  conflicts.passed('shop/web');
  expect(conflicts.isDeaf('shop/web')).toBe(false);
});
