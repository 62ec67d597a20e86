import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hash31 } from '../lib/hash.ts';
import { Store } from './store.ts';

interface Item {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly text: string;
}

const aStore = () => new Store<Item>();
const item = (uid: string, resourceVersion: string, text: string): Item => ({ uid, resourceVersion, text });
const types = (changes: readonly { type: string }[]) => changes.map((change) => change.type);

test('keeps the newest state, whatever the order in which states come', () => {
  const store = aStore();
  expect(types(store.applied('k', item('u', '9', 'nine')))).toEqual(['added']);
  expect(types(store.applied('k', item('u', '10', 'ten')))).toEqual(['updated']);
  expect(store.applied('k', item('u', '9', 'nine'))).toEqual([]);
  expect(store.applied('k', item('u', '10', 'again'))).toEqual([]);
  expect(store.get('k')?.text).toBe('ten');
});

test('another uid under one name is a deletion and an addition; the old one cannot come back', () => {
  const store = aStore();
  store.applied('k', item('first', '5', 'a'));
  expect(types(store.applied('k', item('second', '8', 'b')))).toEqual(['deleted', 'added']);
  expect(store.applied('k', item('first', '6', 'a'))).toEqual([]);
  expect(store.deleted('k', 'first', '7')).toEqual([]);
  expect(store.get('k')?.text).toBe('b');
});

test('a state from before the deletion does not bring the object back', () => {
  const store = aStore();
  store.applied('k', item('u', '5', 'a'));
  store.deleted('k', 'u', '9');
  expect(store.applied('k', item('u', '7', 'late'))).toEqual([]);
  expect(types(store.applied('k', item('v', '10', 'new')))).toEqual(['added']);
});

test('a list ends what it lacks, but not what is newer than the list', () => {
  const store = aStore();
  store.applied('old', item('o', '5', 'o'));
  store.applied('ours', item('n', '12', 'n'));
  expect(store.retain(new Set(), '10').map((change) => change.key)).toEqual(['old']);
  expect(store.keys()).toEqual(['ours']);
});

test('an unknown index is a bug', () => {
  expect(() => new Store().byIndex('none', 'x')).toThrow('no index none');
});

test('names of one hash are kept apart in an index', () => {
  const [one, other] = ['s/shop/web-56559', 's/shop/web-195546'];
  expect(hash31(one)).toBe(hash31(other));
  const store = new Store<Item>({ indexes: { text: ({ text }) => [text] } });
  store.applied('a', item('a', '1', one));
  store.applied('b', item('b', '2', other));
  expect(store.byIndex('text', one).map(({ uid }) => uid)).toEqual(['a']);
  store.deleted('a', 'a', '3');
  expect(store.byIndex('text', one)).toEqual([]);
  expect(store.byIndex('text', other).map(({ uid }) => uid)).toEqual(['b']);
});

interface Coloured {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly colour: string;
  readonly version: number;
}

test('indexes and content agree with a simple model under any order of events', () => {
  const event = fc.record({
    kind: fc.constantFrom('apply', 'delete'),
    key: fc.constantFrom('a', 'b', 'c'),
    uid: fc.constantFrom('u1', 'u2'),
    version: fc.integer({ min: 1, max: 40 }),
    colour: fc.constantFrom('red', 'green'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const store = new Store<Coloured>({ indexes: { colour: (value) => [value.colour] } });
      const seen = new Map<string, number>();
      for (const { kind, key, uid, version, colour } of events) {
        if (kind === 'apply') store.applied(key, { uid, resourceVersion: String(version), colour, version });
        else store.deleted(key, uid, String(version));
        const now = store.get(key)?.version;
        if (now !== undefined) {
          expect(now).toBeGreaterThanOrEqual(seen.get(key) ?? 0);
          seen.set(key, now);
        }
      }
      for (const colour of ['red', 'green']) {
        const expected = store.list().filter((value) => value.colour === colour);
        expect(new Set(store.byIndex('colour', colour))).toEqual(new Set(expected));
      }
    }),
  );
});
