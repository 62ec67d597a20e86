import { expect, test } from 'vitest';
import { huntOptions } from './options.ts';
import { sample } from './sample.ts';

const plans = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const sampleOf = (...args: readonly string[]) => [...sample(plans, huntOptions(args))];

test('all plans of a stage are played where nothing is said', () => {
  expect(sampleOf()).toEqual(plans);
});

test('every third plan is played, from the offset on', () => {
  expect(sampleOf('--every', '3')).toEqual(['a', 'd', 'g']);
  expect(sampleOf('--every', '3', '--offset', '2')).toEqual(['c', 'f']);
});

test('over all offsets each plan is played once', () => {
  const played = ['0', '1', '2', '3'].flatMap((offset) => sampleOf('--every', '4', '--offset', offset));
  expect(played.sort()).toEqual(plans);
});

test.each([
  [['--offset', '1']],
  [['--every', '2', '--offset', '2']],
  [['--every', '2', '--offset=-1']],
  [['--every', '1.5']],
  [['--every', '0']],
])('a sample that would have no plans, or not whole ones, is refused: %s', (args) => {
  expect(() => huntOptions(args)).toThrow(/--every|--offset/);
});
