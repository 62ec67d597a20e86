import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { seededRandom } from '../lib/random.ts';
import { ok } from '../lib/result.ts';
import { createKubeClient } from './client.ts';
import { Contact } from './contact.ts';
import { type ReconcileOutcome, runController } from './controller.ts';
import { localFailure } from './failure.ts';
import { SilentServer } from './testing/silent-server.ts';
import { aReflector, type Watched } from './testing/support.ts';
import type { Transport, TransportRequest } from './transport.ts';
import { WorkQueue } from './work-queue.ts';

const minutes = (count: number) => count * 60_000;
const read: TransportRequest = { method: 'GET', path: '/one', deadlineMs: 10_000, priority: 'normal' };

let clock: VirtualClock;
let server: SilentServer;
let contact: Contact;
let transport: Transport;
let regained: number[];
let stopping: AbortController;
let running: Promise<void>;
const watched: Watched[] = [];

beforeEach(() => {
  clock = new VirtualClock();
  server = new SilentServer(clock);
  contact = new Contact({ transport: server, clock, random: seededRandom(5), log: silentLogger });
  transport = contact.over(server);
  regained = [];
  contact.onRegained(() => regained.push(clock.monotonicMs()));
  stopping = new AbortController();
  running = contact.run(stopping.signal);
});
afterEach(async () => {
  await Promise.all(watched.splice(0).map((one) => one.stop()));
  stopping.abort();
  await running;
  expect(clock.pendingTimers).toBe(0);
});

/** Somebody asks and finds nobody; then a while passes. */
async function outage(is: 'refusing' | 'hanging', lastsMs: number): Promise<void> {
  server.is = is;
  const asked = transport.request(read);
  await clock.advance(lastsMs);
  await asked;
  server.is = 'up';
}

test('is not held before anybody was answered, and held from the first answer on', async () => {
  expect([contact.isHeld, contact.lostSinceMs]).toEqual([false, undefined]);
  await transport.request(read);
  expect([contact.isHeld, contact.lostSinceMs]).toEqual([true, undefined]);
  await clock.advance(minutes(60));
  expect(server.asked('/readyz')).toEqual([]);
});

test('is lost at once where the server has never answered, and found when it does', async () => {
  await outage('refusing', minutes(3));
  expect([contact.isHeld, contact.lostSinceMs]).toEqual([false, 0]);
  await clock.advance(1_300);
  expect(contact.isHeld).toBe(true);
  expect(regained).toHaveLength(1);
});

test.each(['refusing', 'hanging'] as const)(
  'a server that is %s for ten minutes is found within four seconds of its return',
  async (is) => {
    await transport.request(read);
    await outage(is, minutes(10));
    const backMs = clock.monotonicMs();
    expect(contact.lostSinceMs).toBeDefined();
    await clock.advance(4_000);
    expect(regained).toHaveLength(1);
    expect((regained[0] ?? 0) - backMs).toBeLessThanOrEqual(3_300);
    expect(contact.lostSinceMs).toBeUndefined();
    const probes = server.asked('/readyz').length;
    await clock.advance(minutes(60));
    expect(server.asked('/readyz')).toHaveLength(probes);
  },
);

test('requests that find nobody, where a probe does, are their own trouble', async () => {
  await transport.request({ ...read, path: '/two' });
  server.refused.add(read.path);
  for (let turn = 0; turn < 20; turn++) {
    await transport.request(read);
    await clock.advance(2_000);
  }
  expect(server.asked('/readyz')).toHaveLength(20);
  expect(contact.isHeld).toBe(true);
  expect(regained).toEqual([]);
});

test('an answer to anybody is news at once, without waiting for a probe', async () => {
  await transport.request(read);
  await outage('refusing', minutes(1));
  await transport.request(read);
  expect(regained).toEqual([clock.monotonicMs()]);
});

test('a server that comes and goes calls nobody more than once in five seconds', async () => {
  await transport.request(read);
  for (let turn = 0; turn < 60; turn++) {
    await outage('refusing', 1_000);
    await transport.request(read);
  }
  await clock.advance(10_000);
  expect(regained.length).toBeGreaterThan(5);
  for (const [index, atMs] of regained.entries()) expect(atMs - (regained[index - 1] ?? -5_000)).toBeGreaterThanOrEqual(5_000);
});

test('a gateway that answers for a server which is gone is no answer; one that will not let us ask is', async () => {
  let status = 503;
  const gateway: Transport = { ...server, request: async () => ok({ status, headers: {}, body: '' }), close: async () => {} };
  const through = new Contact({ transport: gateway, clock, random: seededRandom(1), log: silentLogger });
  const stop = new AbortController();
  const probing = through.run(stop.signal);
  await through.over(gateway).request(read);
  await clock.advance(3_000);
  expect(through.lostSinceMs).toBeDefined();
  status = 403;
  await clock.advance(1_300);
  expect(through.isHeld).toBe(true);
  stop.abort();
  await probing;
});

