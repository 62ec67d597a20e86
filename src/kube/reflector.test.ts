import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeenRequest } from './testing/fake-api.ts';
import { line } from './testing/fake-api.ts';
import { aBench, advanceUntil, allWidgets, aReflector, type Bench, eventually, type Watched } from './testing/support.ts';

let bench: Bench;
let watched: Watched | undefined;
const isWatch = (request: SeenRequest) => request.isWatch;
const isPlainWatch = (request: SeenRequest) => request.isWatch && request.query.sendInitialEvents === undefined;
const isInitial = (request: SeenRequest) => request.query.sendInitialEvents !== undefined;

beforeEach(async () => {
  bench = await aBench();
  watched = undefined;
});
afterEach(async () => {
  await watched?.stop();
  await bench.end();
});

async function live(options?: Parameters<typeof aReflector>[1]): Promise<Watched> {
  watched = aReflector(bench, options);
  const { reflector } = watched;
  await advanceUntil(bench.clock, () => reflector.hasSynced && bench.api.openWatches === 1, 100);
  return watched;
}

const names = ({ store }: Watched) =>
  store
    .list()
    .map((widget) => widget.name)
    .sort();
const heals = async (subject: Watched) => {
  bench.api.put(allWidgets, 'afterwards');
  await advanceUntil(bench.clock, () => subject.store.get('default/afterwards') !== undefined);
};

