import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, sleep, VirtualClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { seededRandom } from '../lib/random.ts';
import { fail, ok } from '../lib/result.ts';
import { localFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';
import { LeaderElector, type LeaderElectorOptions } from './leader-election.ts';
import type { KubeObject } from './object.ts';
import { LeaseServer } from './testing/lease-server.ts';

let server: LeaseServer;
let clock: VirtualClock;
const running: (() => Promise<void>)[] = [];
beforeEach(() => {
  server = new LeaseServer();
  clock = new VirtualClock();
});
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

function aCandidate(identity: string, options: Partial<LeaderElectorOptions> = {}) {
  const log: string[] = [];
  const elector = new LeaderElector({
    client: server,
    clock,
    random: seededRandom(identity.length + identity.charCodeAt(0)),
    log: silentLogger,
    namespace: 'sluice',
    name: 'sluice',
    identity,
    ...options,
  });
  const stopping = new AbortController();
  const ended = elector.run(
    { onStarted: (epoch) => log.push(`started ${epoch}`), onLost: (reason) => log.push(`lost: ${reason}`) },
    stopping.signal,
  );
  const stop = () => {
    stopping.abort();
    return ended;
  };
  running.push(stop);
  return { elector, log, stop };
}

/** The clock of the test, to be changed in part. */
const clockOf = (): Clock => ({
  nowMs: () => clock.nowMs(),
  monotonicMs: () => clock.monotonicMs(),
  after: (delayMs, fire) => clock.after(delayMs, fire),
});

test('a process says in one line each that it stands by and for whom, that it leads, and that it leads no more', async () => {
  const lines: string[] = [];
  const line = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const a = aCandidate('a');
  await clock.advance(100);
  const b = aCandidate('b', { log: { ...silentLogger, info: line, error: line } });
  await clock.advance(60_000);
  expect(lines).toEqual(['standing by {"identity":"b","leader":"a"}']);
  await a.stop();
  await clock.advance(30_000);
  expect(lines.slice(1)).toEqual([`leadership acquired {"identity":"b","epoch":${b.elector.epoch}}`]);
  server.lease = undefined;
  await clock.advance(5_000);
  expect(lines.slice(2)).toEqual([expect.stringContaining('leadership lost {"identity":"b"')]);
});

test('who is refused the lease says that it could never lead; who stands by, or leads, has nothing in its way', async () => {
  let isRefused = true;
  const raw: KubeClient['raw'] = (...request) =>
    isRefused ? Promise.resolve(fail(localFailure('forbidden', 'no leases for you'))) : server.raw(...request);
  const a = aCandidate('a', { client: { raw } });
  await clock.advance(100);
  expect(a.elector.obstacle).toBe('the lease cannot be taken (forbidden: no leases for you)');
  isRefused = false;
  await clock.advance(3_000);
  const b = aCandidate('b');
  await clock.advance(3_000);
  expect([a.elector.isValid(), a.elector.obstacle, b.elector.obstacle]).toEqual([true, undefined, undefined]);
});

const epochs = (log: readonly string[]) => log.flatMap((entry) => (entry.startsWith('started') ? [Number(entry.slice(8))] : []));

test('the first candidate leads, renews, and stays valid; the second follows', async () => {
  const a = aCandidate('a');
  await clock.advance(100);
  const b = aCandidate('b');
  await clock.advance(120_000);
  expect(a.elector.isValid()).toBe(true);
  expect(b.elector.isValid()).toBe(false);
  expect(a.log).toHaveLength(1);
  expect(b.log).toHaveLength(0);
  expect(b.elector.holder).toBe('a');
  expect(server.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15 });
});

test('a follower takes over after the observed duration by its own monotonic clock, whatever the wall clock does', async () => {
  const a = aCandidate('a');
  await clock.advance(100);
  const b = aCandidate('b');
  await clock.advance(3_000);
  await a.stop();
  const stoppedMs = clock.monotonicMs();
  clock.jumpWall(3_600_000);
  await clock.advance(10_000);
  clock.jumpWall(-7_200_000);
  expect(b.log).toHaveLength(0);
  await clock.advance(12_000);
  expect(b.log).toHaveLength(1);
  expect(clock.monotonicMs() - stoppedMs).toBeLessThan(23_000);
});

test.each([1, 2, 3, 4, 5])(
  'it takes over within the duration and one retry of the end of a leader, whenever that comes (%i)',
  async (seed) => {
    const a = aCandidate('a');
    await clock.advance(100);
    const b = aCandidate('b', { random: seededRandom(seed) });
    // Right after a renewal, of which the follower has not heard.
    await clock.advance(20_000 + 10 * seed);
    const renewed = server.lease?.spec;
    while (server.lease?.spec === renewed) await clock.advance(10);
    await a.stop();
    const endedMs = clock.monotonicMs();
    while (b.log.length === 0) await clock.advance(10);
    expect(clock.monotonicMs() - endedMs).toBeLessThanOrEqual(17_010);
  },
);

