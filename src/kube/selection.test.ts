import { expect, test } from 'vitest';
import { localFailure } from './failure.ts';
import { kubeHealth, type ReflectorHealth } from './health.ts';
import { matchesLabels } from './label-selector.ts';

test.each([
  ['a=b', true],
  ['a==b,c!=x', true],
  ['a in (x, b),!z', true],
  ['a notin (b)', false],
  ['z notin (b)', true],
  ['c', true],
  ['a', true],
  ['z', false],
  ['', true],
])('labels a=b,c=d and the selector "%s": %s', (selector, expected) => {
  expect(matchesLabels(selector, { a: 'b', c: 'd' })).toBe(expected);
});

const health = (fields: Partial<ReflectorHealth>) => ({
  health: () => ({ synced: true, lastContactMs: 5, relists: 0, restarts: 0, repairs: 0, isMissing: false, ...fields }),
});
const down = localFailure('network', 'down');

test('health names what is unsynced, leaves out what is not installed, and knows since when nobody answers', () => {
  expect(kubeHealth({ a: health({}), b: health({ synced: false }), c: health({ synced: false, isMissing: true }) })).toEqual({
    isReady: false,
    unsynced: ['b'],
    missing: ['c'],
    failing: [],
  });
  expect(kubeHealth({ a: health({ failing: down }), b: health({}) }).unreachableSinceMs).toBeUndefined();
  expect(kubeHealth({ a: health({ failing: down }), b: health({ failing: down, lastContactMs: 9 }) })).toMatchObject({
    isReady: true,
    unreachableSinceMs: 9,
  });
});
