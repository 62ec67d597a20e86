import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeenRequest } from './testing/fake-api.ts';
import { line } from './testing/fake-api.ts';
import { aBench, advanceUntil, allWidgets, aReflector, type Bench, eventually, type Watched } from './testing/support.ts';

let bench: Bench;
let watched: Watched | undefined;
const isInitial = (request: SeenRequest) => request.query.sendInitialEvents !== undefined;
const isList = (request: SeenRequest) => request.isList;

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

const heals = async (subject: Watched) => {
  bench.api.put(allWidgets, 'afterwards');
  await advanceUntil(bench.clock, () => subject.store.get('default/afterwards') !== undefined);
};

describe('never back in time', () => {
  test('a list older than what was seen is refused', async () => {
    bench.api.put(allWidgets, 'a', { size: 'new' });
    const subject = await live();
    const stale = { metadata: { name: 'a', namespace: 'default', uid: 'uid-a', resourceVersion: '5' }, size: 'old' };
    const end = { metadata: { resourceVersion: '6', annotations: { 'k8s.io/initial-events-end': 'true' } } };
    const zombie = { metadata: { name: 'zombie', namespace: 'default', uid: 'uid-z', resourceVersion: '4' } };
    const text = line('ADDED', stale) + line('ADDED', zombie) + line('BOOKMARK', end);
    bench.api.fault(isInitial, { kind: 'text', text, end: 'silence' });
    bench.api.sendToWatches(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
    await advanceUntil(bench.clock, () => bench.api.requests.filter(isInitial).length === 3);
    await heals(subject);
    expect(subject.reflector.health().relists).toBe(1);
    expect(subject.store.get('default/a')?.size).toBe('new');
    expect(subject.changes.map((change) => change.key)).toEqual(['default/a', 'default/afterwards']);
  });

  test('nor are stale pages taken', async () => {
    bench.api.watchList = 'refused';
    bench.api.put(allWidgets, 'a', { size: 'new' });
    const subject = await live();
    bench.api.fault(isList, { kind: 'status', status: 200, body: { kind: 'List', metadata: { resourceVersion: '6' }, items: [] } });
    bench.api.sendToWatches(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
    await advanceUntil(bench.clock, () => subject.reflector.health().relists === 1);
    expect(subject.changes.map((change) => change.type)).toEqual(['added']);
  });

  test('an object older than the stored one is ignored', async () => {
    bench.api.put(allWidgets, 'a', { size: 'new' });
    const subject = await live();
    bench.api.sendToWatches(
      line('MODIFIED', { metadata: { name: 'a', namespace: 'default', uid: 'uid-a', resourceVersion: '5' }, size: 'old' }),
    );
    await heals(subject);
    expect(subject.store.get('default/a')?.size).toBe('new');
  });

  test('an object that was replaced under its name while we looked away is deleted, then added', async () => {
    bench.api.put(allWidgets, 'a', {}, 'first');
    const subject = await live();
    bench.api.cutWatches('reset');
    bench.api.remove(allWidgets, 'a');
    bench.api.put(allWidgets, 'a', {}, 'second');
    bench.api.compact();
    await advanceUntil(bench.clock, () => subject.store.get('default/a')?.uid === 'second');
    expect(subject.changes.map((change) => change.type)).toEqual(['added', 'deleted', 'added']);
  });
});

test('what a relist brings as it is known is not projected again', async () => {
  const projected: string[] = [];
  for (const name of ['a', 'b']) bench.api.put(allWidgets, name);
  const subject = await live({
    project: ({ metadata: { name, uid, resourceVersion } }) => {
      projected.push(name);
      return { name, uid, resourceVersion, size: 0 };
    },
  });
  const known = subject.store.get('default/b');
  bench.api.put(allWidgets, 'a');
  await eventually(() => projected.length === 3);
  bench.api.sendToWatches(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
  await advanceUntil(bench.clock, () => subject.reflector.health().relists === 1);
  expect(projected).toEqual(['a', 'b', 'a']);
  expect(subject.store.get('default/b')).toBe(known);
});

describe('servers without WatchList', () => {
  test('a refusal falls back to pages, for good', async () => {
    bench.api.watchList = 'refused';
    for (let index = 0; index < 1_201; index++) bench.api.put(allWidgets, `w${index}`);
    const subject = await live();
    expect(subject.store.size).toBe(1_201);
    expect(bench.api.requests.filter(isList)).toHaveLength(3);
    bench.api.compact();
    bench.api.put(allWidgets, 'later');
    bench.api.compact();
    bench.api.cutWatches('reset');
    await advanceUntil(bench.clock, () => subject.reflector.health().relists === 1);
    expect(bench.api.requests.filter(isInitial)).toHaveLength(1);
  });

  test('silence about it falls back to pages', async () => {
    bench.api.watchList = 'ignored';
    bench.api.put(allWidgets, 'a');
    await heals(await live());
  });

  test('an expired continue token starts anew in one piece', async () => {
    bench.api.watchList = 'refused';
    bench.api.expiresTokens = true;
    for (let index = 0; index < 700; index++) bench.api.put(allWidgets, `w${index}`);
    const subject = await live();
    expect(subject.store.size).toBe(700);
    expect(bench.api.requests.filter(isList).map((request) => request.query.limit)).toEqual(['500', '500', undefined]);
  });
});

describe('handlers', () => {
  test('a throwing handler and a throwing projection harm nobody', async () => {
    const errors: string[] = [];
    bench.api.put(allWidgets, 'poison');
    const subject = await live({
      project: ({ metadata }) => {
        if (metadata.name === 'poison') throw new Error('cannot read');
        const { name, uid, resourceVersion } = metadata;
        return { name, uid, resourceVersion, size: 0 };
      },
      onChange: () => {
        throw new Error('boom');
      },
      log: { debug() {}, info() {}, warn() {}, error: (_fields, message) => errors.push(message) },
    });
    await heals(subject);
    expect(errors).toContain('a projection threw');
    expect(errors).toContain('a change handler threw');
  });

  test('an object that the projection leaves out does not exist', async () => {
    const subject = await live({
      project: ({ metadata: { name, uid, resourceVersion }, size }) =>
        size === 'small' ? undefined : { name, uid, resourceVersion, size },
    });
    bench.api.put(allWidgets, 'a', { size: 'big' });
    await eventually(() => subject.store.size === 1);
    bench.api.put(allWidgets, 'a', { size: 'small' });
    await eventually(() => subject.store.size === 0);
    expect(subject.changes.map((change) => change.type)).toEqual(['added', 'deleted']);
  });
});

describe('our own writes', () => {
  test('are read back at once from the answer, and not announced twice', async () => {
    bench.api.put(allWidgets, 'a', { size: 1 });
    const subject = await live();
    const ref = { namespace: 'default', name: 'a' };
    const reply = await bench.client.patch(subject.reflector.resource, ref, { size: 2 }, { type: 'merge' });
    if (!reply.ok) throw new Error('the patch failed');
    subject.reflector.absorb(reply.value);
    expect(subject.store.get('default/a')?.size).toBe(2);
    await heals(subject);
    expect(subject.changes.filter((change) => change.type === 'updated')).toHaveLength(1);
  });

  test('an answer that comes after the deletion does not bring the object back', async () => {
    bench.api.put(allWidgets, 'a', { size: 1 });
    const subject = await live();
    const reply = await bench.client.patch(subject.reflector.resource, { namespace: 'default', name: 'a' }, { size: 2 }, { type: 'merge' });
    if (!reply.ok) throw new Error('the patch failed');
    bench.api.remove(allWidgets, 'a');
    await eventually(() => subject.store.size === 0);
    subject.reflector.absorb(reply.value);
    expect(subject.store.size).toBe(0);
  });
});

test('of a list that was asked for past the watch what is not known enters only where the watch has brought nothing newer', async () => {
  const subject = await live();
  await heals(subject);
  // Its event was lost.
  const lost = { metadata: { name: 'lost', namespace: 'default', uid: 'u', resourceVersion: '1' } };
  subject.reflector.absorb(lost);
  subject.reflector.absorb(lost, '1');
  expect(subject.store.get('default/lost')).toBeUndefined();
  subject.reflector.absorb(lost, bench.api.version);
  expect(subject.store.get('default/lost')).toMatchObject({ uid: 'u' });
});