test('a record without news counts from when it was first seen, so a newcomer waits a whole duration', async () => {
  const a = aCandidate('a');
  await clock.advance(100);
  await a.stop();
  await clock.advance(600_000);
  const b = aCandidate('b');
  await clock.advance(14_000);
  expect(b.log).toHaveLength(0);
  await clock.advance(5_000);
  expect(b.log).toHaveLength(1);
});

test('the duration in the record counts, not our own', async () => {
  const a = aCandidate('a', { leaseDurationMs: 60_000 });
  await clock.advance(100);
  await a.stop();
  const b = aCandidate('b');
  await clock.advance(55_000);
  expect(b.log).toHaveLength(0);
  await clock.advance(10_000);
  expect(b.log).toHaveLength(1);
});

describe('losing', () => {
  test('a leader that cannot renew is invalid in time and gives up before anyone can take over', async () => {
    const a = aCandidate('a');
    await clock.advance(4_000);
    server.isDown = true;
    await clock.advance(6_100);
    expect(a.elector.isValid()).toBe(false);
    expect(a.log).toHaveLength(1);
    await clock.advance(4_000);
    expect(a.log.at(-1)).toBe('lost: not renewed for 10000 ms');
    expect(a.elector.epoch).toBeUndefined();
  });

  test('a short outage is survived', async () => {
    const a = aCandidate('a');
    await clock.advance(4_000);
    server.isDown = true;
    await clock.advance(5_000);
    server.isDown = false;
    await clock.advance(60_000);
    expect(a.log).toHaveLength(1);
    expect(a.elector.isValid()).toBe(true);
  });

  test('a lease taken by another, by hand, or deleted ends it at the next renew', async () => {
    for (const harm of ['taken', 'epoch', 'deleted']) {
      server.lease = undefined;
      const a = aCandidate(`a-${harm}`);
      await clock.advance(3_000);
      if (harm === 'deleted') server.lease = undefined;
      else server.edit(harm === 'taken' ? { holderIdentity: 'x' } : { leaseTransitions: 7 });
      await clock.advance(2_500);
      expect(a.log).toHaveLength(2);
      expect(a.elector.isValid()).toBe(false);
    }
  });

  test('an edit that leaves holder and epoch alone is a conflict that the next renew overcomes', async () => {
    const a = aCandidate('a');
    await clock.advance(3_000);
    server.edit({ note: 'hello' });
    await clock.advance(30_000);
    expect(a.log).toHaveLength(1);
    expect(server.lease?.spec).toMatchObject({ note: 'hello' });
    expect(a.elector.isValid()).toBe(true);
  });

  test('a server that lags takes it back to no older version', async () => {
    let old: unknown;
    const written: string[] = [];
    const client: Pick<KubeClient, 'raw'> = {
      raw(method, path, options = {}, signal) {
        if (method === 'GET' && old !== undefined) return Promise.resolve(ok(old));
        if (method === 'PUT') written.push((options.body as KubeObject).metadata.resourceVersion);
        return server.raw(method, path, options, signal);
      },
    };
    const a = aCandidate('a', { client });
    await clock.advance(10_000);
    const kept = structuredClone(server.lease);
    await clock.advance(10_000);
    old = kept;
    server.losesAnswers.push('not landed');
    await clock.advance(10_000);
    expect(written).toEqual(written.toSorted((left, right) => Number(left) - Number(right)));
    expect(a.elector.isValid()).toBe(true);
    expect(a.log).toHaveLength(1);
  });

  test('a store that was put back from a backup is believed in the end', async () => {
    const a = aCandidate('a');
    await clock.advance(10_000);
    const kept = structuredClone(server.lease);
    const b = aCandidate('b');
    await clock.advance(20_000);
    await a.stop();
    server.putBack(kept);
    await clock.advance(90_000);
    expect(b.elector.isValid()).toBe(true);
  });

  test.each([11_000, 60_000])(
    'a process that wakes up after %i ms sends nothing, whichever of its timers comes first',
    async (asleepMs) => {
      for (let seed = 0; seed < 20; seed++) {
        server.lease = undefined;
        let asleep = 0;
        let sent = 0;
        // The machine's clock goes on while the process stands; its timers come when it wakes up.
        const frozen: Clock = { ...clockOf(), monotonicMs: () => clock.monotonicMs() + asleep };
        const client: Pick<KubeClient, 'raw'> = {
          raw: (...given) => {
            sent += 1;
            return server.raw(...given);
          },
        };
        const a = aCandidate(`a-${seed}`, { clock: frozen, client, random: seededRandom(seed) });
        await clock.advance(3_000 + 97 * seed);
        expect(a.elector.isValid()).toBe(true);
        asleep = asleepMs;
        sent = 0;
        await clock.advance(5_000);
        expect(sent).toBe(0);
        expect(a.log.at(-1)).toMatch(/^lost/);
      }
    },
  );

  test('a renew that was held up on its way to the wire is not sent after the deadline', async () => {
    let guard: (() => unknown) | undefined;
    const seen: Pick<KubeClient, 'raw'> = {
      raw: (method, path, options, signal) => {
        if (method === 'PUT') guard = options?.guard;
        return server.raw(method, path, options, signal);
      },
    };
    aCandidate('a', { client: seen });
    await clock.advance(5_000);
    expect(guard?.()).toBeUndefined();
    server.isDown = true;
    await clock.advance(11_000);
    expect(guard?.()).toMatchObject({ kind: 'fenced' });
  });

  test('a loop that stood still ends leadership', async () => {
    let frozenMs = 0;
    const slow: Clock = { ...clockOf(), monotonicMs: () => clock.monotonicMs() + frozenMs };
    const a = aCandidate('a', { clock: slow });
    await clock.advance(3_000);
    frozenMs = 6_000;
    expect(a.elector.isValid()).toBe(false);
    await clock.advance(1_000);
    expect(a.log.at(-1)).toMatch(/stood still|not renewed/);
  });
});

