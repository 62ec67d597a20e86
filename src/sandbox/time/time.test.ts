import { describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '../../lib/index.ts';
import { StepClock, Timers } from './index.ts';

describe('a clock that a loop moves', () => {
  test('fires in the order of due times, then as set; time is that of the timer', () => {
    const clock = new StepClock({ startMs: 1_000 });
    const fired: unknown[] = [];
    const note = (name: string) => () => fired.push([name, clock.monotonicMs(), clock.nowMs()]);
    clock.after(20, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(-5, note('now'));
    clock.runFor(15);
    expect(fired).toEqual([
      ['now', 0, 1_000],
      ['first', 10, 1_010],
      ['second', 10, 1_010],
    ]);
    expect([clock.monotonicMs(), clock.nextAtMs()]).toEqual([15, 20]);
  });

  test('what a timer sets for now fires now, and what is cancelled never', () => {
    const clock = new StepClock();
    const fired: string[] = [];
    const cancel = clock.after(5, () => fired.push('cancelled'));
    clock.after(5, () => {
      cancel();
      clock.after(0, () => fired.push('nested'));
    });
    cancel();
    clock.runFor(5);
    expect([fired, clock.nextAtMs(), clock.step()]).toEqual([['nested'], undefined, false]);
  });

  test('stops where a condition holds, or at the limit', () => {
    const clock = new StepClock();
    let ticks = 0;
    const tick = () => {
      ticks += 1;
      clock.after(10, tick);
    };
    tick();
    expect(clock.runUntil(() => ticks === 4, 1_000)).toBe(true);
    expect(clock.monotonicMs()).toBe(30);
    expect(clock.runUntil(() => false, 100)).toBe(false);
    expect(clock.monotonicMs()).toBe(130);
  });

  test('a jump of the wall moves no timer', () => {
    const clock = new StepClock({ startMs: 0 });
    let firedAt = 0;
    clock.after(100, () => {
      firedAt = clock.monotonicMs();
    });
    clock.jumpWall(-3_600_000);
    clock.runFor(100);
    expect([firedAt, clock.nowMs()]).toEqual([100, -3_599_900]);
  });

  test('timers of one moment go in a drawn order where that is asked for, the same for the same seed', () => {
    const orderOf = (seed: number) => {
      const clock = new StepClock({ tieBreak: seededRandom(seed) });
      const fired: number[] = [];
      for (let each = 0; each < 20; each += 1) clock.after(10, () => fired.push(each));
      clock.runFor(10);
      return fired;
    };
    expect(orderOf(1)).toEqual(orderOf(1));
    expect(orderOf(1)).not.toEqual(orderOf(2));
    expect(orderOf(1).toSorted((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, each) => each));
  });

  test('a thousand timers in any order', () => {
    const random = seededRandom(3);
    const clock = new StepClock();
    const fired: number[] = [];
    const cancels = Array.from({ length: 1_000 }, () => {
      const delayMs = Math.floor(random.next() * 5_000);
      return { delayMs, cancel: clock.after(delayMs, () => fired.push(delayMs)) };
    });
    for (const { cancel } of cancels.filter((_, index) => index % 3 === 0)) cancel();
    const kept = cancels.filter((_, index) => index % 3 !== 0).map(({ delayMs }) => delayMs);
    clock.runFor(5_000);
    expect(fired).toEqual(kept.toSorted((left, right) => left - right));
  });
});

describe('timers of one owner', () => {
  test('say when the next is due, and whether anything is due now', () => {
    const clock = new StepClock();
    const timers = new Timers(clock);
    expect([timers.nextAtMs(), timers.isIdle()]).toEqual([undefined, true]);
    const cancel = timers.after(30, () => {});
    timers.after(50, () => {});
    clock.after(5, () => {});
    expect([timers.nextAtMs(), timers.isIdle()]).toEqual([30, true]);
    cancel();
    expect(timers.nextAtMs()).toBe(50);
    timers.after(0, () => {});
    expect(timers.isIdle()).toBe(false);
    clock.runFor(50);
    expect([timers.nextAtMs(), timers.isIdle()]).toEqual([undefined, true]);
  });

  test('are over when they are closed, and only they', async () => {
    const clock = new VirtualClock();
    const timers = new Timers(clock);
    const fired: string[] = [];
    timers.after(10, () => fired.push('ours'));
    clock.after(10, () => fired.push('theirs'));
    timers.close();
    timers.after(0, () => fired.push('too late'));
    await clock.advance(20);
    expect([fired, clock.pendingTimers]).toEqual([['theirs'], 0]);
  });
});