describe('reflectors', () => {
  const aDozen = () => {
    const client = createKubeClient({ transport, clock, random: seededRandom(2), log: silentLogger });
    for (let index = 0; index < 12; index++) watched.push(aReflector({ client, clock }, { contact, random: seededRandom(index) }));
  };
  const widgets = '/apis/test.dev/v1/widgets';

  test('that are refused for ten minutes are back within two seconds of the return, and ask once each', async () => {
    server.is = 'refusing';
    aDozen();
    await clock.advance(minutes(10));
    const asked = server.asked(widgets).length;
    server.is = 'up';
    await clock.advance(2_000);
    expect(watched.every(({ reflector }) => reflector.hasSynced)).toBe(true);
    expect(server.asked(widgets).length - asked).toBe(12);
    expect(server.openStreams).toBe(12);
  });

  test('whose connections hang open do not wait for their silence to be long enough', async () => {
    aDozen();
    await clock.advance(1_000);
    expect(server.openStreams).toBe(12);
    await outage('hanging', 30_000);
    const asked = server.asked(widgets).length;
    await clock.advance(4_000);
    expect(server.asked(widgets).length - asked).toBe(12);
    expect(server.openStreams).toBe(12);
  });

  test('that the server asked to wait still do', async () => {
    const until = { ...localFailure('unavailable', 'starting'), status: 503, retryAfterMs: 20_000 };
    const client = createKubeClient({ transport, clock, random: seededRandom(2), log: silentLogger });
    let isAsking = true;
    const patient: typeof client = {
      ...client,
      watch: async (...given) => (isAsking ? { ok: false, failure: until } : client.watch(...given)),
    };
    watched.push(aReflector({ client: patient, clock }, { contact }));
    await outage('refusing', 5_000);
    isAsking = false;
    await clock.advance(10_000);
    expect(regained).toHaveLength(1);
    expect(watched[0]?.reflector.hasSynced).toBe(false);
    await clock.advance(10_000);
    expect(watched[0]?.reflector.hasSynced).toBe(true);
  });
});

describe('keys', () => {
  /** A controller of keys that each need one answer; those whose name begins with `cut` take risk away. */
  function aController() {
    const queue = new WorkQueue({ clock, random: seededRandom(3), longestBackoffMs: 30_000 });
    const ended: { key: string; atMs: number }[] = [];
    const stop = new AbortController();
    const done = runController(
      {
        queue,
        concurrency: 8,
        clock,
        log: silentLogger,
        contact,
        reconcile: async (key, signal): Promise<ReconcileOutcome> => {
          const reply = await transport.request(read, signal);
          if (!reply.ok) return { cutOff: key.startsWith('cut') ? 'urgent' : 'patient' };
          ended.push({ key, atMs: clock.monotonicMs() });
          return {};
        },
      },
      stop.signal,
    );
    return {
      queue,
      ended,
      end: async () => {
        stop.abort();
        await done;
      },
    };
  }

  test('asleep in a long back-off run within seconds of the return, cuts first', async () => {
    const { queue, ended, end } = aController();
    server.is = 'refusing';
    for (const key of ['a', 'b', 'c', 'cut-1', 'd', 'cut-2']) queue.add(key);
    await clock.advance(minutes(10));
    expect(queue.scheduled).toBe(6);
    server.is = 'up';
    const backMs = clock.monotonicMs();
    await clock.advance(1_400);
    expect(new Set(ended.slice(0, 2).map(({ key }) => key))).toEqual(new Set(['cut-1', 'cut-2']));
    expect(new Set(ended.map(({ key }) => key))).toEqual(new Set(['a', 'b', 'c', 'd', 'cut-1', 'cut-2']));
    expect(Math.max(...ended.map(({ atMs }) => atMs))).toBeLessThanOrEqual(backMs + 1_300);
    await clock.advance(minutes(2));
    expect(ended).toHaveLength(6);
    await end();
  });

  test('of thousands come back spread, and none waits longer than ten seconds more', async () => {
    const { queue, ended, end } = aController();
    server.is = 'refusing';
    for (let index = 0; index < 3_000; index++) queue.add(`key-${index}`);
    await clock.advance(minutes(2));
    server.is = 'up';
    await clock.advance(12_000);
    expect(ended).toHaveLength(3_000);
    const times = ended.map(({ atMs }) => atMs);
    const from = regained[0] ?? Number.NaN;
    const inEachSecond = Array.from(
      { length: 10 },
      (_, second) => times.filter((atMs) => Math.floor((atMs - from) / 1_000) === second).length,
    );
    expect(Math.max(...inEachSecond)).toBeLessThanOrEqual(700);
    expect(Math.max(...times) - from).toBeLessThanOrEqual(10_000);
    await end();
  });

  test('come back in the order in which they failed', async () => {
    const queue = new WorkQueue({ clock, random: seededRandom(3) });
    for (const key of ['c', 'a', 'b']) queue.addCutOff(key);
    queue.addCutOff('cut', { priority: true });
    queue.retryCutOff();
    await clock.advance(10);
    const order: (string | undefined)[] = [];
    while (queue.length > 0) order.push(await queue.take());
    expect(order).toEqual(['cut', 'c', 'a', 'b']);
    queue.close();
  });

  test('that failed for a reason of their own keep their back-off', async () => {
    const queue = new WorkQueue({ clock, random: seededRandom(3) });
    for (let turn = 0; turn < 8; turn++) queue.addAfterFailure('own');
    queue.addCutOff('cut off');
    queue.retryCutOff();
    await clock.advance(10);
    expect(queue.length).toBe(1);
    expect(await queue.take()).toBe('cut off');
    expect(queue.failuresOf('own')).toBe(8);
    queue.close();
  });
});
