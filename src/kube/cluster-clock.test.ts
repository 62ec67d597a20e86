import { beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { ok } from '../lib/result.ts';
import { ClusterClock } from './cluster-clock.ts';
import type { Transport } from './transport.ts';

const minute = 60_000;
const hour = 60 * minute;

let own: VirtualClock;
let time: ClusterClock;
/** The API server's clock over the true time, which is what our wall clock shows to begin with. */
let serverAheadMs: number;
let isDated: boolean;
/** Of our wall clock over the true time. */
let jumpedMs: number;
let tookMs: number;
let onTheWay: () => void;

const trueMs = (): number => own.nowMs() - jumpedMs;
const aheadMs = (): number => time.nowMs() - trueMs();
const near = 3_000;

beforeEach(() => {
  own = new VirtualClock();
  time = new ClusterClock(own);
  [serverAheadMs, isDated, jumpedMs, tookMs, onTheWay] = [0, true, 0, 10, () => {}];
});

function jump(byMs: number): void {
  own.jumpWall(byMs);
  jumpedMs += byMs;
}

const server: Transport = {
  async request() {
    await own.advance(tookMs / 2);
    const headers: Readonly<Record<string, string>> = isDated ? { date: new Date(trueMs() + serverAheadMs).toUTCString() } : {};
    onTheWay();
    await own.advance(tookMs / 2);
    return ok({ status: 200, headers, body: '{}' });
  },
  stream: () => Promise.reject(new Error('nobody watches')),
  close: async () => {},
};

const ask = () => time.over(server).request({ method: 'GET', path: '/one', deadlineMs: 60_000, priority: 'normal' });

/** A second of every minute is asked in, for as long. */
async function pass(ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= minute) {
    await ask();
    await own.advance(Math.min(leftMs, minute) - tookMs);
  }
}

test('it is the wall clock to the millisecond while that one is right', async () => {
  expect(time.nowMs()).toBe(own.nowMs());
  await pass(hour);
  jump(-1_000);
  expect(time.nowMs()).toBe(own.nowMs());
  await pass(hour);
  expect([time.nowMs(), time.aheadMs]).toEqual([own.nowMs(), 0]);
});

test.each([hour, -hour, 30_000, -30_000])(
  'it does not follow a wall clock that jumps by %i ms, neither before an answer nor after',
  async (byMs) => {
    await ask();
    jump(byMs);
    expect([aheadMs(), time.isInDoubt]).toEqual([0, true]);
    await pass(10 * minute);
    expect([aheadMs(), time.aheadMs, time.isInDoubt]).toEqual([0, 0, false]);
    jump(-byMs);
    await pass(minute);
    expect(time.nowMs()).toBe(own.nowMs());
  },
);

test('a process that starts with a wrong clock has the right time from the first answer on, and when its clock is put right', async () => {
  jump(hour);
  time = new ClusterClock(own);
  expect(aheadMs()).toBe(hour);
  await ask();
  expect(Math.abs(aheadMs())).toBeLessThanOrEqual(near);
  jump(-hour);
  expect(Math.abs(aheadMs())).toBeLessThanOrEqual(near);
  await pass(minute);
  expect(time.nowMs()).toBe(own.nowMs());
});

test('two processes whose clocks differ go by the same time: the API server’s', async () => {
  const other = new VirtualClock(own.nowMs() + 10 * minute);
  const others = new ClusterClock(other);
  serverAheadMs = 2 * minute;
  await ask();
  await others.over(server).request({ method: 'GET', path: '/one', deadlineMs: 60_000, priority: 'normal' });
  expect(Math.abs(others.nowMs() - time.nowMs())).toBeLessThanOrEqual(near);
  expect(Math.abs(aheadMs() - 2 * minute)).toBeLessThanOrEqual(near);
});

test('a machine that slept has the right time from the first answer on: its monotonic clock stood still', async () => {
  await ask();
  own.jumpWall(5 * minute);
  expect([aheadMs(), time.isInDoubt]).toEqual([-5 * minute, true]);
  await ask();
  expect([time.nowMs(), time.isInDoubt]).toEqual([own.nowMs(), false]);
});

test('an answer that was on its way while the machine slept leaves the doubt', async () => {
  await ask();
  onTheWay = () => own.jumpWall(5 * minute);
  await ask();
  expect([aheadMs(), time.isInDoubt]).toEqual([-5 * minute, true]);
});

describe('a clock of the API server that jumps', () => {
  test('is not followed while ours has gone on, and its times are known to be off', async () => {
    await pass(5 * minute);
    serverAheadMs = hour;
    await ask();
    expect(aheadMs()).toBe(0);
    expect(Math.round(time.aheadMs / minute)).toBe(-60);
    serverAheadMs = 0;
    await ask();
    expect([aheadMs(), time.aheadMs]).toEqual([0, 0]);
  });
  test('is followed to where our own wall clock is', async () => {
    serverAheadMs = hour;
    await ask();
    expect(Math.round(aheadMs() / minute)).toBe(60);
    serverAheadMs = 0;
    await ask();
    expect(time.nowMs()).toBe(own.nowMs());
  });
});

test('an answer that was long on its way says no more than that', async () => {
  tookMs = 40_000;
  jump(20_000);
  time = new ClusterClock(own);
  await ask();
  expect(aheadMs()).toBe(20_000);
  tookMs = 10;
  await ask();
  expect(Math.abs(aheadMs())).toBeLessThanOrEqual(near);
});

test('without dated answers it is the wall clock', async () => {
  isDated = false;
  await pass(minute);
  jump(hour);
  await ask();
  expect(time.nowMs()).toBe(own.nowMs());
});
