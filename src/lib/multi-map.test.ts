import { expect, test } from 'vitest';
import { MultiMap } from './multi-map.ts';

const members = (map: MultiMap): readonly string[] => [...map.get('group')];

test('a group holds each member once, in order, until it is deleted', () => {
  const map = new MultiMap();
  expect(members(map)).toEqual([]);
  for (const member of ['a', 'a', 'b', 'c', 'b']) map.add('group', member);
  expect(members(map)).toEqual(['a', 'b', 'c']);
  map.delete('group', 'a');
  map.delete('group', 'unknown');
  expect(members(map)).toEqual(['b', 'c']);
  for (const member of ['b', 'c', 'c']) map.delete('group', member);
  expect(members(map)).toEqual([]);
});

test('the only member of a group is not taken out by the name of another', () => {
  const map = new MultiMap();
  map.add('group', 'a');
  map.delete('group', 'b');
  map.delete('other', 'a');
  expect(members(map)).toEqual(['a']);
});
