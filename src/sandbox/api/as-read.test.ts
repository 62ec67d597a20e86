import { expect, test } from 'vitest';
import { asRead } from './as-read.ts';
import { freeze } from './values.ts';

const throughText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test.each([
  [
    'members that are undefined',
    { metadata: { name: 'web', labels: undefined }, spec: { template: { spec: { containers: [{ name: 'app', image: undefined }] } } } },
  ],
  ['numbers that JSON does not know', { spec: { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: -0, d: [Number.NaN, undefined, 1.5] } }],
  ['lists', { items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b', uid: undefined } }] }],
  ['nulls', { spec: null, status: { conditions: [null] } }],
])('%s are read as from the text', (_, value) => {
  const read = asRead(freeze(value));
  expect(read).toStrictEqual(throughText(value));
  expect(Object.isFrozen(read)).toBe(true);
});

test('what the text would not change is the value itself', () => {
  const value = freeze({ metadata: { name: 'web' }, spec: { replicas: 3, list: [{ a: 1 }] } });
  expect(asRead(value)).toBe(value);
});

test('what is shared stays shared, also where something beside it changes', () => {
  const spec = freeze({ replicas: 3 });
  const [first, second] = [freeze({ spec, status: undefined }), freeze({ spec, status: { phase: 'Healthy' } })];
  expect((asRead(first) as { spec: unknown }).spec).toBe((asRead(second) as { spec: unknown }).spec);
  expect(asRead(first)).toBe(asRead(first));
});