describe('in good weather', () => {
  test('shows what exists in one request, then follows', async () => {
    bench.api.put(allWidgets, 'a', { size: 1 });
    const subject = await live();
    expect(names(subject)).toEqual(['a']);
    bench.api.put(allWidgets, 'a', { size: 2 });
    bench.api.put(allWidgets, 'b');
    bench.api.remove(allWidgets, 'b');
    await eventually(() => subject.changes.length === 4);
    expect(subject.changes.map(({ type, key }) => `${type} ${key}`)).toEqual([
      'added default/a',
      'updated default/a',
      'added default/b',
      'deleted default/b',
    ]);
    expect(bench.api.requests).toHaveLength(1);
    expect(bench.api.requests[0]?.query).toMatchObject({
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    const seconds = Number(bench.api.requests[0]?.query.timeoutSeconds);
    expect(seconds).toBeGreaterThanOrEqual(240);
    expect(seconds).toBeLessThanOrEqual(480);
  });

  test('a clean close is followed at once by a watch from the last version', async () => {
    const subject = await live();
    bench.api.put(allWidgets, 'x');
    await eventually(() => subject.store.size === 1);
    const version = bench.api.version;
    bench.api.cutWatches();
    await eventually(() => bench.api.requests.length === 2);
    expect(bench.api.requests[1]?.query.resourceVersion).toBe(version);
    await heals(subject);
    expect(subject.reflector.health()).toMatchObject({ restarts: 1, relists: 0 });
  });

  test('a bookmark moves the version from which the next watch starts', async () => {
    const subject = await live();
    await bench.clock.advance(10_000);
    bench.api.bookmark();
    await eventually(() => subject.reflector.health().lastContactMs === bench.clock.monotonicMs());
    bench.api.cutWatches();
    await eventually(() => bench.api.requests.length === 2);
    expect(bench.api.requests[1]?.query.resourceVersion).toBe(bench.api.version);
  });

  test('after half an hour a restart lists anew and repairs what no event told', async () => {
    bench.api.put(allWidgets, 'ghost');
    const subject = await live();
    bench.api.remove(allWidgets, 'ghost', { silently: true });
    await bench.clock.advance(95_000);
    for (let minutes = 0; minutes < 38; minutes++) {
      bench.api.bookmark();
      await eventually(() => subject.reflector.health().lastContactMs === bench.clock.monotonicMs());
      await bench.clock.advance(60_000);
    }
    bench.api.cutWatches();
    await eventually(() => subject.store.size === 0, 'the repair');
    expect(subject.reflector.health()).toMatchObject({ relists: 1, repairs: 1 });
    expect(subject.changes.at(-1)).toMatchObject({ type: 'deleted', key: 'default/ghost' });
  });
});

describe('faults of the first request', () => {
  test.each([500, 429, 403, 503, 401, 410])('HTTP %i, then heals', async (status) => {
    bench.api.put(allWidgets, 'a');
    bench.api.fault(() => true, { kind: 'status', status }, 3);
    const subject = await live();
    expect(names(subject)).toEqual(['a']);
    expect(subject.reflector.health().failing).toBeUndefined();
    await heals(subject);
  });

  test('a broken connection, then heals', async () => {
    bench.api.fault(() => true, { kind: 'reset' }, 3);
    await heals(await live());
  });

  test('a server that is not there yet', async () => {
    const { port } = bench.api;
    await bench.api.stop();
    watched = aReflector(bench);
    const { reflector } = watched;
    await advanceUntil(bench.clock, () => reflector.health().failing?.kind === 'network');
    await bench.api.start(port);
    await advanceUntil(bench.clock, () => reflector.hasSynced);
    await heals(watched);
  });

  test('Retry-After is honoured', async () => {
    bench.api.fault(() => true, { kind: 'status', status: 429, headers: { 'retry-after': '25' } });
    watched = aReflector(bench);
    const { reflector } = watched;
    await eventually(() => reflector.health().failing?.kind === 'tooManyRequests');
    const before = bench.clock.monotonicMs();
    await advanceUntil(bench.clock, () => reflector.hasSynced);
    expect(bench.clock.monotonicMs() - before).toBeGreaterThanOrEqual(25_000);
  });

  test('a missing CRD is no failure for ever: the watch starts when it is installed', async () => {
    bench.api.fault(() => true, { kind: 'status', status: 404 }, 8);
    watched = aReflector(bench);
    const { reflector } = watched;
    await eventually(() => reflector.health().isMissing);
    await advanceUntil(bench.clock, () => bench.api.requests.length === 8, 5_000);
    const asked = bench.api.requests.length;
    const before = bench.clock.monotonicMs();
    await advanceUntil(bench.clock, () => reflector.hasSynced, 5_000);
    expect(bench.api.requests.length).toBeLessThanOrEqual(asked + 2);
    expect(bench.clock.monotonicMs() - before).toBeLessThanOrEqual(40_000);
    expect(reflector.health().isMissing).toBe(false);
  });
});

describe('faults of a running watch', () => {
  test.each([500, 429, 403])('HTTP %i on the reconnect, then heals', async (status) => {
    const subject = await live();
    bench.api.fault(isWatch, { kind: 'status', status }, 2);
    bench.api.cutWatches('reset');
    await heals(subject);
    expect(subject.reflector.health().relists).toBe(0);
  });

  test('a broken connection continues from the last version', async () => {
    const subject = await live();
    bench.api.cutWatches('reset');
    bench.api.put(allWidgets, 'missed');
    await advanceUntil(bench.clock, () => subject.store.size === 1);
    expect(bench.api.requests.filter(isInitial)).toHaveLength(1);
  });

  test('410 as a status lists anew', async () => {
    bench.api.put(allWidgets, 'gone');
    const subject = await live();
    bench.api.cutWatches('reset');
    bench.api.remove(allWidgets, 'gone');
    bench.api.put(allWidgets, 'new');
    bench.api.compact();
    await advanceUntil(bench.clock, () => names(subject).join() === 'new');
    expect(subject.reflector.health().relists).toBe(1);
  });

  test('410 inside the stream lists anew, though the stream stays open', async () => {
    const subject = await live();
    bench.api.sendToWatches(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
    await advanceUntil(bench.clock, () => subject.reflector.health().relists === 1);
    await heals(subject);
  });

  test('another ERROR inside the stream continues from the last version', async () => {
    const subject = await live();
    bench.api.sendToWatches(line('ERROR', { kind: 'Status', code: 500, message: 'etcd' }));
    await advanceUntil(bench.clock, () => bench.api.requests.length === 2);
    await heals(subject);
    expect(subject.reflector.health().relists).toBe(0);
  });

  test.each(['garbage', 'truncated'])('a %s line reconnects', async (kind) => {
    const subject = await live();
    bench.api.fault(isPlainWatch, { kind: 'text', text: kind === 'garbage' ? 'not json\n' : '{"type":"ADDED","obj', end: 'close' });
    bench.api.cutWatches('reset');
    await heals(subject);
    expect(subject.store.size).toBe(1);
  });

  test('a silent stream is left after 100 s', async () => {
    const subject = await live();
    await bench.clock.advance(99_000);
    expect(bench.api.requests).toHaveLength(1);
    await bench.clock.advance(2_000);
    await eventually(() => bench.api.requests.length === 2);
    await heals(subject);
  });

  test('a server that closes every watch at once is not hammered', async () => {
    const subject = await live();
    bench.api.fault(isPlainWatch, { kind: 'text', text: '', end: 'close' }, 1_000);
    bench.api.cutWatches('reset');
    const before = bench.api.requests.length;
    const startMs = bench.clock.monotonicMs();
    await advanceUntil(bench.clock, () => bench.clock.monotonicMs() - startMs > 120_000, 1_000);
    expect(bench.api.requests.length - before).toBeLessThan(40);
    expect(subject.reflector.health().failing?.reason).toBe('ShortWatch');
  });

  test('stop while connecting leaves nothing behind', async () => {
    const subject = await live();
    bench.api.fault(isWatch, { kind: 'hang' }, 10);
    bench.api.cutWatches('reset');
    await advanceUntil(bench.clock, () => bench.api.requests.length === 2);
    const count = subject.changes.length;
    await subject.stop();
    bench.api.put(allWidgets, 'ghost');
    await bench.clock.advance(200_000);
    expect(subject.changes).toHaveLength(count);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('what begins to fail, and is live again, is told once each', async () => {
    const told: (string | undefined)[] = [];
    const subject = await live({ onHealth: (failing) => told.push(failing?.kind) });
    expect(told).toEqual([]);
    bench.api.fault(isPlainWatch, { kind: 'status', status: 403 }, 3);
    bench.api.cutWatches('close');
    await heals(subject);
    expect(told.filter((kind) => kind !== 'protocol')).toEqual(['forbidden', undefined]);
  });
});
