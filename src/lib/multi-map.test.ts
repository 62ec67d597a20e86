import { expect, test } from 'vitest';
import { MultiMap } from './multi-map.ts';

const members = (map: MultiMap, group = 1): readonly string[] => [...map.get(group)];

test('a group holds each member once, in order, until it is deleted', () => {
  const map = new MultiMap();
  expect(members(map)).toEqual([]);
  for (const member of ['a', 'a', 'b', 'c', 'b']) map.add(1, member);
  expect(members(map)).toEqual(['a', 'b', 'c']);
  map.delete(1, 'a');
  map.delete(1, 'unknown');
  expect(members(map)).toEqual(['b', 'c']);
  for (const member of ['b', 'c', 'c']) map.delete(1, member);
  expect(members(map)).toEqual([]);
});

test('the only member of a group is not taken out by the name of another', () => {
  const map = new MultiMap();
  map.add(1, 'a');
  map.delete(1, 'b');
  map.delete(2, 'a');
  expect(members(map)).toEqual(['a']);
});

test('a group that grows large and small again keeps its members', () => {
  const map = new MultiMap();
  const names = Array.from({ length: 20 }, (_, index) => `member ${index}`);
  for (const name of [...names, ...names]) map.add(1, name);
  expect(members(map)).toEqual(names);
  names.forEach((name, index) => {
    map.delete(1, name);
    expect(members(map)).toEqual(names.slice(index + 1));
  });
});
