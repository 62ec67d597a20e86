import { expect, test } from 'vitest';
import { freeze } from './values.ts';

const throughText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const samples: readonly (readonly [string, () => unknown])[] = [
  [
    'members that are undefined',
    () => ({ metadata: { name: 'web', labels: undefined }, spec: { template: { containers: [{ name: 'app', image: undefined }] } } }),
  ],
  ['lists', () => ({ items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b', uid: undefined } }] })],
  ['nulls and gaps in lists', () => ({ spec: null, status: { conditions: [null, undefined] } })],
];

test.each(samples)('%s are frozen as they would be read from the text', (_, sample) => {
  const frozen = freeze(sample());
  expect(frozen).toStrictEqual(throughText(sample()));
  expect(Object.isFrozen(frozen)).toBe(true);
});

test('what the text would not change is frozen itself, all the way down', () => {
  const value = { metadata: { name: 'web' }, spec: { replicas: 3, list: [{ a: 1 }] } };
  expect(freeze(value)).toBe(value);
  expect(Object.isFrozen(value.spec.list[0])).toBe(true);
});

test('what is frozen already stays the same one in whatever holds it', () => {
  const spec = freeze({ replicas: 3 });
  expect((freeze({ spec, status: undefined }) as { spec: unknown }).spec).toBe(spec);
});
