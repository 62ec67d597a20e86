import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeClient } from './kube/index.ts';
import { LeaderElector, localFailure, Recorder, runController, WorkQueue } from './kube/index.ts';
import { LeaseServer } from './kube/testing/lease-server.ts';
import { fail, ok, seededRandom, silentLogger, sleep, VirtualClock } from './lib/index.ts';
import { live, type Parts } from './live.ts';

let clock: VirtualClock;
let lease: LeaseServer;
/** What happened after the stop, in order. */
let story: string[];
/** Requests that the server does not answer are given up by their caller, or after five seconds. */
let isHanging: boolean;

beforeEach(() => {
  clock = new VirtualClock();
  lease = new LeaseServer();
  story = [];
  isHanging = false;
});
afterEach(() => expect(clock.pendingTimers).toBe(0));

const hang = async (signal: AbortSignal | undefined) => {
  await sleep(clock, 5_000, signal);
  return fail(localFailure(signal?.aborted ? 'aborted' : 'timeout', 'no answer'));
};

const leases: Pick<KubeClient, 'raw'> = {
  raw: async (method, path, options, signal) => {
    if (isHanging) return hang(signal);
    const reply = await lease.raw(method, path, options, signal);
    if (reply.ok && method !== 'GET' && lease.lease?.spec.holderIdentity === '') story.push('lease released');
    return reply;
  },
};

function anElector(identity: string): LeaderElector {
  return new LeaderElector({
    client: leases,
    clock,
    random: seededRandom(identity.length),
    log: silentLogger,
    namespace: 'sluice',
    name: 'sluice',
    identity,
  });
}

interface LifeOptions {
  readonly elector?: LeaderElector | undefined;
  /** One pass, made for the key `web` that is there from the start. */
  readonly pass?: (signal: AbortSignal) => Promise<void>;
  readonly prepare?: Parts['prepare'];
  readonly neverLeads?: boolean;
}

function aLife({ elector, pass = async () => {}, prepare = async () => {}, neverLeads = false }: LifeOptions) {
  const [stop, interrupt] = [new AbortController(), new AbortController()];
  const queue = new WorkQueue({ clock, random: seededRandom(1) });
  queue.add('web');
  const written = async (signal: AbortSignal | undefined) => {
    if (isHanging) return hang(signal);
    story.push('event written');
    return ok({ metadata: { name: 'e', uid: 'e', resourceVersion: '1' } });
  };
  const client = {
    create: (...given: Parameters<KubeClient['create']>) => written(given[4]),
    patch: (...given: Parameters<KubeClient['patch']>) => written(given[4]),
  };
  const recorder = new Recorder({ client, clock, log: silentLogger, controller: 'c', instance: 'i' });
  const reconcile = async (_key: string, signal: AbortSignal) => {
    await pass(signal);
    story.push(signal.aborted ? 'pass cut' : 'pass ended');
    recorder.event({ regarding: { apiVersion: 'v1', kind: 'K', name: 'web', uid: 'u' }, type: 'Normal', reason: 'Ended', note: 'note' });
    return {};
  };
  const parts: Parts = {
    clock,
    log: silentLogger,
    elector,
    neverLeads,
    recorder,
    prepare,
    controller: {
      async watch(signal) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        story.push('watches closed');
      },
      reconcile: (until, cut) => runController({ queue, reconcile, concurrency: 2, clock, log: silentLogger, interrupt: cut }, until),
    },
    transport: {
      async close() {
        story.push('transport closed');
      },
    },
  };
  let endedMs: number | undefined;
  const onLost = () => {
    interrupt.abort();
    stop.abort();
  };
  const ended = live(parts, { stop: stop.signal, interrupt: interrupt.signal, onLost }).then(() => {
    endedMs = clock.monotonicMs();
  });
  return {
    /** Asks it to stop, and gives how long that took. */
    async stops(): Promise<number> {
      const askedMs = clock.monotonicMs();
      stop.abort();
      await clock.advance(20_000);
      await ended;
      return (endedMs ?? Number.NaN) - askedMs;
    },
    ended,
    endedMs: () => endedMs,
  };
}

test('a process that serves the API alone makes no pass, has no lease, and stops at once', async () => {
  const life = aLife({ neverLeads: true });
  await clock.advance(60_000);
  expect(story).toEqual([]);
  expect(await life.stops()).toBe(0);
  expect(story).toEqual(['watches closed', 'transport closed']);
});

