import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { ServerLanes } from './lanes.ts';

const never = new AbortController().signal;

describe('lanes', () => {
  it('let so many in, and the rest in the order of their coming', async () => {
    const clock = new VirtualClock();
    const lanes = new ServerLanes(clock, () => 2);
    const entered: number[] = [];
    const places = [0, 1, 2, 3, 4].map(async (number) => {
      const release = await lanes.acquire('a', 1_000, never);
      entered.push(number);
      return release;
    });
    await clock.advance(0);
    expect(entered).toEqual([0, 1]);
    (await places[1])?.();
    await clock.advance(0);
    expect(entered).toEqual([0, 1, 2]);
    (await places[0])?.();
    (await places[2])?.();
    await clock.advance(0);
    expect(entered).toEqual([0, 1, 2, 3, 4]);
  });

  it('of one server do not wait for another', async () => {
    const lanes = new ServerLanes(new VirtualClock(), () => 1);
    expect(await lanes.acquire('a', 1_000, never)).toBeDefined();
    expect(await lanes.acquire('b', 1_000, never)).toBeDefined();
  });

  it('give up after the wait or by the signal, and keep nothing', async () => {
    const clock = new VirtualClock();
    const lanes = new ServerLanes(clock, () => 1);
    const first = await lanes.acquire('a', 1_000, never);
    const late = lanes.acquire('a', 1_000, never);
    const controller = new AbortController();
    const aborted = lanes.acquire('a', 9_000, controller.signal);
    controller.abort();
    expect(await aborted).toBeUndefined();
    await clock.advance(1_000);
    expect(await late).toBeUndefined();
    first?.();
    first?.();
    expect(lanes.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
