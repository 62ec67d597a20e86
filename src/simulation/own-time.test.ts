import { expect, test } from 'vitest';
import { StepClock } from '../sandbox/index.ts';
import { OwnTime } from './own-time.ts';

function aProcess() {
  const clock = new StepClock({ startMs: 1_000_000 });
  const time = new OwnTime(clock, { isStirred: false });
  const fired: number[] = [];
  return { clock, time, fired, wake: (delayMs: number) => time.after(delayMs, () => fired.push(clock.monotonicMs())) };
}

test('both clocks of a process that counts too fast run ahead, and its timers fire early; slowed down, those that are set keep to its clock', () => {
  const { clock, time, fired, wake } = aProcess();
  time.drift(2);
  wake(10_000);
  wake(20_000);
  clock.runFor(6_000);
  expect(fired).toEqual([5_000]);
  expect([time.monotonicMs(), time.nowMs()]).toEqual([12_000, 1_012_000]);
  time.drift(0.5);
  clock.runFor(16_000);
  // Twelve of its seconds had passed, and it takes sixteen for the other eight.
  expect(fired).toEqual([5_000, 22_000]);
  expect(time.nowMs() - clock.nowMs()).toBe(6_000 - 8_000);
});

test('frozen, its clocks run on and what was due is heard at once when it goes on; suspended, the monotonic one stands still and timers keep what was left', () => {
  const frozen = aProcess();
  frozen.wake(10_000);
  frozen.time.freeze();
  frozen.clock.runFor(60_000);
  frozen.time.thaw();
  expect([frozen.fired, frozen.time.monotonicMs()]).toEqual([[60_000], 60_000]);
  const suspended = aProcess();
  suspended.wake(10_000);
  suspended.clock.runFor(4_000);
  suspended.time.suspend();
  suspended.clock.runFor(60_000);
  suspended.time.thaw();
  expect([suspended.time.monotonicMs(), suspended.time.nowMs()]).toEqual([4_000, 1_064_000]);
  suspended.clock.runFor(5_999);
  expect(suspended.fired).toEqual([]);
  suspended.clock.runFor(1);
  expect(suspended.fired).toEqual([70_000]);
});

test('a timer that is taken back while its process is frozen does not fire when it goes on', () => {
  const { clock, time, fired, wake } = aProcess();
  const cancel = wake(1_000);
  time.freeze();
  clock.runFor(5_000);
  cancel();
  time.thaw();
  expect(fired).toEqual([]);
});
