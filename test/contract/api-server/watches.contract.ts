import { describe, expect, test } from 'vitest';
import { type Ask, at, type ContractWatch, type Doc, ok, type Query, refused, textAt, type WatchEvent } from './kit.ts';
import { gadget, gadgetPath } from './objects.ts';

const shown = (event: WatchEvent | undefined): string => `${event?.type ?? 'end'} ${textAt(event?.object, 'metadata.name')}`;

/** Watches: from where, of what, until when. */
export function watchesContract(open: (name: string) => Promise<Ask>): void {
  const watch = (ask: Ask, query: Query, headers: Readonly<Record<string, string>> = {}): Promise<ContractWatch> =>
    ask.server.watch({ method: 'GET', path: gadgetPath(ask.namespace), query: { watch: 'true', ...query }, headers });
  const version = async (ask: Ask): Promise<string> => textAt(ok(await ask.get(gadgetPath(ask.namespace))), 'metadata.resourceVersion');
  const take = async (stream: ContractWatch, count: number): Promise<readonly (WatchEvent | undefined)[]> => {
    const events = [];
    for (let left = count; left > 0; left--) events.push(await stream.next());
    return events;
  };

  test('from a version: every later write, in order, with its version', async ({ onTestFinished }) => {
    const ask = await open('watch');
    await ask.made(gadgetPath(ask.namespace), gadget('before'));
    const stream = await watch(ask, { resourceVersion: await version(ask) });
    onTestFinished(() => stream.close());
    const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
    const changed = ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: 2 } }));
    ok(await ask.delete(gadgetPath(ask.namespace, 'a')));
    const [added, modified, deleted] = await take(stream, 3);
    expect([added, modified, deleted].map(shown)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(added?.object).toEqual(made);
    expect(modified?.object).toEqual(changed);
    expect(at(deleted?.object, 'spec.size')).toBe(2);
    expect(BigInt(textAt(deleted?.object, 'metadata.resourceVersion'))).toBeGreaterThan(
      BigInt(textAt(changed, 'metadata.resourceVersion')),
    );
  });

  test('a watch can begin in the past and catches up', async ({ onTestFinished }) => {
    const ask = await open('watch-past');
    const before = await version(ask);
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: 2 } }));
    const stream = await watch(ask, { resourceVersion: before });
    onTestFinished(() => stream.close());
    expect((await take(stream, 2)).map(shown)).toEqual(['ADDED a', 'MODIFIED a']);
  });

  test.each([
    ['without a version', {}],
    ['from version 0', { resourceVersion: '0' }],
  ] as const)('%s: what there is, then what comes', async (_how, query) => {
    const ask = await open('watch-now');
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    await ask.made(gadgetPath(ask.namespace), gadget('b'));
    await ask.server.eventually('the cache to be up to date', async () => {
      const list = ok(await ask.get(gadgetPath(ask.namespace), { resourceVersion: '0' }));
      return (at(list, 'items') as readonly unknown[]).length === 2;
    });
    const stream = await watch(ask, query);
    expect((await take(stream, 2)).map(shown).toSorted()).toEqual(['ADDED a', 'ADDED b']);
    ok(await ask.delete(gadgetPath(ask.namespace, 'a')));
    expect(shown(await stream.next())).toBe('DELETED a');
    stream.close();
  });

  test('a list as a stream: what there is, a bookmark that says so, then what comes', async ({ onTestFinished }) => {
    const ask = await open('watch-list');
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    const stream = await watch(ask, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' });
    onTestFinished(() => stream.close());
    expect(shown(await stream.next())).toBe('ADDED a');
    const bookmark = await stream.next();
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Gadget', apiVersion: 'contract.sluice.test/v1', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(textAt(bookmark?.object, 'metadata.resourceVersion')).toMatch(/^[1-9]\d*$/);
    await ask.made(gadgetPath(ask.namespace), gadget('b'));
    expect(shown(await stream.next())).toBe('ADDED b');
  });

  test('an empty list as a stream is its bookmark', async ({ onTestFinished }) => {
    const ask = await open('watch-list-empty');
    const stream = await watch(ask, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' });
    onTestFinished(() => stream.close());
    expect((await stream.next())?.type).toBe('BOOKMARK');
  });

  test('options that contradict each other are refused before the stream', async () => {
    const ask = await open('watch-options');
    const path = gadgetPath(ask.namespace);
    for (const query of [
      { sendInitialEvents: 'true', allowWatchBookmarks: 'true' },
      { resourceVersionMatch: 'NotOlderThan', resourceVersion: '1' },
    ]) {
      const stream = await ask.server.watch({ method: 'GET', path, query: { watch: 'true', ...query } });
      expect(stream.status).toBe(422);
      stream.close();
    }
  });

  test('objects enter and leave a selection', async ({ onTestFinished }) => {
    const ask = await open('watch-select');
    const path = gadgetPath(ask.namespace, 'a');
    const stream = await watch(ask, { resourceVersion: await version(ask), labelSelector: 'app=x' });
    onTestFinished(() => stream.close());
    await ask.made(gadgetPath(ask.namespace), gadget('a', {}, { labels: { app: 'y' } }));
    ok(await ask.patch(path, { metadata: { labels: { app: 'x' } } }));
    ok(await ask.patch(path, { spec: { size: 2 } }));
    const left = ok(await ask.patch(path, { metadata: { labels: { app: 'y' } }, spec: { size: 3 } }));
    ok(await ask.patch(path, { metadata: { labels: { app: 'x' } } }));
    ok(await ask.delete(path));
    const events = await take(stream, 5);
    expect(events.map(shown)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a']);
    // What leaves is told as it last was inside, at the version at which it left.
    expect(events[2]?.object).toMatchObject({
      spec: { size: 2 },
      metadata: { labels: { app: 'x' }, resourceVersion: at(left, 'metadata.resourceVersion') },
    });
  });

  test('one object by its name', async ({ onTestFinished }) => {
    const ask = await open('watch-one');
    const stream = await watch(ask, { resourceVersion: await version(ask), fieldSelector: 'metadata.name=b' });
    onTestFinished(() => stream.close());
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    await ask.made(gadgetPath(ask.namespace), gadget('b'));
    expect(shown(await stream.next())).toBe('ADDED b');
  });

  test('the path of one object has no watch: it answers with the object', async () => {
    const ask = await open('watch-path');
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    expect(ok(await ask.get(gadgetPath(ask.namespace, 'a'), { watch: 'true' }))).toMatchObject({ kind: 'Gadget', metadata: { name: 'a' } });
  });

  test('ends in peace after timeoutSeconds', async () => {
    const ask = await open('watch-timeout');
    const stream = await watch(ask, { resourceVersion: await version(ask), timeoutSeconds: '1' });
    expect(await stream.next()).toBeUndefined();
  });

  test('a version that is too old: 410, inside the stream', async () => {
    const ask = await open('watch-gone');
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    await ask.server.compact?.();
    const stream = await watch(ask, { resourceVersion: '1' });
    expect(stream.status).toBe(200);
    const event = await stream.next();
    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', status: 'Failure' } });
    expect(textAt(event?.object, 'message')).toMatch(/^too old resource version: 1 \(\d+\)$/);
    expect(await stream.next()).toBeUndefined();
  });

  test('a watch of what does not exist: 404', async () => {
    const ask = await open('watch-absent');
    const path = `/apis/contract.sluice.test/v1/namespaces/${ask.namespace}/widgets`;
    const stream = await ask.server.watch({ method: 'GET', path, query: { watch: 'true' } });
    expect(stream.status).toBe(404);
    stream.close();
  });

  describe('forms', () => {
    const accept = (as: string) => ({ accept: `application/json;as=${as};v=v1;g=meta.k8s.io,application/json` });

    test('as a table: columns once, a row for each event', async ({ onTestFinished }) => {
      const ask = await open('watch-table');
      const stream = await watch(ask, { resourceVersion: await version(ask) }, accept('Table'));
      onTestFinished(() => stream.close());
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      await ask.made(gadgetPath(ask.namespace), gadget('b'));
      const [first, second] = await take(stream, 2);
      expect(first).toMatchObject({ type: 'ADDED', object: { kind: 'Table', rows: [{ cells: expect.arrayContaining(['a']) }] } });
      expect(Array.isArray(at(first?.object, 'columnDefinitions'))).toBe(true);
      expect(at(second?.object, 'columnDefinitions')).toBe(null);
      expect(at(second?.object, 'rows.0.cells.0')).toBe('b');
    });

    test('as metadata', async ({ onTestFinished }) => {
      const ask = await open('watch-metadata');
      const stream = await watch(ask, { resourceVersion: await version(ask) }, accept('PartialObjectMetadata'));
      onTestFinished(() => stream.close());
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const event = await stream.next();
      expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } });
      expect(event?.object).not.toHaveProperty('spec');
    });
  });

  test('a watch through another version tells objects of that version', async ({ onTestFinished }) => {
    const ask = await open('watch-version');
    const path = gadgetPath(ask.namespace, undefined, undefined, 'v1beta1');
    const stream = await ask.server.watch({ method: 'GET', path, query: { watch: 'true', resourceVersion: await version(ask) } });
    onTestFinished(() => stream.close());
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    expect((await stream.next())?.object).toMatchObject({ apiVersion: 'contract.sluice.test/v1beta1' } satisfies Doc);
  });

  test('a refusal of a watch is a Status', async () => {
    const ask = await open('watch-status');
    refused(
      await ask.get(gadgetPath(ask.namespace), { watch: 'true', resourceVersionMatch: 'Exact', resourceVersion: '1' }),
      422,
      'Invalid',
    );
  });
}
