import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/index.ts';
import { type ApiPort, createApiServer, createDirectClient } from '../api/index.ts';
import { type ConfigMap, resources } from '../objects/index.ts';
import { StepClock } from '../time/index.ts';
import { after, again, done, Informers, type Outcome, Worker } from './index.ts';

function watching() {
  const clock = new StepClock();
  const server = createApiServer({ clock, random: seededRandom(1) });
  let isDown = false;
  const port: ApiPort = {
    request: (request) => (isDown ? { status: 503, headers: {}, body: '' } : server.request(request)),
    watch: (request, onReady) => server.watch(request, onReady),
  };
  const informers = new Informers({ port, clock, headers: {} });
  const informer = informers.of<ConfigMap>(resources.configMaps);
  const seen: string[] = [];
  informer.onChange(({ type, key, object, before }) =>
    seen.push(`${type} ${key} ${before?.data?.v ?? ''}>${type === 'deleted' ? '' : object.data?.v}`),
  );
  const client = createDirectClient(server);
  const put = (name: string, v: string) => {
    const ref = { namespace: 'default', name };
    if (client.get(resources.configMaps, ref) === undefined) client.create(resources.configMaps, { metadata: ref, data: { v } });
    else client.patch(resources.configMaps, ref, { data: { v } });
  };
  const setDown = (is: boolean) => {
    isDown = is;
  };
  const remove = (name: string) => client.delete(resources.configMaps, { namespace: 'default', name });
  return { clock, server, informers, informer, seen, put, remove, setDown };
}

describe('an informer', () => {
  test('tells what there is, then what changes, from the clock and never within a write', () => {
    const { clock, seen, put, remove } = watching();
    put('a', '1');
    expect(seen).toEqual([]);
    clock.runFor(0);
    put('a', '2');
    put('b', '1');
    remove('a');
    expect(seen).toEqual(['added default/a >1']);
    clock.runFor(0);
    expect(seen.slice(1)).toEqual(['modified default/a 1>2', 'added default/b >1', 'deleted default/a 2>']);
  });

  test('is as new as the server once it was asked to be', () => {
    const { clock, informers, informer, put } = watching();
    clock.runFor(0);
    put('a', '1');
    expect(informer.get('default/a')).toBeUndefined();
    informers.sync();
    expect(informer.get('default/a')?.data).toEqual({ v: '1' });
  });

  test('finds out what it missed when its watch ends and the past is compacted', () => {
    const { clock, server, seen, put, remove } = watching();
    put('a', '1');
    put('b', '1');
    clock.runFor(0);
    seen.length = 0;
    clock.runFor(3_600_000);
    put('a', '2');
    remove('b');
    put('c', '1');
    server.store.compact();
    clock.runFor(3_600_000);
    expect(seen.toSorted()).toEqual(['added default/c >1', 'deleted default/b 1>', 'modified default/a 1>2']);
  });

  test('tries again while the server is down', () => {
    const { clock, seen, put, setDown } = watching();
    put('a', '1');
    setDown(true);
    clock.runFor(10_500);
    expect(seen).toEqual([]);
    setDown(false);
    clock.runFor(1_000);
    expect(seen).toEqual(['added default/a >1']);
  });

  test('is shared by all who ask for one resource', () => {
    const { informers, informer } = watching();
    expect(informers.of(resources.configMaps)).toBe(informer);
    expect(informers.of(resources.secrets)).not.toBe(informer);
  });
});

describe('a worker', () => {
  function working(outcomeOf: (key: string, turn: number) => Outcome) {
    const clock = new StepClock();
    const turns: [string, number][] = [];
    const worker = new Worker({
      ...{ clock, delayMs: () => 10, sync: () => {} },
      work: (key) => {
        turns.push([key, clock.monotonicMs()]);
        return outcomeOf(key, turns.filter(([known]) => known === key).length);
      },
    });
    return { clock, worker, turns };
  }

  test('takes each key once, however often it was named', () => {
    const { clock, worker, turns } = working(() => done);
    for (const key of ['a', 'b', 'a', 'a']) worker.add(key);
    clock.runFor(1_000);
    expect(turns).toEqual([
      ['a', 10],
      ['b', 10],
    ]);
  });

  test('retries what failed later and later, and comes back when it was asked to', () => {
    const { clock, worker, turns } = working((_, turn) => (turn < 4 ? again : turn === 4 ? after(500) : done));
    worker.add('a');
    clock.runFor(10_000);
    // 5, 10 and 20 ms after the failures, then 500, each with its 10 ms of delay.
    expect(turns.map(([, atMs]) => atMs)).toEqual([10, 25, 45, 75, 585]);
  });

  test('heeds the earliest of several times', () => {
    const { clock, worker, turns } = working(() => done);
    worker.addAfter('a', 500);
    worker.addAfter('a', 100);
    worker.addAfter('a', 300);
    clock.runFor(1_000);
    expect(turns).toEqual([['a', 110]]);
  });
});
