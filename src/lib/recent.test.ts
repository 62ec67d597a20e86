import { expect, test } from 'vitest';
import { Recent } from './recent.ts';

test('makes something of a text once', () => {
  const recent = new Recent<readonly string[]>();
  const first = recent.of('a b', () => 'a b'.split(' '));
  expect(recent.of('a b', () => expect.fail('it is known'))).toBe(first);
  expect(recent.of('a c', () => 'a c'.split(' '))).toEqual(['a', 'c']);
});

test('forgets what it knows before that comes to more than its characters, and goes on', () => {
  const recent = new Recent<{ readonly text: string }>(10);
  const make = (text: string) => recent.of(text, () => ({ text }));
  const [one, two] = [make('12345'), make('67890')];
  expect([make('12345'), make('67890')]).toEqual([one, two]);
  expect(make('12345')).toBe(one);
  const three = make('a');
  expect(make('a')).toBe(three);
  expect(make('12345')).not.toBe(one);
  expect(make('12345')).toEqual(one);
});