describe('a leader that is asked to stop', () => {
  test('at rest gives the lease back at once, last of all', async () => {
    const life = aLife({ elector: anElector('a') });
    await clock.advance(10_000);
    story.length = 0;
    expect(await life.stops()).toBe(0);
    expect(story).toEqual(['watches closed', 'lease released', 'transport closed']);
  });

  test('with a pass under way ends it, tells of it, and only then gives the lease back', async () => {
    const life = aLife({ elector: anElector('a'), pass: (signal) => sleep(clock, 7_000, signal) });
    await clock.advance(3_000);
    expect(await life.stops()).toBe(4_000);
    expect(story).toEqual(['pass ended', 'event written', 'watches closed', 'lease released', 'transport closed']);
  });

  test('with a pass that does not end cuts it after eight seconds; the lease is renewed until then', async () => {
    const elector = anElector('a');
    let wasValid = false;
    const life = aLife({
      elector,
      pass: async (signal) => {
        await sleep(clock, 600_000, signal);
        wasValid = elector.isValid();
      },
    });
    await clock.advance(3_000);
    expect(await life.stops()).toBe(8_000);
    expect(wasValid).toBe(true);
    expect(story).toEqual(['pass cut', 'event written', 'watches closed', 'lease released', 'transport closed']);
  });

  test('with a pass that does not even hear of being cut keeps the lease, which then expires', async () => {
    let end = () => {};
    const deaf = new Promise<void>((resolve) => {
      end = resolve;
    });
    const life = aLife({ elector: anElector('a'), pass: () => deaf });
    await clock.advance(3_000);
    const stopped = life.stops();
    await clock.advance(19_000);
    expect(story).toEqual([]);
    expect(lease.lease?.spec.holderIdentity).toBe('a');
    end();
    await stopped;
  });

  test('while the API server says nothing is gone within the grace', async () => {
    const life = aLife({ elector: anElector('a'), pass: (signal) => sleep(clock, 9_000, signal) });
    await clock.advance(8_000);
    isHanging = true;
    expect(await life.stops()).toBeLessThanOrEqual(11_000);
    expect(story).toEqual(['pass ended', 'watches closed', 'transport closed']);
  });
});

describe('a standby that is asked to stop', () => {
  test('is gone at once and leaves the lease to its holder', async () => {
    const other = anElector('other');
    const stopOther = new AbortController();
    const otherEnded = other.run({ onStarted: () => {}, onLost: () => {} }, stopOther.signal);
    await clock.advance(100);
    const life = aLife({ elector: anElector('a') });
    await clock.advance(5_000);
    expect(await life.stops()).toBe(0);
    expect(story).toEqual(['watches closed', 'transport closed']);
    expect(lease.lease?.spec.holderIdentity).toBe('other');
    stopOther.abort();
    await otherEnded;
  });

  test('does not come to lead while it goes, and gives back a lease that it may have got without hearing of it', async () => {
    const slow: Pick<KubeClient, 'raw'> = {
      raw: async (method, path, options, signal) => {
        const reply = await leases.raw(method, path, options, signal);
        if (method !== 'POST') return reply;
        await sleep(clock, 2_000, signal);
        return signal?.aborted ? fail(localFailure('unknownOutcome', 'stopped waiting')) : reply;
      },
    };
    const options = { clock, random: seededRandom(1), log: silentLogger, namespace: 'sluice', name: 'sluice', identity: 'a' };
    const life = aLife({ elector: new LeaderElector({ ...options, client: slow }) });
    await clock.advance(500);
    expect(lease.lease?.spec.holderIdentity).toBe('a');
    expect(await life.stops()).toBe(0);
    expect(story).toEqual(['watches closed', 'lease released', 'transport closed']);
  });
});

test('a process that still prepares, with no server there, is gone at once', async () => {
  isHanging = true;
  const life = aLife({ elector: anElector('a'), prepare: (signal) => sleep(clock, 600_000, signal) });
  await clock.advance(60_000);
  expect(await life.stops()).toBe(0);
  expect(story).toEqual(['watches closed', 'transport closed']);
});

test('without an election the stop is the same, but for the lease', async () => {
  const life = aLife({ pass: (signal) => sleep(clock, 7_000, signal) });
  await clock.advance(3_000);
  expect(await life.stops()).toBe(4_000);
  expect(story).toEqual(['pass ended', 'event written', 'watches closed', 'transport closed']);
});

test('a lost lease ends all at once: nothing more is written, and nothing given back', async () => {
  const life = aLife({ elector: anElector('a'), pass: (signal) => sleep(clock, 600_000, signal) });
  await clock.advance(3_000);
  lease.edit({ holderIdentity: 'other' });
  await clock.advance(2_500);
  await life.ended;
  expect(life.endedMs()).toBeLessThanOrEqual(5_500);
  expect(story).toEqual(['pass cut', 'watches closed', 'transport closed']);
  expect(lease.lease?.spec.holderIdentity).toBe('other');
});
