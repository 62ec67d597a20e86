import { describe, expect, test } from 'vitest';
import { type Ask, at, type Doc, listAt, ok, refused, textAt } from './kit.ts';
import { configMap, corePath, gadget, gadgetPath, trinketPath } from './objects.ts';

const names = (list: unknown): readonly string[] => listAt(list, 'items').map((item) => textAt(item, 'metadata.name'));

/** Reads: one object, lists, selections, pages, versions, forms. */
export function readsContract(open: (name: string) => Promise<Ask>): void {
  const withGadgets = async (name: string, ...gadgets: readonly (readonly [string, Doc?])[]): Promise<Ask> => {
    const ask = await open(name);
    for (const [gadgetName, labels = {}] of gadgets) await ask.made(gadgetPath(ask.namespace), gadget(gadgetName, {}, { labels }));
    return ask;
  };

  describe('what is not there', () => {
    test('an object: 404 with its name', async () => {
      const ask = await open('absent');
      expect(refused(await ask.get(gadgetPath(ask.namespace, 'a')), 404, 'NotFound')).toMatchObject({
        message: 'gadgets.contract.sluice.test "a" not found',
        details: { name: 'a', group: 'contract.sluice.test', kind: 'gadgets' },
      });
      expect(refused(await ask.get(corePath(ask.namespace, 'configmaps', 'a')), 404, 'NotFound')).toMatchObject({
        message: 'configmaps "a" not found',
        details: { name: 'a', kind: 'configmaps' },
      });
    });

    test('a namespace to read in: an empty list', async () => {
      const ask = await open('absent-namespace');
      expect(listAt(ok(await ask.get(gadgetPath(`${ask.namespace}-not`))), 'items')).toEqual([]);
    });

    test('a namespace to write in: 404', async () => {
      const ask = await open('absent-namespace-2');
      const reply = await ask.post(gadgetPath(`${ask.namespace}-not`), gadget('a'));
      expect(refused(reply, 404, 'NotFound').message).toBe(`namespaces "${ask.namespace}-not" not found`);
    });

    test('a kind, a version, a subresource: 404', async () => {
      const ask = await open('absent-kind');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      for (const path of [
        `/apis/contract.sluice.test/v1/namespaces/${ask.namespace}/widgets`,
        `/apis/contract.sluice.test/v7/namespaces/${ask.namespace}/gadgets`,
        gadgetPath(ask.namespace, 'a', 'nothing'),
        `/apis/nothing.sluice.test/v1/things`,
      ])
        expect((await ask.get(path)).status).toBe(404);
    });

    test('a verb: 405', async () => {
      const ask = await open('verb');
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a'));
      refused(await ask.post(corePath(ask.namespace, 'configmaps', 'a'), configMap('a')), 405, 'MethodNotAllowed');
      refused(await ask.put(corePath(ask.namespace, 'configmaps'), configMap('a')), 405, 'MethodNotAllowed');
    });
  });

  describe('bodies', () => {
    test('that are no JSON are refused', async () => {
      const ask = await open('no-json');
      refused(await ask.post(gadgetPath(ask.namespace), '{"kind":'), 400, 'BadRequest');
    });

    test('of another kind or version are refused', async () => {
      const ask = await open('other-kind');
      expect((await ask.post(gadgetPath(ask.namespace), configMap('a'))).status).toBe(400);
      const { message } = refused(
        await ask.post(gadgetPath(ask.namespace), { ...gadget('a'), apiVersion: 'contract.sluice.test/v1beta1' }),
        400,
        'BadRequest',
      );
      expect(message).toBe(
        'the API version in the data (contract.sluice.test/v1beta1) does not match the expected API version (contract.sluice.test/v1)',
      );
    });

    test('in YAML are read', async () => {
      const ask = await open('yaml');
      const body = 'apiVersion: contract.sluice.test/v1\nkind: Gadget\nmetadata:\n  name: a\nspec:\n  size: 4\n';
      const reply = await ask.server.send({
        method: 'POST',
        path: gadgetPath(ask.namespace),
        body,
        headers: { 'content-type': 'application/yaml' },
      });
      expect(ok(reply, 201)).toMatchObject({ spec: { size: 4 } });
    });

    test('beyond 1.5 MiB are not stored', async () => {
      const ask = await open('too-large');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', { free: { x: 'x'.repeat(1_700_000) } }));
      expect(reply).toMatchObject({ status: 500, body: { kind: 'Status', message: 'etcdserver: request is too large' } });
      ok(await ask.post(gadgetPath(ask.namespace), gadget('b', { free: { x: 'x'.repeat(1_400_000) } })), 201);
    });

    test('beyond 3 MiB are not read', async () => {
      const ask = await open('huge');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', { free: { x: 'x'.repeat(3_200_000) } }));
      expect(refused(reply, 413, 'RequestEntityTooLarge').message).toContain('limit is 3145728');
    });
  });

  describe('selectors', () => {
    test.each([
      ['app=a', ['one', 'three']],
      ['app==a', ['one', 'three']],
      ['app!=a', ['four', 'two']],
      ['app=a,tier=x', ['one']],
      ['app in (a,b)', ['one', 'three', 'two']],
      ['app notin (a)', ['four', 'two']],
      ['tier', ['one']],
      ['!tier', ['four', 'three', 'two']],
    ])('labels: %s', async (labelSelector, expected) => {
      const ask = await withGadgets('labels', ['one', { app: 'a', tier: 'x' }], ['two', { app: 'b' }], ['three', { app: 'a' }], ['four']);
      expect(names(ok(await ask.get(gadgetPath(ask.namespace), { labelSelector })))).toEqual(expected);
    });

    test('fields: metadata.name, and no others unless the kind has them', async () => {
      const ask = await withGadgets('fields', ['one'], ['two']);
      const path = gadgetPath(ask.namespace);
      expect(names(ok(await ask.get(path, { fieldSelector: 'metadata.name=one' })))).toEqual(['one']);
      expect(names(ok(await ask.get(path, { fieldSelector: 'metadata.name!=one' })))).toEqual(['two']);
      expect(refused(await ask.get(path, { fieldSelector: 'spec.size=1' }), 400, 'BadRequest').message).toContain(
        'field label not supported: spec.size',
      );
    });

    test('fields of events', async () => {
      const ask = await open('event-fields');
      const event = (name: string, about: string): Doc => ({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name },
        involvedObject: { kind: 'Gadget', name: about, namespace: ask.namespace },
        reason: 'Made',
        type: 'Normal',
      });
      await ask.made(corePath(ask.namespace, 'events'), event('e1', 'a'));
      await ask.made(corePath(ask.namespace, 'events'), event('e2', 'b'));
      const fieldSelector = `involvedObject.name=a,involvedObject.namespace=${ask.namespace},reason=Made`;
      expect(names(ok(await ask.get(corePath(ask.namespace, 'events'), { fieldSelector })))).toEqual(['e1']);
    });

    test('that cannot be read are refused', async () => {
      const ask = await open('bad-selector');
      for (const query of [{ labelSelector: 'a=b=c' }, { labelSelector: 'not ok' }, { fieldSelector: 'metadata.name' }])
        refused(await ask.get(gadgetPath(ask.namespace), query), 400, 'BadRequest');
    });
  });

  describe('lists', () => {
    test('have kind, version, and items in the order of names', async () => {
      const ask = await withGadgets('list', ['b'], ['a-1'], ['a']);
      const list = ok(await ask.get(gadgetPath(ask.namespace)));
      expect(list).toMatchObject({ kind: 'GadgetList', apiVersion: 'contract.sluice.test/v1' });
      expect(names(list)).toEqual(['a', 'a-1', 'b']);
      expect(textAt(list, 'metadata.resourceVersion')).toMatch(/^\d+$/);
    });

    test('over all namespaces', async () => {
      const ask = await withGadgets('list-all', ['only-here']);
      const list = ok(await ask.get('/apis/contract.sluice.test/v1/gadgets', { fieldSelector: `metadata.namespace=${ask.namespace}` }));
      expect(names(list)).toEqual(['only-here']);
    });

    test('of a built-in kind do not repeat it in each item; of a custom one they do', async () => {
      const ask = await withGadgets('list-kind', ['a']);
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a'));
      const maps = ok(await ask.get(corePath(ask.namespace, 'configmaps'), { fieldSelector: 'metadata.name=a' }));
      expect(maps).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
      expect(at(maps, 'items.0.kind')).toBeUndefined();
      expect(at(ok(await ask.get(gadgetPath(ask.namespace))), 'items.0.kind')).toBe('Gadget');
    });

    test('from a version: not older, exactly, any', async () => {
      const ask = await withGadgets('list-version', ['a']);
      const path = gadgetPath(ask.namespace);
      const before = textAt(ok(await ask.get(path)), 'metadata.resourceVersion');
      await ask.made(path, gadget('b'));
      expect(names(ok(await ask.get(path, { resourceVersion: before, resourceVersionMatch: 'Exact' })))).toEqual(['a']);
      expect(names(ok(await ask.get(path, { resourceVersion: before, resourceVersionMatch: 'NotOlderThan' })))).toEqual(['a', 'b']);
      expect(names(ok(await ask.get(path, { resourceVersion: before })))).toEqual(['a', 'b']);
      expect(names(ok(await ask.get(path, { resourceVersion: '0' })))).toContain('a');
    });

    test('from the future: 504, with a cause', async () => {
      const ask = await open('list-future');
      const reply = await ask.get(gadgetPath(ask.namespace), { resourceVersion: '999999999999', resourceVersionMatch: 'NotOlderThan' });
      expect(refused(reply, 504, 'Timeout')).toMatchObject({
        message: expect.stringContaining('Too large resource version: 999999999999, current: '),
        details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
      });
    });

    test('with options that contradict each other are refused', async () => {
      const ask = await open('list-options');
      for (const query of [
        { resourceVersionMatch: 'Exact' },
        { resourceVersion: '0', resourceVersionMatch: 'Exact' },
        { resourceVersion: '1', resourceVersionMatch: 'Older' },
        { sendInitialEvents: 'true' },
      ])
        refused(await ask.get(gadgetPath(ask.namespace), query), 422, 'Invalid');
    });
  });

  describe('pages', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => [name] as const);

    test('limit and continue give everything once, as of the first page', async () => {
      const ask = await withGadgets('pages', ...five);
      const path = gadgetPath(ask.namespace);
      const first = ok(await ask.get(path, { limit: '2' }));
      expect(names(first)).toEqual(['a', 'b']);
      expect(at(first, 'metadata.remainingItemCount')).toBe(3);
      ok(await ask.delete(gadgetPath(ask.namespace, 'd')));
      await ask.made(path, gadget('ca'));
      const second = ok(await ask.get(path, { limit: '2', continue: textAt(first, 'metadata.continue') }));
      expect(names(second)).toEqual(['c', 'd']);
      expect(at(second, 'metadata.resourceVersion')).toBe(at(first, 'metadata.resourceVersion'));
      const third = ok(await ask.get(path, { limit: '2', continue: textAt(second, 'metadata.continue') }));
      expect(names(third)).toEqual(['e']);
      expect(textAt(third, 'metadata.continue')).toBe('');
      expect(at(third, 'metadata.remainingItemCount')).toBeUndefined();
    });

    test('of a selection do not say how much is left', async () => {
      const ask = await withGadgets('pages-selected', ['a', { x: 'y' }], ['b', { x: 'y' }], ['c']);
      const first = ok(await ask.get(gadgetPath(ask.namespace), { limit: '1', labelSelector: 'x=y' }));
      expect(names(first)).toEqual(['a']);
      expect(textAt(first, 'metadata.continue')).not.toBe('');
      expect(at(first, 'metadata.remainingItemCount')).toBeUndefined();
    });

    test('are not cut from version 0, which a cache answers', async () => {
      const ask = await withGadgets('pages-cache', ...five);
      const query = { limit: '2', resourceVersion: '0' };
      await ask.server.eventually(
        'the cache to have all',
        async () => names(ok(await ask.get(gadgetPath(ask.namespace), query))).length === 5,
      );
    });

    test('do not go on from rubbish', async () => {
      const ask = await withGadgets('pages-bad', ['a']);
      refused(await ask.get(gadgetPath(ask.namespace), { limit: '2', continue: 'rubbish' }), 400, 'BadRequest');
    });

    test('expire: 410 with a token that goes on inconsistently', async (context) => {
      const ask = await withGadgets('pages-expired', ...five);
      const { compact } = ask.server;
      if (compact === undefined) return context.skip();
      const path = gadgetPath(ask.namespace);
      const first = ok(await ask.get(path, { limit: '2' }));
      await ask.made(path, gadget('ca'));
      await compact();
      const status = refused(await ask.get(path, { limit: '2', continue: textAt(first, 'metadata.continue') }), 410, 'Expired');
      expect(status.message).toContain('The provided continue parameter is too old to display a consistent list result.');
      const second = ok(await ask.get(path, { continue: textAt(status, 'metadata.continue') }));
      expect(names(second)).toEqual(['c', 'ca', 'd', 'e']);
    });

    test('an exact version that is gone: 410', async (context) => {
      const ask = await withGadgets('exact-expired', ['a']);
      const { compact } = ask.server;
      if (compact === undefined) return context.skip();
      const resourceVersion = textAt(ok(await ask.get(gadgetPath(ask.namespace))), 'metadata.resourceVersion');
      await ask.made(gadgetPath(ask.namespace), gadget('b'));
      await compact();
      refused(await ask.get(gadgetPath(ask.namespace), { resourceVersion, resourceVersionMatch: 'Exact' }), 410, 'Expired');
    });
  });

  describe('forms', () => {
    const accept = (as: string) => ({ accept: `application/json;as=${as};v=v1;g=meta.k8s.io,application/json` });

    test('a table has the columns of the definition and a row for each object', async () => {
      const ask = await open('table');
      const spec = { mode: 'frozen', size: 3, flag: true, when: '2026-01-01T00:00:00Z' };
      await ask.made(gadgetPath(ask.namespace), gadget('a', spec));
      ok(await ask.patch(gadgetPath(ask.namespace, 'a', 'status'), { status: { conditions: [{ type: 'Ready', status: 'True' }] } }));
      const table = ok(await ask.get(gadgetPath(ask.namespace), {}, accept('Table')));
      expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      expect(listAt(table, 'columnDefinitions').map(({ name, type, priority }) => [name, type, priority])).toEqual([
        ['Name', 'string', 0],
        ['Mode', 'string', 0],
        ['Size', 'integer', 0],
        ['Flag', 'boolean', 0],
        ['Ready', 'string', 0],
        ['When', 'date', 1],
        ['Age', 'date', 0],
      ]);
      expect(at(table, 'columnDefinitions.2.description')).toBe('How big it is.');
      expect(at(table, 'columnDefinitions.1.description')).toBe('Custom resource definition column (in JSONPath format): .spec.mode');
      expect(at(table, 'columnDefinitions.0.format')).toBe('name');
      const cells = at(table, 'rows.0.cells');
      expect(cells).toEqual(['a', 'frozen', 3, true, 'True', expect.stringMatching(/^\d+[sdhmy]/), expect.stringMatching(/^\d+s$/)]);
      expect(at(table, 'rows.0.object')).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'a' },
      });
    });

    test('a column without a value is null', async () => {
      const ask = await withGadgets('table-null', ['a']);
      const table = ok(await ask.get(gadgetPath(ask.namespace), {}, accept('Table')));
      expect(at(table, 'rows.0.cells.4')).toBe(null);
    });

    test('a table carries what is asked of each object', async () => {
      const ask = await withGadgets('table-include', ['a']);
      const whole = ok(await ask.get(gadgetPath(ask.namespace), { includeObject: 'Object' }, accept('Table')));
      expect(at(whole, 'rows.0.object')).toMatchObject({ kind: 'Gadget', spec: { size: 1 } });
      const none = ok(await ask.get(gadgetPath(ask.namespace), { includeObject: 'None' }, accept('Table')));
      expect(at(none, 'rows.0.object')).toBe(null);
    });

    test('a single object is a table of one row; a kind without columns has Name and Age', async ({ onTestFinished }) => {
      const ask = await withGadgets('table-one', ['a']);
      expect(listAt(ok(await ask.get(gadgetPath(ask.namespace, 'a'), {}, accept('Table'))), 'rows')).toHaveLength(1);
      const name = `t-${ask.namespace}`;
      onTestFinished(async () => {
        await ask.delete(trinketPath(name));
      });
      await ask.made(trinketPath(), { apiVersion: 'contract.sluice.test/v1', kind: 'Trinket', metadata: { name } });
      const table = ok(await ask.get(trinketPath(name), {}, accept('Table')));
      expect(listAt(table, 'columnDefinitions').map((column) => column.name)).toEqual(['Name', 'Age']);
    });

    test.each([
      ['/api/v1/namespaces', ['Name', 'Status', 'Age']],
      ['/api/v1/services', ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector']],
      ['/api/v1/pods', ['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP', 'Node', 'Nominated Node', 'Readiness Gates']],
      ['/api/v1/configmaps', ['Name', 'Data', 'Age']],
      ['/api/v1/secrets', ['Name', 'Type', 'Data', 'Age']],
      ['/api/v1/endpoints', ['Name', 'Endpoints', 'Age']],
      ['/api/v1/events', ['Last Seen', 'Type', 'Reason', 'Object', 'Subobject', 'Source', 'Message', 'First Seen', 'Count', 'Name']],
      ['/apis/apps/v1/deployments', ['Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers', 'Images', 'Selector']],
      ['/apis/apps/v1/replicasets', ['Name', 'Desired', 'Current', 'Ready', 'Age', 'Containers', 'Images', 'Selector']],
      ['/apis/autoscaling/v2/horizontalpodautoscalers', ['Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age']],
      ['/apis/coordination.k8s.io/v1/leases', ['Name', 'Holder', 'Age']],
      ['/apis/discovery.k8s.io/v1/endpointslices', ['Name', 'AddressType', 'Ports', 'Endpoints', 'Age']],
      ['/apis/rbac.authorization.k8s.io/v1/rolebindings', ['Name', 'Role', 'Age', 'Users', 'Groups', 'ServiceAccounts']],
      ['/apis/sluice.dev/v1alpha1/rollouts', ['Name', 'Phase', 'Step', 'Weight', 'Message', 'Age', 'Stable', 'Canary']],
      ['/apis/sluice.dev/v1alpha1/analysistemplates', ['Name', 'Age']],
      ['/apis/split.smi-spec.io/v1alpha2/trafficsplits', ['Name', 'Service']],
    ])('the columns of %s', async (path, columns) => {
      const ask = await open('columns');
      const table = ok(await ask.get(path, {}, accept('Table')));
      expect(listAt(table, 'columnDefinitions').map((column) => column.name)).toEqual(columns);
    });

    test('metadata alone', async () => {
      const ask = await withGadgets('metadata', ['a', { x: 'y' }]);
      const list = ok(await ask.get(gadgetPath(ask.namespace), {}, accept('PartialObjectMetadataList')));
      expect(list).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      expect(listAt(list, 'items')[0]).toMatchObject({ metadata: { name: 'a', labels: { x: 'y' } } });
      expect(listAt(list, 'items')[0]).not.toHaveProperty('spec');
      const one = ok(await ask.get(gadgetPath(ask.namespace, 'a'), {}, accept('PartialObjectMetadata')));
      expect(one).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    });

    test('that are not served: 406', async () => {
      const ask = await withGadgets('not-acceptable', ['a']);
      expect((await ask.get(gadgetPath(ask.namespace), {}, { accept: 'text/html' })).status).toBe(406);
    });
  });

  describe('versions of a kind', () => {
    test('show the same object under another name', async () => {
      const ask = await withGadgets('versions', ['a']);
      const beta = await ask.read(gadgetPath(ask.namespace, 'a', undefined, 'v1beta1'));
      expect(beta).toMatchObject({ apiVersion: 'contract.sluice.test/v1beta1', kind: 'Gadget', spec: { size: 1 } });
      ok(await ask.patch(gadgetPath(ask.namespace, 'a', undefined, 'v1beta1'), { spec: { size: 5 } }));
      const now = await ask.read(gadgetPath(ask.namespace, 'a'));
      expect(now).toMatchObject({ apiVersion: 'contract.sluice.test/v1', spec: { size: 5 }, metadata: { generation: 2 } });
    });

    test('a TrafficSplit is written in one version and read in another', async () => {
      const ask = await open('split-versions');
      const path = (version: string, name = '') => `/apis/split.smi-spec.io/${version}/namespaces/${ask.namespace}/trafficsplits${name}`;
      const backends = [
        { service: 'web-b', weight: 10 },
        { service: 'web-a', weight: 90 },
      ];
      const split = {
        apiVersion: 'split.smi-spec.io/v1alpha2',
        kind: 'TrafficSplit',
        metadata: { name: 'web' },
        spec: { service: 'web', backends },
      };
      await ask.made(path('v1alpha2'), split);
      for (const version of ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'])
        expect(await ask.read(path(version, '/web'))).toMatchObject({
          apiVersion: `split.smi-spec.io/${version}`,
          spec: { service: 'web', backends },
        });
    });
  });
}