test.each([1, 2, 3])('validity counts from when write %i was sent, not from when its answer came', async (writes) => {
  const sentMs: number[] = [];
  const slow: Pick<KubeClient, 'raw'> = {
    raw: async (method, path, options, signal) => {
      if (method !== 'GET' && !server.isDown) sentMs.push(clock.monotonicMs());
      const reply = await server.raw(method, path, options, signal);
      if (sentMs.length === writes) server.isDown = true;
      await sleep(clock, 1_500);
      return reply;
    },
  };
  const a = aCandidate('a', { client: slow });
  while (a.log.length === 0 || a.elector.isValid()) await clock.advance(10);
  const validMs = clock.monotonicMs() - (sentMs.at(-1) ?? 0);
  expect(sentMs).toHaveLength(writes);
  expect(validMs).toBeGreaterThanOrEqual(6_000);
  expect(validMs).toBeLessThanOrEqual(6_020);
});

describe('unknown outcomes', () => {
  test('of the acquisition: landed or not, one epoch', async () => {
    server.losesAnswers = ['not landed', 'landed'];
    const a = aCandidate('a');
    await clock.advance(6_000);
    expect(a.log).toHaveLength(1);
    expect(server.lease?.spec.leaseTransitions).toBe(a.elector.epoch);
  });

  test('of a renew: a landed one counts from when it was sent, another counts nothing', async () => {
    const a = aCandidate('a');
    await clock.advance(3_000);
    server.losesAnswers = Array.from({ length: 100 }, () => 'landed' as const);
    await clock.advance(60_000);
    expect(a.elector.isValid()).toBe(true);
    server.losesAnswers = Array.from({ length: 100 }, () => 'not landed' as const);
    await clock.advance(12_000);
    expect(a.log.at(-1)).toMatch(/^lost/);
  });
});

