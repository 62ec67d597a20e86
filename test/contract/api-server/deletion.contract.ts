import { describe, expect, test } from 'vitest';
import { type Ask, at, type Doc, isDoc, listAt, ok, refused, textAt } from './kit.ts';
import { configMap, corePath, gadget, gadgetPath, service } from './objects.ts';

/** How objects go: at once, held by finalizers, after their owners. */
export function deletionContract(open: (name: string) => Promise<Ask>): void {
  const isGone = async (ask: Ask, path: string): Promise<boolean> => (await ask.get(path)).status === 404;
  const ownedBy = (owner: Doc, extra: Doc = {}): Doc => ({
    ownerReferences: [
      { apiVersion: owner.apiVersion, kind: owner.kind, name: at(owner, 'metadata.name'), uid: at(owner, 'metadata.uid'), ...extra },
    ],
  });

  describe('DELETE', () => {
    test('answers with a Status that names what went', async () => {
      const ask = await open('delete');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(ok(await ask.delete(gadgetPath(ask.namespace, 'a')))).toMatchObject({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Success',
        details: { name: 'a', group: 'contract.sluice.test', kind: 'gadgets', uid: at(made, 'metadata.uid') },
      });
      expect(await isGone(ask, gadgetPath(ask.namespace, 'a'))).toBe(true);
    });

    test('of some kinds answers with the object', async () => {
      const ask = await open('delete-object');
      await ask.made(corePath(ask.namespace, 'services'), service('web'));
      expect(ok(await ask.delete(corePath(ask.namespace, 'services', 'web')))).toMatchObject({
        kind: 'Service',
        metadata: { name: 'web' },
      });
    });

    test.each(['query', 'body'])('as a dry run, asked for in the %s, leaves everything as it is', async (place) => {
      const ask = await open(`delete-dry-${place}`);
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const path = gadgetPath(ask.namespace, 'a');
      const answer = place === 'query' ? await ask.delete(path, undefined, { dryRun: 'All' }) : await ask.delete(path, { dryRun: ['All'] });
      expect(ok(answer)).toMatchObject({ status: 'Success', details: { name: 'a' } });
      expect(await isGone(ask, path)).toBe(false);
    });

    test('as a dry run of a kind that there is not is refused', async () => {
      const ask = await open('delete-dry-some');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      refused(await ask.delete(gadgetPath(ask.namespace, 'a'), { dryRun: ['Some'] }), 422, 'Invalid');
      expect(await isGone(ask, gadgetPath(ask.namespace, 'a'))).toBe(false);
    });

    test('of what is not there is 404', async () => {
      const ask = await open('delete-absent');
      refused(await ask.delete(gadgetPath(ask.namespace, 'a')), 404, 'NotFound');
    });

    test('with another uid or resourceVersion is a conflict', async () => {
      const ask = await open('preconditions');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const uid = textAt(made, 'metadata.uid');
      ok(await ask.patch(path, { spec: { size: 2 } }));
      expect(refused(await ask.delete(path, { preconditions: { uid: 'another' } }), 409, 'Conflict').message).toContain(
        `the UID in the precondition (another) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      );
      const resourceVersion = textAt(made, 'metadata.resourceVersion');
      expect(refused(await ask.delete(path, { preconditions: { uid, resourceVersion } }), 409, 'Conflict').message).toContain(
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record`,
      );
      ok(await ask.delete(path, { preconditions: { uid } }));
    });

    test('as a dry run deletes nothing', async () => {
      const ask = await open('delete-dry');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      ok(await ask.delete(gadgetPath(ask.namespace, 'a'), undefined, { dryRun: 'All' }));
      ok(await ask.get(gadgetPath(ask.namespace, 'a')));
    });

    test('of a collection takes the selected', async () => {
      const ask = await open('delete-all');
      for (const [name, app] of [
        ['a', 'x'],
        ['b', 'x'],
        ['c', 'y'],
      ] as const)
        await ask.made(gadgetPath(ask.namespace), gadget(name, {}, { labels: { app } }));
      ok(await ask.delete(gadgetPath(ask.namespace), undefined, { labelSelector: 'app=x' }));
      expect(listAt(ok(await ask.get(gadgetPath(ask.namespace))), 'items').map((item) => at(item, 'metadata.name'))).toEqual(['c']);
    });

    test('with an unknown policy is refused', async () => {
      const ask = await open('policy');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      refused(await ask.delete(gadgetPath(ask.namespace, 'a'), { propagationPolicy: 'Sideways' }), 422, 'Invalid');
    });
  });

  describe('finalizers', () => {
    const held = async (ask: Ask): Promise<string> => {
      await ask.made(gadgetPath(ask.namespace), gadget('a', {}, { finalizers: ['a.test/x', 'a.test/y'] }));
      return gadgetPath(ask.namespace, 'a');
    };

    test('hold an object that is deleted: it says since when, and its generation moves on', async () => {
      const ask = await open('held');
      const path = await held(ask);
      const object = ok(await ask.delete(path));
      expect(object).toMatchObject({
        kind: 'Gadget',
        metadata: { deletionGracePeriodSeconds: 0, generation: 2, finalizers: ['a.test/x', 'a.test/y'] },
      });
      expect(textAt(object, 'metadata.deletionTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const again = ok(await ask.delete(path));
      expect(at(again, 'metadata.resourceVersion')).toBe(at(object, 'metadata.resourceVersion'));
    });

    test('the last one that goes takes the object with it, and the answer is what was written', async () => {
      const ask = await open('released');
      const path = await held(ask);
      ok(await ask.delete(path));
      ok(await ask.patch(path, { metadata: { finalizers: ['a.test/y'] } }));
      expect(await isGone(ask, path)).toBe(false);
      const last = ok(await ask.patch(path, { metadata: { finalizers: null } }));
      expect(last).toMatchObject({ kind: 'Gadget', metadata: { name: 'a' } });
      expect(at(last, 'metadata.finalizers')).toBeUndefined();
      expect(await isGone(ask, path)).toBe(true);
    });

    test('none may be added while the object is going', async () => {
      const ask = await open('late-finalizer');
      const path = await held(ask);
      ok(await ask.delete(path));
      const reply = await ask.patch(path, { metadata: { finalizers: ['a.test/x', 'a.test/y', 'a.test/z'] } });
      expect(refused(reply, 422, 'Invalid').message).toContain(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.test/z"}',
      );
      ok(await ask.patch(path, { metadata: { finalizers: null } }));
    });

    test('an object that is going can be changed otherwise, and cannot be called back', async () => {
      const ask = await open('going');
      const path = await held(ask);
      const object = ok(await ask.delete(path));
      const after = ok(await ask.patch(path, { spec: { size: 4 }, metadata: { deletionTimestamp: null } }));
      expect(after).toMatchObject({ spec: { size: 4 } });
      expect(at(after, 'metadata.deletionTimestamp')).toBe(at(object, 'metadata.deletionTimestamp'));
      ok(await ask.patch(path, { metadata: { finalizers: null } }));
    });

    test('its name is taken until it is gone', async () => {
      const ask = await open('name-taken');
      const path = await held(ask);
      ok(await ask.delete(path));
      expect(refused(await ask.post(gadgetPath(ask.namespace), gadget('a')), 409, 'AlreadyExists').message).toBe(
        'object is being deleted: gadgets.contract.sluice.test "a" already exists',
      );
      ok(await ask.patch(path, { metadata: { finalizers: null } }));
    });

    test('a watcher sees the mark, then the end', async ({ onTestFinished }) => {
      const ask = await open('watch-end');
      const path = await held(ask);
      const resourceVersion = textAt(await ask.read(path), 'metadata.resourceVersion');
      const stream = await ask.server.watch({ method: 'GET', path: gadgetPath(ask.namespace), query: { watch: 'true', resourceVersion } });
      onTestFinished(() => stream.close());
      ok(await ask.delete(path));
      ok(await ask.patch(path, { metadata: { finalizers: null } }));
      const [marked, deleted] = [await stream.next(), await stream.next()];
      expect(marked).toMatchObject({ type: 'MODIFIED', object: { metadata: { deletionGracePeriodSeconds: 0 } } });
      expect(deleted?.type).toBe('DELETED');
    });
  });

  describe('owners', () => {
    const family = async (ask: Ask, extra: Doc = {}): Promise<Doc> => {
      const owner = await ask.made(gadgetPath(ask.namespace), gadget('owner'));
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('child', {}, ownedBy(owner, extra)));
      return owner;
    };
    const ownerPath = (ask: Ask) => gadgetPath(ask.namespace, 'owner');
    const childPath = (ask: Ask) => corePath(ask.namespace, 'configmaps', 'child');

    test('in the background: the owner goes at once, its dependents after it', async () => {
      const ask = await open('background');
      await family(ask);
      ok(await ask.delete(ownerPath(ask), { propagationPolicy: 'Background' }));
      expect(await isGone(ask, ownerPath(ask))).toBe(true);
      await ask.server.eventually('the dependent to go', () => isGone(ask, childPath(ask)));
    });

    test('in the foreground: the owner waits for the dependents that block it', async () => {
      const ask = await open('foreground');
      await family(ask, { blockOwnerDeletion: true });
      ok(await ask.patch(childPath(ask), { metadata: { finalizers: ['a.test/x'] } }));
      const object = ok(await ask.delete(ownerPath(ask), { propagationPolicy: 'Foreground' }));
      expect(at(object, 'metadata.finalizers')).toEqual(['foregroundDeletion']);
      await ask.server.eventually(
        'the dependent to be marked',
        async () => at(await ask.read(childPath(ask)), 'metadata.deletionTimestamp') !== undefined,
      );
      expect(await isGone(ask, ownerPath(ask))).toBe(false);
      ok(await ask.patch(childPath(ask), { metadata: { finalizers: null } }));
      await ask.server.eventually('the owner to go', () => isGone(ask, ownerPath(ask)));
    });

    test('as orphans the dependents stay, without their owner', async () => {
      const ask = await open('orphan');
      await family(ask);
      ok(await ask.delete(ownerPath(ask), { propagationPolicy: 'Orphan' }));
      await ask.server.eventually('the owner to go', () => isGone(ask, ownerPath(ask)));
      expect(at(await ask.read(childPath(ask)), 'metadata.ownerReferences')).toBeUndefined();
    });

    test('a dependent of two goes with the last', async () => {
      const ask = await open('two-owners');
      const [first, second] = [
        await ask.made(gadgetPath(ask.namespace), gadget('o1')),
        await ask.made(gadgetPath(ask.namespace), gadget('o2')),
      ];
      const ownerReferences = [first, second].flatMap((owner) => listAt(ownedBy(owner), 'ownerReferences'));
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('child', {}, { ownerReferences }));
      ok(await ask.delete(gadgetPath(ask.namespace, 'o1')));
      await ask.server.eventually(
        'the reference to go',
        async () => listAt(await ask.read(childPath(ask)), 'metadata.ownerReferences').length === 1,
      );
      ok(await ask.delete(gadgetPath(ask.namespace, 'o2')));
      await ask.server.eventually('the dependent to go', () => isGone(ask, childPath(ask)));
    });

    test('one whose owner never was goes too', async () => {
      const ask = await open('no-owner');
      const ghost = {
        apiVersion: 'contract.sluice.test/v1',
        kind: 'Gadget',
        metadata: { name: 'ghost', uid: '11111111-1111-4111-8111-111111111111' },
      };
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('child', {}, ownedBy(ghost)));
      await ask.server.eventually('it to go', () => isGone(ask, childPath(ask)));
    });

    test('one whose owner is of a kind that is not served stays', async () => {
      const ask = await open('strange-owner');
      const ghost = (apiVersion: string, kind: string) => ({
        ...{ apiVersion, kind },
        metadata: { name: 'ghost', uid: '22222222-1111-4111-8111-111111111111' },
      });
      const path = (name: string) => corePath(ask.namespace, 'configmaps', name);
      const strangers = { kind: ghost('contract.sluice.test/v1', 'Gizmo'), version: ghost('contract.sluice.test/v7', 'Gadget') };
      for (const [name, owner] of Object.entries(strangers))
        await ask.made(corePath(ask.namespace, 'configmaps'), configMap(name, {}, ownedBy(owner)));
      const known = {
        ...ghost('contract.sluice.test/v1', 'Gadget'),
        metadata: { name: 'ghost', uid: '33333333-1111-4111-8111-111111111111' },
      };
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('child', {}, ownedBy(known)));
      await ask.server.eventually('the one that came last to go', () => isGone(ask, childPath(ask)));
      for (const name of Object.keys(strangers)) expect(at(await ask.read(path(name)), 'metadata.name')).toBe(name);
    });
  });

  describe('a namespace', () => {
    test('goes with all that is in it; nothing new is taken meanwhile', async () => {
      const ask = await open('namespace');
      const path = `/api/v1/namespaces/${ask.namespace}`;
      await ask.made(gadgetPath(ask.namespace), gadget('a', {}, { finalizers: ['a.test/x'] }));
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('b'));
      const going = ok(await ask.delete(path));
      expect(going).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
      await ask.server.eventually(
        'the content to be marked',
        async () => at(await ask.read(gadgetPath(ask.namespace, 'a')), 'metadata.deletionTimestamp') !== undefined,
      );
      const late = await ask.post(corePath(ask.namespace, 'configmaps'), configMap('late'));
      expect(refused(late, 403, 'Forbidden').message).toContain(
        `unable to create new content in namespace ${ask.namespace} because it is being terminated`,
      );
      ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { metadata: { finalizers: null } }));
      await ask.server.eventually('the namespace to go', () => isGone(ask, path));
    });

    test('is born active, with its own name as a label', async ({ onTestFinished }) => {
      const ask = await open('namespace-new');
      const name = `${ask.namespace}-new`;
      onTestFinished(async () => {
        await ask.delete(`/api/v1/namespaces/${name}`);
      });
      const made = await ask.made('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      expect(made).toMatchObject({
        status: { phase: 'Active' },
        spec: { finalizers: ['kubernetes'] },
        metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      });
      expect(isDoc(made.metadata) && 'namespace' in made.metadata).toBe(false);
    });
  });
}
