import { expect, test } from 'vitest';
import { VirtualClock } from '../lib/index.ts';
import { Settling } from './settling.ts';

function aSettling() {
  const clock = new VirtualClock();
  const seen = { isBusy: false, settled: 0 };
  const onSettled = () => {
    seen.settled += 1;
  };
  const settling = new Settling({ clock, isBusy: () => seen.isBusy, onSettled });
  return { clock, seen, settling };
}

test('the first lists settle once none has come for a while', async () => {
  const { clock, seen, settling } = aSettling();
  for (let list = 0; list < 5; list++) {
    settling.listed();
    await clock.advance(2_000);
  }
  expect(seen.settled).toBe(0);
  await clock.advance(60_000);
  expect(seen.settled).toBe(1);
  settling.listed();
  await clock.advance(60_000);
  expect(seen.settled).toBe(1);
});

test('not before what they brought has been looked at', async () => {
  const { clock, seen, settling } = aSettling();
  seen.isBusy = true;
  settling.listed();
  await clock.advance(60_000);
  expect(seen.settled).toBe(0);
  seen.isBusy = false;
  await clock.advance(3_000);
  expect(seen.settled).toBe(1);
});

test('nothing settles after the stop', async () => {
  const { clock, seen, settling } = aSettling();
  settling.listed();
  settling.stop();
  settling.listed();
  await clock.advance(60_000);
  expect(seen.settled).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});
