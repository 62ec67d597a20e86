import { expect, test } from 'vitest';
import { localFailure } from './failure.ts';
import { kubeHealth, type ReflectorHealth } from './health.ts';
import { matchesLabels } from './label-selector.ts';
import { allOf, anyOf, changedBy, generationChanged, not, ofType, valueMatches } from './predicate.ts';
import type { Change } from './store.ts';

interface Thing {
  readonly generation: number;
  readonly paused?: boolean;
}
const updated = (before: Thing, after: Thing): Change<Thing> => ({ type: 'updated', key: 'k', before, after });
const added: Change<Thing> = { type: 'added', key: 'k', after: { generation: 1 } };

test('predicates pass arrivals and deletions, and the updates that they are about', () => {
  const spec = generationChanged<Thing>((thing) => thing.generation);
  const paused = changedBy<Thing>((thing) => ({ paused: thing.paused }));
  expect(spec(added)).toBe(true);
  expect(spec(updated({ generation: 1 }, { generation: 1, paused: true }))).toBe(false);
  expect(spec(updated({ generation: 1 }, { generation: 2 }))).toBe(true);
  expect(anyOf(spec, paused)(updated({ generation: 1 }, { generation: 1, paused: true }))).toBe(true);
  expect(allOf(spec, paused)(updated({ generation: 1 }, { generation: 1, paused: true }))).toBe(false);
  expect(not(ofType<Thing>('added'))(added)).toBe(false);
  expect(valueMatches<Thing>((thing) => thing.generation === 1)({ type: 'deleted', key: 'k', before: { generation: 1 } })).toBe(true);
});

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
