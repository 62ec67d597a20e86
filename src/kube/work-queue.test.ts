import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { seededRandom } from '../lib/random.ts';
import { type Reach, WorkQueue } from './work-queue.ts';

function aQueue() {
  const clock = new VirtualClock();
  return { clock, queue: new WorkQueue({ clock, random: seededRandom(3) }) };
}

/** What can be taken right now. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) keys.push((await queue.take()) ?? '');
  return keys;
}

test('a key is queued once, in order of arrival, with the priority lane first', async () => {
  const { queue } = aQueue();
  for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
  queue.add('c', { priority: true });
  queue.add('c');
  expect(queue.length).toBe(3);
  expect(await takeAll(queue)).toEqual(['c', 'a', 'b']);
});

test('a key that is added while it runs, runs again after, in the lane that was asked for', async () => {
  const { queue } = aQueue();
  queue.add('a');
  expect(await queue.take()).toBe('a');
  queue.add('b');
  queue.add('a', { priority: true });
  queue.add('a');
  expect(queue.length).toBe(1);
  queue.done('a');
  expect(await takeAll(queue)).toEqual(['a', 'b']);
  queue.done('a');
  expect(queue.length).toBe(0);
});

describe('due times', () => {
  test('the earliest of several counts, and one due time makes one run', async () => {
    const { queue, clock } = aQueue();
    queue.addAt('a', clock.nowMs() + 5_000);
    queue.addAt('a', clock.nowMs() + 2_000);
    queue.addAt('a', clock.nowMs() + 9_000);
    expect(queue.scheduled).toBe(1);
    await clock.advance(1_999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(['a']);
    queue.done('a');
    await clock.advance(20_000);
    expect(queue.length).toBe(0);
  });

  test('taking a key forgets its due time: the run decides the next one', async () => {
    const { queue, clock } = aQueue();
    queue.addAt('a', clock.nowMs() + 1_000);
    queue.add('a');
    await queue.take();
    queue.done('a');
    await clock.advance(5_000);
    expect(queue.length).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('in the past means now; a jump of the wall clock moves nothing', async () => {
    const { queue, clock } = aQueue();
    queue.addAt('past', clock.nowMs() - 1);
    expect(await queue.take()).toBe('past');
    queue.addAt('later', clock.nowMs() + 10_000);
    clock.jumpWall(3_600_000);
    await clock.advance(9_999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  test('further away than a timer can count', async () => {
    const { clock, queue } = aQueue();
    const day = 86_400_000;
    queue.addAt('a', clock.nowMs() + 60 * day);
    await clock.advance(59 * day);
    expect(queue.length).toBe(0);
    await clock.advance(2 * day);
    expect(queue.length).toBe(1);
  });
});

test('failures in a row back off exponentially, bounded, until forgotten', () => {
  const { queue } = aQueue();
  const delays = Array.from({ length: 2_000 }, () => queue.addAfterFailure('a'));
  expect(delays[0]).toBeGreaterThanOrEqual(100);
  expect(delays[0]).toBeLessThanOrEqual(200);
  expect(Math.max(...delays)).toBeLessThanOrEqual(60_000);
  expect(Math.min(...delays.slice(10))).toBeGreaterThanOrEqual(30_000);
  queue.forget('a');
  expect(queue.addAfterFailure('a')).toBeLessThanOrEqual(200);
});

test('who is kept for the priority lane takes nothing else, and only when nobody else is free', async () => {
  const { queue } = aQueue();
  const taken: string[] = [];
  const take = (who: string, reach?: Reach) => void queue.take(undefined, reach).then((key) => taken.push(`${who} ${key}`));
  queue.add('a');
  take('kept', 'priorityOnly');
  take('any');
  queue.add('b', { priority: true });
  queue.add('c');
  queue.add('d', { priority: true });
  await Promise.resolve();
  expect(taken).toEqual(['any a', 'kept b']);
  take('any');
  await Promise.resolve();
  expect(taken.slice(2)).toEqual(['any d']);
  take('kept', 'priorityOnly');
  take('any');
  queue.add('e', { priority: true });
  await Promise.resolve();
  expect(taken.slice(3)).toEqual(['any c', 'kept e']);
  take('kept', 'priorityOnly');
  queue.close();
  await Promise.resolve();
  expect(taken.slice(5)).toEqual(['kept undefined']);
});

test('a waiting take ends with its signal, or with the queue', async () => {
  const { queue } = aQueue();
  const stop = new AbortController();
  const first = queue.take(stop.signal);
  const second = queue.take();
  const third = queue.take();
  stop.abort();
  queue.add('a');
  expect(await first).toBeUndefined();
  expect(await second).toBe('a');
  queue.close();
  expect(await third).toBeUndefined();
  queue.add('b');
  expect(await queue.take()).toBeUndefined();
});

test('under any sequence of calls no key is in two hands, and no addition is lost', async () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c'), priority: fc.boolean() }),
    fc.record({ do: fc.constant('addAt' as const), key: fc.constantFrom('a', 'b', 'c'), delayMs: fc.integer({ min: -5, max: 3_000 }) }),
    fc.record({ do: fc.constant('fail' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('done' as const), index: fc.nat(3) }),
    fc.record({ do: fc.constant('advance' as const), byMs: fc.integer({ min: 0, max: 2_000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const { clock, queue } = aQueue();
      const hands: string[] = [];
      const owed = new Set<string>();
      for (const one of commands) {
        if (one.do === 'add') {
          queue.add(one.key, { priority: one.priority });
          owed.add(one.key);
        } else if (one.do === 'addAt') {
          queue.addAt(one.key, clock.nowMs() + one.delayMs);
          owed.add(one.key);
        } else if (one.do === 'fail') {
          queue.addAfterFailure(one.key);
          owed.add(one.key);
        } else if (one.do === 'advance') await clock.advance(one.byMs);
        else if (one.do === 'take' && queue.length > 0) {
          const key = (await queue.take()) ?? '';
          expect(hands).not.toContain(key);
          hands.push(key);
          owed.delete(key);
        } else if (one.do === 'done') for (const key of hands.splice(one.index, 1)) queue.done(key);
      }
      for (const key of hands) queue.done(key);
      await clock.advance(120_000);
      expect(new Set(await takeAll(queue))).toEqual(owed);
    }),
    { numRuns: 60 },
  );
});