describe('releasing', () => {
  test('ends validity at once, and the follower takes over at its next look with a higher epoch', async () => {
    const a = aCandidate('a');
    await clock.advance(100);
    const b = aCandidate('b');
    await clock.advance(5_000);
    await a.stop();
    expect(a.elector.isValid()).toBe(true);
    await a.elector.release();
    expect(a.elector.isValid()).toBe(false);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await clock.advance(2_500);
    expect(epochs(b.log)[0]).toBeGreaterThan(epochs(a.log)[0] ?? Number.POSITIVE_INFINITY);
  });

  test('waits for the answer of a renewal that is under way, and gives back what that made, whatever a server that lags says', async () => {
    let old: unknown;
    let isSlow = false;
    const client: Pick<KubeClient, 'raw'> = {
      async raw(method, path, options = {}, signal) {
        if (method === 'GET' && old !== undefined) return ok(old);
        const answer = await server.raw(method, path, options, signal);
        if (isSlow) await sleep(clock, 500, signal);
        return signal?.aborted === true ? fail(localFailure('unknownOutcome', 'nobody waited for it')) : answer;
      },
    };
    const a = aCandidate('a', { client });
    await clock.advance(5_000);
    isSlow = true;
    old = structuredClone(server.lease);
    while (server.lease?.metadata.resourceVersion === (old as KubeObject).metadata.resourceVersion) await clock.advance(10);
    isSlow = false;
    const stopped = a.stop();
    await clock.advance(500);
    await stopped;
    await a.elector.release();
    expect(server.lease?.spec.holderIdentity).toBe('');
  });

  test('a lease that was got by a request whose answer nobody waited for is given back', async () => {
    server.losesAnswers = ['landed'];
    const deaf: Pick<KubeClient, 'raw'> = {
      raw: async (method, path, options, signal) =>
        method === 'GET' && server.lease !== undefined && signal !== undefined
          ? fail(localFailure('network', 'no answer'))
          : server.raw(method, path, options, signal),
    };
    const a = aCandidate('a', { client: deaf });
    await clock.advance(100);
    expect(server.lease?.spec.holderIdentity).toBe('a');
    expect(a.log).toEqual([]);
    await a.stop();
    await a.elector.release();
    expect(server.lease?.spec.holderIdentity).toBe('');
  });

  test('what is not ours any more is left alone', async () => {
    const a = aCandidate('a');
    await clock.advance(3_000);
    await a.stop();
    server.edit({ holderIdentity: 'x' });
    await a.elector.release();
    expect(server.lease?.spec.holderIdentity).toBe('x');
  });
});

test('the epoch grows with every acquisition, across deletion and a lowered count', async () => {
  const seen: number[] = [];
  for (let round = 0; round < 6; round++) {
    const one = aCandidate(`process-${round}`);
    await clock.advance(20_000);
    seen.push(one.elector.epoch ?? -1);
    await one.stop();
    await one.elector.release();
    if (round % 2 === 0) server.lease = undefined;
  }
  for (const [index, epoch] of seen.entries()) expect(epoch).toBeGreaterThan(seen[index - 1] ?? 0);
});

test('an epoch that objects carry and the lease has lost is outrun at the next acquisition, by whomever', async () => {
  const a = aCandidate('a');
  await clock.advance(100);
  await a.elector.outrun(1_000_000_000);
  expect(a.elector.isValid()).toBe(false);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 1_000_000_000 });
  await a.stop();
  const b = aCandidate('b');
  await clock.advance(5_000);
  expect(epochs(b.log)).toEqual([1_000_000_001]);
  // Whoever has lost the lease has no say in it.
  server.edit({ holderIdentity: 'c', leaseTransitions: 1_000_000_002 });
  await b.elector.outrun(2_000_000_000);
  expect(server.lease?.spec).toMatchObject({ holderIdentity: 'c', leaseTransitions: 1_000_000_002 });
});

test('two candidates are never both valid, through outages, lost answers and frozen leaders', async () => {
  for (let seed = 0; seed < 12; seed++) {
    server = new LeaseServer();
    clock = new VirtualClock();
    const random = seededRandom(seed);
    const cutOff = new Set<string>();
    // Each candidate has a network of its own, and its requests may be lost on the way back.
    const through = (identity: string): Pick<KubeClient, 'raw'> => ({
      raw: async (method, path, options, signal) => {
        if (cutOff.has(identity)) return fail(localFailure('network', 'cut off'));
        const reply = await server.raw(method, path, options, signal);
        return method !== 'GET' && random.next() < 0.2 ? fail(localFailure('unknownOutcome', 'lost')) : reply;
      },
    });
    const leaders = new Set<string>();
    const acquired: number[] = [];
    const start = (identity: string) => {
      const one = aCandidate(identity, { client: through(identity) });
      return { identity, ...one };
    };
    let candidates = ['a', 'b', 'c'].map(start);
    let starts = 3;
    for (let turn = 0; turn < 400; turn++) {
      await clock.advance(random.next() * 2_000);
      if (random.next() < 0.1) {
        const name = candidates[Math.floor(random.next() * 3)]?.identity ?? '';
        if (!cutOff.delete(name)) cutOff.add(name);
      }
      const valid = candidates.filter((one) => one.elector.isValid());
      expect(valid.length).toBeLessThanOrEqual(1);
      for (const one of valid) leaders.add(one.identity);
      // Whoever lost exits and comes back as another process.
      candidates = candidates.map((one) => {
        if (!one.log.some((entry) => entry.startsWith('lost'))) return one;
        acquired.push(...epochs(one.log));
        return start(`p${starts++}`);
      });
    }
    expect(leaders.size).toBeGreaterThan(0);
    expect(new Set(acquired).size).toBe(acquired.length);
    for (const stop of running.splice(0)) await stop();
  }
});

test('timing without room is refused at once', () => {
  expect(() => aCandidate('a', { renewDeadlineMs: 3_000 })).toThrow(RangeError);
});
