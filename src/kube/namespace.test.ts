import { expect, test } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { fail, ok } from '../lib/result.ts';
import { type KubeFailureKind, localFailure } from './failure.ts';
import { ensureNamespace } from './namespace.ts';

const found = ok({ metadata: { name: 'sluice-system', uid: 'u', resourceVersion: '1' } });
type Answer = KubeFailureKind | 'found';

function aServer(gets: Answer[], creates: Answer[] = []) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const told: (string | undefined)[] = [];
  const answer = (verb: string, answers: Answer[]) => {
    asked.push(verb);
    const next = answers.shift() ?? 'found';
    return next === 'found' ? found : fail(localFailure(next, next));
  };
  const stop = new AbortController();
  let isDone = false;
  const client = { get: async () => answer('get', gets), create: async () => answer('create', creates) };
  const done = ensureNamespace(
    'sluice-system',
    { client, clock, log: silentLogger, tell: (problem) => void told.push(problem) },
    stop.signal,
  ).then(() => {
    isDone = true;
  });
  return { clock, asked, told, stop, done, isDone: () => isDone };
}

test('one that is there costs one question', async () => {
  const { clock, asked, isDone } = aServer(['found']);
  await clock.advance(0);
  expect([isDone(), asked]).toEqual([true, ['get']]);
});

test('one that is not there is made', async () => {
  const { clock, asked, isDone } = aServer(['notFound']);
  await clock.advance(0);
  expect([isDone(), asked]).toEqual([true, ['get', 'create']]);
});

test('a server that is away is waited for, however long', async () => {
  const { clock, isDone } = aServer([...Array<Answer>(300).fill('network'), 'notFound', 'found'], ['unknownOutcome']);
  await clock.advance(599_000);
  expect(isDone()).toBe(false);
  await clock.advance(4_000);
  expect(isDone()).toBe(true);
});

test.each([
  [['forbidden'], []],
  [['notFound'], ['alreadyExists']],
] as [Answer[], Answer[]][])('what we may not see, or somebody else has made, is left to others: %o %o', async (gets, creates) => {
  const { clock, isDone } = aServer(gets, creates);
  await clock.advance(0);
  expect(isDone()).toBe(true);
});

test('one that we may not make is waited for until somebody has made it, or we may', async () => {
  const byOthers = aServer(['notFound', 'notFound', 'found'], ['forbidden', 'forbidden']);
  await byOthers.clock.advance(3_000);
  expect(byOthers.isDone()).toBe(false);
  await byOthers.clock.advance(2_000);
  expect(byOthers.isDone()).toBe(true);
  const granted = aServer(['notFound', 'notFound'], ['forbidden', 'found']);
  await granted.clock.advance(3_000);
  expect([granted.isDone(), granted.asked]).toEqual([true, ['get', 'create', 'get', 'create']]);
  expect(granted.told).toEqual([expect.stringContaining('the namespace sluice-system of the lease does not exist (forbidden'), undefined]);
});

test('a stop ends the waiting', async () => {
  const { clock, stop, done } = aServer(Array<Answer>(10).fill('timeout'));
  await clock.advance(3_000);
  stop.abort();
  await done;
  expect(clock.pendingTimers).toBe(0);
});
