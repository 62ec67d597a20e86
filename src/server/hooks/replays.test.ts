import { expect, test } from 'vitest';
import { VirtualClock } from '../../lib/index.ts';
import { Replays } from './replays.ts';

const answers = () => {
  let runs = 0;
  return { run: async () => ++runs, count: () => runs };
};

test('the same has the same answer until its time is over, and ran once', async () => {
  const clock = new VirtualClock();
  const replays = new Replays<number>(clock, 600_000);
  const { run, count } = answers();
  expect(await replays.remember('a', run)).toBe(1);
  await clock.advance(599_999);
  expect(await replays.get('a')).toBe(1);
  await clock.advance(1);
  expect([replays.get('a'), replays.size, count()]).toEqual([undefined, 0, 1]);
});

test('where there is no room the next is refused, and nothing is forgotten before its time', async () => {
  const clock = new VirtualClock();
  const replays = new Replays<number>(clock, 600_000, 3);
  const { run, count } = answers();
  for (const print of ['a', 'b', 'c']) await replays.remember(print, run);
  expect(replays.remember('d', run)).toBeUndefined();
  expect([await replays.get('a'), replays.size, count()]).toEqual([1, 3, 3]);
  await clock.advance(600_000);
  expect(await replays.remember('d', run)).toBe(4);
});
