import { beforeEach, expect, test } from 'vitest';
import { sleep, VirtualClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { fail, ok } from '../lib/result.ts';
import { type KubeFailure, localFailure } from './failure.ts';
import { type RecordedEvent, Recorder } from './recorder.ts';

let clock: VirtualClock;
let written: { verb: string; body: Record<string, unknown> }[];
let failures: KubeFailure[];

beforeEach(() => {
  clock = new VirtualClock();
  written = [];
  failures = [];
});

const answer = (verb: string, body: object) => {
  const failure = failures.shift();
  if (failure !== undefined) return fail(failure);
  written.push({ verb, body: body as Record<string, unknown> });
  return ok({ metadata: { name: 'e', uid: 'e', resourceVersion: '1' } });
};

function aRecorder(maxQueued?: number) {
  const recorder = new Recorder({
    client: {
      create: async (_resource, _namespace, body) => answer('create', body),
      patch: async (_resource, _ref, body) => answer('patch', body),
    },
    clock,
    log: silentLogger,
    controller: 'sluice.dev/controller',
    instance: 'pod-1',
    ...(maxQueued === undefined ? {} : { maxQueued }),
  });
  const stop = new AbortController();
  const ended = recorder.run(stop.signal);
  return {
    recorder,
    stop() {
      stop.abort();
      return ended;
    },
  };
}

const anEvent = (note: string): RecordedEvent => ({
  regarding: { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', namespace: 'shop', name: 'web', uid: 'u' },
  type: 'Normal',
  reason: 'StepCompleted',
  note,
});

test('an event is written with all that events.k8s.io demands', async () => {
  const { recorder, stop } = aRecorder();
  recorder.event(anEvent('weight 10'));
  await clock.advance(0);
  expect(written).toHaveLength(1);
  expect(written[0]?.body).toMatchObject({
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'sluice.dev/controller',
    reportingInstance: 'pod-1',
    action: 'StepCompleted',
    regarding: { uid: 'u' },
    note: 'weight 10',
  });
  await stop();
});

test('repetitions become a count on the first event, in one request for a storm', async () => {
  const { recorder, stop } = aRecorder();
  for (let index = 0; index < 100; index++) recorder.event(anEvent('same'));
  await clock.advance(31_000);
  expect(written.map((one) => one.verb)).toEqual(['create', 'patch']);
  expect(written[1]?.body).toMatchObject({ series: { count: 100 } });
  await clock.advance(10 * 60_000);
  recorder.event(anEvent('same'));
  await clock.advance(0);
  expect(written.map((one) => one.verb)).toEqual(['create', 'patch', 'create']);
  await stop();
});

test('under pressure events are what goes first: 429 drops, a full queue drops', async () => {
  const { recorder, stop } = aRecorder(3);
  failures = [localFailure('tooManyRequests', 'slow down')];
  for (let index = 0; index < 5; index++) recorder.event(anEvent(`n${index}`));
  await clock.advance(0);
  expect(recorder.dropped).toBe(3);
  expect(written).toHaveLength(2);
  await stop();
});

test('a passing failure is retried, a lost answer without a second event', async () => {
  const { recorder, stop } = aRecorder();
  failures = [localFailure('unavailable', 'x'), localFailure('unknownOutcome', 'x'), localFailure('alreadyExists', 'x')];
  recorder.event(anEvent('a'));
  await clock.advance(10_000);
  expect(recorder.dropped).toBe(0);
  expect(written).toHaveLength(0);
  await stop();
});

test('flush writes what is left at shutdown, pending counts too', async () => {
  const { recorder, stop } = aRecorder();
  recorder.event(anEvent('a'));
  await clock.advance(0);
  recorder.event(anEvent('a'));
  await stop();
  recorder.event(anEvent('b'));
  await recorder.flush(new AbortController().signal);
  expect(written.map((one) => one.verb).sort()).toEqual(['create', 'create', 'patch']);
  expect(clock.pendingTimers).toBe(0);
});

test('an event that is being written when the recorder is stopped is left for the flush', async () => {
  let isHanging = true;
  const attempts: string[] = [];
  const recorder = new Recorder({
    client: {
      create: async (_resource, _namespace, body, _options, signal) => {
        attempts.push((body as { metadata: { name: string } }).metadata.name);
        if (!isHanging) return answer('create', body);
        await sleep(clock, 5_000, signal);
        return fail(localFailure('unknownOutcome', 'stopped waiting'));
      },
      patch: async (_resource, _ref, body) => answer('patch', body),
    },
    clock,
    log: silentLogger,
    controller: 'sluice.dev/controller',
    instance: 'pod-1',
  });
  const stop = new AbortController();
  const ended = recorder.run(stop.signal);
  recorder.event(anEvent('one'));
  recorder.event(anEvent('two'));
  await clock.advance(100);
  stop.abort();
  await ended;
  isHanging = false;
  await recorder.flush(new AbortController().signal);
  expect(written.map(({ body }) => body.note)).toEqual(['one', 'two']);
  expect(new Set(attempts).size).toBe(2);
  expect(recorder.dropped).toBe(0);
});

test('a flush ends with its signal, whatever is left', async () => {
  const { recorder, stop } = aRecorder();
  await stop();
  failures = Array.from({ length: 50 }, () => localFailure('network', 'down'));
  for (let index = 0; index < 10; index++) recorder.event(anEvent(`note ${index}`));
  const limit = new AbortController();
  const flushed = recorder.flush(limit.signal);
  await clock.advance(700);
  limit.abort();
  await flushed;
  expect(written).toEqual([]);
  expect(recorder.queued).toBe(10);
});
