import { describe, expect, test } from 'vitest';
import { type Ask, at, contentTypes, ok, refused } from './kit.ts';
import { appsPath, configMap, corePath, deployment, gadget, gadgetPath, service } from './objects.ts';

/** The four kinds of PATCH. */
export function patchesContract(open: (name: string) => Promise<Ask>): void {
  describe('merge patch', () => {
    test('merges objects, replaces lists, removes by null', async () => {
      const ask = await open('merge');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { options: { a: '1', b: '2' }, words: ['x', 'y'], name: 'abc' }));
      const after = ok(await ask.patch(path, { spec: { options: { a: null, c: '3' }, words: ['z'], name: null } }));
      expect(after).toMatchObject({ spec: { options: { b: '2', c: '3' }, words: ['z'] } });
      expect(at(after, 'spec.options.a')).toBeUndefined();
      expect(at(after, 'spec.name')).toBeUndefined();
    });

    test('a removed field that has a default comes back with it', async () => {
      const ask = await open('merge-default');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { size: 7 }));
      expect(at(ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: null } })), 'spec.size')).toBe(1);
    });

    test('needs no resourceVersion', async () => {
      const ask = await open('merge-blind');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: 2 } }));
    });

    test('with an old resourceVersion is a conflict, with the present one it goes through', async () => {
      const ask = await open('merge-versioned');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const now = ok(await ask.patch(path, { spec: { size: 2 } }));
      const patch = (object: unknown) =>
        ask.patch(path, { metadata: { resourceVersion: at(object, 'metadata.resourceVersion') }, spec: { size: 3 } });
      refused(await patch(made), 409, 'Conflict');
      expect(ok(await patch(now))).toMatchObject({ spec: { size: 3 } });
    });

    test('for another uid is refused', async () => {
      const ask = await open('merge-uid');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const reply = await ask.patch(gadgetPath(ask.namespace, 'a'), { metadata: { uid: 'another' }, spec: { size: 2 } });
      expect(refused(reply, 422, 'Invalid').message).toContain('metadata.uid: Invalid value: "another": field is immutable');
    });

    test('of a name is refused', async () => {
      const ask = await open('merge-name');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      refused(await ask.patch(gadgetPath(ask.namespace, 'a'), { metadata: { name: 'b' } }), 400, 'BadRequest');
    });

    test('of an object that does not exist is 404', async () => {
      const ask = await open('merge-absent');
      expect(refused(await ask.patch(gadgetPath(ask.namespace, 'a'), {}), 404, 'NotFound')).toMatchObject({
        message: 'gadgets.contract.sluice.test "a" not found',
        details: { name: 'a', group: 'contract.sluice.test', kind: 'gadgets' },
      });
    });

    test('must be an object', async () => {
      const ask = await open('merge-list');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      refused(await ask.patch(gadgetPath(ask.namespace, 'a'), [1]), 400, 'BadRequest');
    });
  });

  describe('JSON patch', () => {
    test('adds, replaces, removes, copies, moves', async () => {
      const ask = await open('json');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { words: ['x', 'y'], options: { a: '1' }, name: 'abc' }));
      const after = ok(
        await ask.patch(
          path,
          [
            { op: 'add', path: '/spec/words/-', value: 'z' },
            { op: 'add', path: '/spec/words/0', value: 'w' },
            { op: 'replace', path: '/spec/size', value: 5 },
            { op: 'remove', path: '/spec/name' },
            { op: 'copy', from: '/spec/options/a', path: '/spec/options/b~1c' },
            { op: 'move', from: '/spec/options/a', path: '/spec/options/d' },
          ],
          'json',
        ),
      );
      expect(after).toMatchObject({ spec: { words: ['w', 'x', 'y', 'z'], size: 5, options: { 'b/c': '1', d: '1' } } });
      expect(at(after, 'spec.name')).toBeUndefined();
      expect(at(after, 'spec.options.a')).toBeUndefined();
    });

    test('all or nothing: a failed test undoes the rest', async () => {
      const ask = await open('json-test');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const patch = (value: number) => [
        { op: 'replace', path: '/spec/size', value: 9 },
        { op: 'test', path: '/spec/mode', value: value === 1 ? 'open' : 'frozen' },
      ];
      refused(await ask.patch(path, patch(2), 'json'), 422, 'Invalid');
      expect(at(await ask.read(path), 'spec.size')).toBe(1);
      expect(at(ok(await ask.patch(path, patch(1), 'json')), 'spec.size')).toBe(9);
    });

    test('replaces a member that is not there, too', async () => {
      const ask = await open('json-absent');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const patched = ok(await ask.patch(path, [{ op: 'replace', path: '/spec/name', value: 'abc' }], 'json'));
      expect(at(patched, 'spec.name')).toBe('abc');
    });

    test('a test of resourceVersion is a guard', async () => {
      const ask = await open('json-guard');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const guard = [
        { op: 'test', path: '/metadata/resourceVersion', value: '1' },
        { op: 'replace', path: '/spec/size', value: 9 },
      ];
      refused(await ask.patch(path, guard, 'json'), 422, 'Invalid');
    });

    test.each([
      ['a path that is not there', { op: 'replace', path: '/spec/nothing/here', value: 1 }],
      ['a member that is not there', { op: 'remove', path: '/spec/name' }],
      ['an index beyond the end', { op: 'add', path: '/spec/words/7', value: 'x' }],
      ['an unknown operation', { op: 'increase', path: '/spec/size', value: 1 }],
    ])('%s is refused', async (_what, operation) => {
      const ask = await open('json-bad');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { words: ['x'] }));
      refused(await ask.patch(gadgetPath(ask.namespace, 'a'), [operation], 'json'), 422, 'Invalid');
    });

    test('must be a list', async () => {
      const ask = await open('json-object');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      refused(await ask.patch(gadgetPath(ask.namespace, 'a'), { op: 'add' }, 'json'), 400, 'BadRequest');
    });
  });

  describe('strategic merge patch', () => {
    const container = (ask: Ask) => appsPath(ask.namespace, 'deployments', 'web');
    const containers = (object: unknown) => at(object, 'spec.template.spec.containers');
    const template = (patch: unknown) => ({ spec: { template: { spec: patch } } });

    test('is not for custom resources', async () => {
      const ask = await open('strategic-custom');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const reply = await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: 2 } }, 'strategic');
      expect(refused(reply, 415, 'UnsupportedMediaType').message).toContain(contentTypes.merge);
    });

    test('merges lists by key', async () => {
      const ask = await open('strategic-key');
      await ask.made(appsPath(ask.namespace, 'deployments'), deployment('web'));
      const after = ok(
        await ask.patch(
          container(ask),
          template({
            containers: [
              { name: 'app', image: 'example.org/app:2' },
              { name: 'side', image: 'example.org/side:1' },
            ],
          }),
          'strategic',
        ),
      );
      expect(containers(after)).toMatchObject([
        { name: 'app', image: 'example.org/app:2', imagePullPolicy: 'IfNotPresent' },
        { name: 'side', image: 'example.org/side:1' },
      ]);
    });

    test('deletes an item by directive, and orders the rest', async () => {
      const ask = await open('strategic-delete');
      const env = ['A', 'B', 'C'].map((name) => ({ name, value: name }));
      const spec = {
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'example.org/app:1', env }] } },
      };
      await ask.made(appsPath(ask.namespace, 'deployments'), deployment('web', spec));
      const patch = {
        containers: [
          {
            name: 'app',
            env: [
              { name: 'B', $patch: 'delete' },
              { name: 'D', value: 'D' },
            ],
            '$setElementOrder/env': [{ name: 'D' }, { name: 'C' }, { name: 'A' }],
          },
        ],
      };
      const after = ok(await ask.patch(container(ask), template(patch), 'strategic'));
      expect(at(after, 'spec.template.spec.containers.0.env')).toEqual([
        { name: 'D', value: 'D' },
        { name: 'C', value: 'C' },
        { name: 'A', value: 'A' },
      ]);
    });

    test('removes members by null, replaces maps by directive', async () => {
      const ask = await open('strategic-map');
      await ask.made(corePath(ask.namespace, 'services'), service('web', { selector: { app: 'web', tier: 'x' } }, { labels: { a: '1' } }));
      const path = corePath(ask.namespace, 'services', 'web');
      const removed = ok(await ask.patch(path, { spec: { selector: { tier: null } } }, 'strategic'));
      expect(at(removed, 'spec.selector')).toEqual({ app: 'web' });
      const replaced = ok(await ask.patch(path, { metadata: { labels: { $patch: 'replace', b: '2' } } }, 'strategic'));
      expect(at(replaced, 'metadata.labels')).toEqual({ b: '2' });
    });

    test('takes finalizers from a list of texts by directive', async () => {
      const ask = await open('strategic-primitive');
      const path = corePath(ask.namespace, 'configmaps', 'a');
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a', {}, { finalizers: ['a.test/x', 'a.test/y'] }));
      const after = ok(await ask.patch(path, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.test/x'] } }, 'strategic'));
      expect(at(after, 'metadata.finalizers')).toEqual(['a.test/y']);
      ok(await ask.patch(path, { metadata: { finalizers: null } }));
    });
  });

  test('a PATCH of an unknown kind is 415', async () => {
    const ask = await open('patch-type');
    await ask.made(gadgetPath(ask.namespace), gadget('a'));
    const reply = await ask.server.send({
      method: 'PATCH',
      path: gadgetPath(ask.namespace, 'a'),
      body: {},
      headers: { 'content-type': 'application/json' },
    });
    refused(reply, 415, 'UnsupportedMediaType');
  });
}
