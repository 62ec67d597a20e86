import { expect, test } from 'vitest';
import { sleep, VirtualClock } from '../lib/clock.ts';
import { type Logger, silentLogger } from '../lib/logger.ts';
import { seededRandom } from '../lib/random.ts';
import { type ControllerOptions, runController } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

function aController(reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, random: seededRandom(1) });
  const stop = new AbortController();
  const ended = runController({ queue, reconcile, concurrency: 2, clock, log: silentLogger, ...options }, stop.signal);
  return { clock, queue, stop, ended };
}

test('a pass that throws is logged with its stack, backed off, and stops nobody', async () => {
  const runs: string[] = [];
  const stacks: string[] = [];
  const log: Logger = { ...silentLogger, error: (fields) => stacks.push((fields as { error: string }).error) };
  const { clock, queue, stop, ended } = aController(
    async (key) => {
      runs.push(key);
      if (key === 'bad' && runs.length < 3) throw new Error('boom');
      return {};
    },
    { log },
  );
  queue.add('bad');
  queue.add('good');
  await clock.advance(0);
  expect(runs).toEqual(['bad', 'good']);
  expect(stacks[0]).toMatch(/boom[\s\S]+controller\.test\.ts/);
  await clock.advance(200);
  expect(runs).toEqual(['bad', 'good', 'bad']);
  expect(queue.failuresOf('bad')).toBe(0);
  stop.abort();
  await ended;
});

test('wakeAtMs wakes, retry backs off', async () => {
  const runs: number[] = [];
  const { clock, queue, stop, ended } = aController(async () => {
    runs.push(clock.monotonicMs());
    return runs.length === 1 ? { wakeAtMs: clock.nowMs() + 7_000 } : runs.length === 2 ? 'retry' : {};
  });
  queue.add('a');
  await clock.advance(60_000);
  expect(runs).toHaveLength(3);
  expect(runs[1]).toBe(7_000);
  expect((runs[2] ?? 0) - 7_000).toBeLessThanOrEqual(200);
  stop.abort();
  await ended;
});

test('an urgent key does not wait until the slow passes of others are through', async () => {
  const began: string[] = [];
  const reconcile = async (key: string) => {
    began.push(key);
    await sleep(clock, 5_000);
    return {};
  };
  const { clock, queue, stop, ended } = aController(reconcile, { urgentConcurrency: 1 });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  queue.add('cut', { priority: true });
  queue.add('another cut', { priority: true });
  await clock.advance(0);
  expect(began).toEqual(['a', 'b', 'cut']);
  await clock.advance(5_000);
  expect(began.slice(3, 5)).toEqual(['another cut', 'c']);
  await clock.advance(5_000);
  stop.abort();
  await ended;
});

test('many workers that wait are no leak, and Node does not warn of one', async () => {
  const warnings: string[] = [];
  const hear = (warning: Error) => warnings.push(warning.message);
  process.on('warning', hear);
  const { clock, stop, ended } = aController(async () => ({}), { concurrency: 16, urgentConcurrency: 4 });
  await clock.advance(0);
  stop.abort();
  await ended;
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});

test('after the stop no key is taken, and passes under way may end', async () => {
  const finished: string[] = [];
  const { clock, queue, stop, ended } = aController(async (key, signal) => {
    await sleep(clock, 5_000, signal);
    finished.push(`${key} ${signal.aborted}`);
    return {};
  });
  queue.add('a');
  await clock.advance(0);
  stop.abort();
  queue.add('b');
  await clock.advance(5_000);
  await ended;
  expect(finished).toEqual(['a false']);
  expect(clock.pendingTimers).toBe(0);
});

test('passes that outlast the time to drain are cut, and a lost lease cuts at once', async () => {
  for (const isLost of [false, true]) {
    const lost = new AbortController();
    const cutAt: number[] = [];
    const { clock, queue, stop, ended } = aController(
      async (_key, signal) => {
        await sleep(clock, 600_000, signal);
        cutAt.push(clock.monotonicMs());
        return {};
      },
      { drainMs: 8_000, interrupt: lost.signal },
    );
    queue.add('a');
    await clock.advance(1_000);
    if (isLost) lost.abort();
    else stop.abort();
    await clock.advance(20_000);
    await ended;
    expect(cutAt).toEqual([isLost ? 1_000 : 9_000]);
  }
});
