import { expect, test } from 'vitest';
import { fingerprintOf, sendsAlike, shareOf, sharesIn } from './split.ts';

const split = (...weights: readonly (readonly [string, number])[]) => ({
  root: 'web',
  backends: weights.map(([service, weight]) => ({ service, weight })),
});

test('two splits send alike whatever the order, and whatever is named at 0', () => {
  expect(sendsAlike(split(['a', 10], ['b', 90]), split(['b', 90], ['c', 0], ['a', 10]))).toBe(true);
  expect(sendsAlike(split(['a', 10], ['b', 90]), split(['a', 20], ['b', 80]))).toBe(false);
  expect(sendsAlike(split(['a', 100]), { ...split(['a', 100]), root: 'other' })).toBe(false);
});
test('the fingerprint tells every backend; without those at 0, what is sent where', () => {
  const fingerprint = fingerprintOf(split(['b', 90], ['a', 10], ['c', 0]));
  expect(fingerprint).toBe('a=10,b=90,c=0');
  expect(sharesIn(fingerprint)).toBe('a=10,b=90');
});
test('a share is relative to the sum of all weights', () => {
  expect(shareOf(split(['a', 1], ['b', 3]), 'a')).toBe(25);
  expect(shareOf(split(['a', 0]), 'a')).toBeNaN();
});
