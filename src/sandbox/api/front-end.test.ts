import { describe, expect, test } from 'vitest';
import type { ApiWatch, WatchOpening } from './port.ts';
import { create, read, resize, sizeOf, smallServer, things, versionOf, watchFrom } from './testing/server.ts';

const opened = (opening: WatchOpening): ApiWatch => {
  if (opening.kind === 'refused') throw new Error(`refused: ${opening.answer.status}`);
  return opening.watch;
};
const drain = (watch: ApiWatch): readonly string[] => {
  const events = [];
  for (let event = watch.next(); event !== undefined; event = watch.next()) events.push(`${event.type} ${String(sizeOf(event.object))}`);
  return events;
};

describe('a front end that lags', () => {
  const start = () => {
    const small = smallServer();
    const version = versionOf(small.server.request(create('a')).body);
    return { ...small, version, other: small.server.frontEnd() };
  };

  test('reads what was, while writes through it go to what is', () => {
    const { server, other } = start();
    other.end.lag = 2;
    server.request(resize('a', 2));
    server.request(resize('a', 3));
    server.request(resize('a', 4));
    expect(sizeOf(other.port.request(read('a')).body)).toBe(2);
    expect(sizeOf(server.request(read('a')).body)).toBe(4);
    expect(sizeOf(other.port.request(resize('a', 5)).body)).toBe(5);
    expect(sizeOf(other.port.request(read('a')).body)).toBe(3);
  });

  test('gives a version that a write by it is refused for', () => {
    const { server, other } = start();
    other.end.lag = 1;
    server.request(resize('a', 2));
    const stale = versionOf(other.port.request(read('a')).body);
    expect(other.port.request(resize('a', 3, stale)).status).toBe(409);
  });

  test('lists as of then, deleted objects still there, new ones not yet', () => {
    const { server, other } = start();
    other.end.lag = 2;
    server.request(create('b'));
    server.request({ method: 'DELETE', path: `${things}/a` });
    const names = (body: unknown) =>
      (body as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }).items.map((item) => item.metadata.name);
    const list = { method: 'GET', path: things } as const;
    expect(names(other.port.request(list).body)).toEqual(['a']);
    expect(names(server.request(list).body)).toEqual(['b']);
    other.end.lag = 0;
    expect(names(other.port.request(list).body)).toEqual(['b']);
  });

  test('tells its watchers late, and all at once when it catches up', () => {
    const { server, other, version } = start();
    other.end.lag = 2;
    const watch = opened(other.port.watch(watchFrom(version), () => {}));
    server.request(resize('a', 2));
    server.request(resize('a', 3));
    expect(drain(watch)).toEqual([]);
    server.request(resize('a', 4));
    expect(drain(watch)).toEqual(['MODIFIED 2']);
    other.end.lag = 0;
    expect(drain(watch)).toEqual(['MODIFIED 3', 'MODIFIED 4']);
  });

  test('never goes back itself: a growing lag holds it where it is', () => {
    const { server, other } = start();
    server.request(resize('a', 2));
    other.end.lag = 5;
    expect(sizeOf(other.port.request(read('a')).body)).toBe(2);
    server.request(resize('a', 3));
    expect(sizeOf(other.port.request(read('a')).body)).toBe(2);
  });

  test('a watcher that comes from a newer one hears nothing twice', () => {
    const { server, other } = start();
    other.end.lag = 2;
    server.request(resize('a', 2));
    const version = versionOf(server.request(resize('a', 3)).body);
    const watch = opened(other.port.watch(watchFrom(version), () => {}));
    server.request(resize('a', 4));
    other.end.lag = 0;
    expect(drain(watch)).toEqual(['MODIFIED 4']);
  });

  test('a list that must not be older than what it has read is refused', () => {
    const { server, other } = start();
    other.end.lag = 2;
    const version = versionOf(server.request(resize('a', 2)).body);
    const list = { method: 'GET', path: things, query: { resourceVersion: version, resourceVersionMatch: 'NotOlderThan' } } as const;
    expect(other.port.request(list)).toMatchObject({ status: 504, headers: { 'retry-after': '1' } });
    expect(server.request(list).status).toBe(200);
  });

  test('watchers of writes that were compacted before it read them must begin anew', () => {
    const { server, other, version } = start();
    other.end.lag = 3;
    const watch = opened(other.port.watch(watchFrom(version), () => {}));
    server.request(resize('a', 2));
    server.request(resize('a', 3));
    server.store.compact();
    other.end.lag = 0;
    expect([drain(watch), watch.isOver()]).toEqual([[], true]);
  });
});

describe('time in a watch', () => {
  test('bookmarks come each minute, with the newest version', async () => {
    const { server, clock } = smallServer();
    const version = versionOf(server.request(create('a')).body);
    const watch = opened(
      server.watch(
        {
          ...watchFrom(version),
          query: { watch: true, resourceVersion: version, allowWatchBookmarks: true, fieldSelector: 'metadata.name=other' },
        },
        () => {},
      ),
    );
    const newest = versionOf(server.request(resize('a', 2)).body);
    await clock.advance(60_000);
    const event = watch.next();
    expect(event).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Thing', metadata: { resourceVersion: newest } } });
    await clock.advance(60_000);
    expect(watch.next()?.type).toBe('BOOKMARK');
    watch.close();
    expect(clock.pendingTimers).toBe(0);
  });

  test('without asking there are none', async () => {
    const { server, clock } = smallServer();
    const watch = opened(
      server.watch({ method: 'GET', path: things, query: { watch: true, resourceVersion: String(server.store.revision) } }, () => {}),
    );
    await clock.advance(600_000);
    expect(watch.next()).toBeUndefined();
  });

  test('a watch without a time-out of its own ends within an hour', async () => {
    const { server, clock } = smallServer();
    const watch = opened(server.watch(watchFrom(String(server.store.revision)), () => {}));
    await clock.advance(1_799_000);
    expect(watch.isOver()).toBe(false);
    await clock.advance(1_801_000);
    expect(watch.isOver()).toBe(true);
  });

  test('the watcher is told that something waits once, not for each event', () => {
    const { server } = smallServer();
    let calls = 0;
    const watch = opened(server.watch(watchFrom(String(server.store.revision)), () => (calls += 1)));
    server.request(create('a'));
    server.request(create('b'));
    expect(calls).toBe(1);
    drain(watch);
    server.request(create('c'));
    expect(calls).toBe(2);
  });
});
