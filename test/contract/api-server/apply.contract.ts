import { describe, expect, test } from 'vitest';
import { type Ask, at, type Doc, isDoc, listAt, ok, refused } from './kit.ts';
import { appsPath, configMap, corePath, deployment, gadget, gadgetPath, service } from './objects.ts';

/** Who manages what of the object: `manager/operation[/subresource]` and the fields. */
function managers(object: Doc): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    listAt(object, 'metadata.managedFields').map((entry) => [
      [entry.manager, entry.operation, entry.subresource].filter((part) => part !== undefined && part !== '').join('/'),
      entry.fieldsV1,
    ]),
  );
}

/** Server-side apply: owners of fields, conflicts, force. */
export function applyContract(open: (name: string) => Promise<Ask>): void {
  const path = (ask: Ask) => gadgetPath(ask.namespace, 'a');
  const apply = (ask: Ask, spec: Doc, manager: string, query: Readonly<Record<string, string>> = {}) =>
    ask.apply(path(ask), gadget('a', spec), manager, query);
  const force = { force: 'true' };

  describe('managers', () => {
    test('an applier owns what it wrote, not the defaults', async () => {
      const ask = await open('ssa-owner');
      const object = ok(
        await apply(ask, { size: 3, options: { a: '1' }, parts: [{ name: 'x', color: 'red' }], words: ['w'], pair: { left: 'l' } }, 'one'),
        201,
      );
      expect(managers(object)).toEqual({
        'one/Apply': {
          'f:spec': {
            'f:size': {},
            'f:options': { 'f:a': {} },
            'f:parts': { 'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:color': {} } },
            'f:words': { 'v:"w"': {} },
            'f:pair': {},
          },
        },
      });
      expect(listAt(object, 'metadata.managedFields')[0]).toMatchObject({ apiVersion: 'contract.sluice.test/v1', fieldsType: 'FieldsV1' });
      expect(String(at(object, 'metadata.managedFields.0.time'))).toMatch(/^\d{4}-.*Z$/);
    });

    test('a creator owns all, defaults too', async () => {
      const ask = await open('ssa-create');
      const object = await ask.made(gadgetPath(ask.namespace), gadget('a', { options: { a: '1' } }, { labels: { x: 'y' } }), {
        fieldManager: 'maker',
      });
      expect(managers(object)).toEqual({
        'maker/Update': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
          'f:spec': { '.': {}, 'f:size': {}, 'f:mode': {}, 'f:nested': { '.': {}, 'f:deep': {} }, 'f:options': { '.': {}, 'f:a': {} } },
        },
      });
    });

    test('a patch takes what it changes, and nothing else', async () => {
      const ask = await open('ssa-patch');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { size: 2, name: 'abc' }), { fieldManager: 'maker' });
      const object = ok(await ask.patch(path(ask), { spec: { size: 3, name: 'abc' } }, 'merge', { fieldManager: 'patcher' }));
      expect(managers(object)).toMatchObject({ 'patcher/Update': { 'f:spec': { 'f:size': {} } } });
      expect(at(managers(object)['maker/Update'], 'f:spec')).not.toHaveProperty('f:size');
      expect(at(managers(object)['maker/Update'], 'f:spec')).toHaveProperty('f:name');
    });

    test('a program is its own manager where it names none', async () => {
      const ask = await open('ssa-agent');
      const reply = await ask.server.send({
        method: 'POST',
        path: gadgetPath(ask.namespace),
        body: gadget('a'),
        headers: { 'content-type': 'application/json', 'user-agent': 'gadgeteer/v1.2 (linux)' },
      });
      expect(Object.keys(managers(ok(reply, 201)))).toEqual(['gadgeteer/Update']);
    });

    test('status has managers of its own', async () => {
      const ask = await open('ssa-status');
      await ask.made(gadgetPath(ask.namespace), gadget('a'), { fieldManager: 'maker' });
      const object = ok(await ask.patch(`${path(ask)}/status`, { status: { seen: 1 } }, 'merge', { fieldManager: 'watcher' }));
      expect(managers(object)['watcher/Update/status']).toEqual({ 'f:status': { 'f:seen': {} } });
      const applied = ok(await ask.apply(`${path(ask)}/status`, { ...gadget('a', {}), status: { phase: 'Ready' } }, 'applier'));
      expect(applied).toMatchObject({ status: { seen: 1, phase: 'Ready' }, spec: { size: 1 } });
      expect(managers(applied)['applier/Apply/status']).toEqual({ 'f:status': { 'f:phase': {} } });
    });

    test('scaling takes spec.replicas', async () => {
      const ask = await open('ssa-scale');
      ok(await apply(ask, { replicas: 1 }, 'one'), 201);
      ok(await ask.patch(`${path(ask)}/scale`, { spec: { replicas: 4 } }, 'merge', { fieldManager: 'scaler' }));
      const object = await ask.read(path(ask));
      expect(managers(object)['scaler/Update/scale']).toEqual({ 'f:spec': { 'f:replicas': {} } });
      expect(managers(object)).not.toHaveProperty('one/Apply');
      expect(refused(await apply(ask, { replicas: 1 }, 'one'), 409, 'Conflict').message).toContain(
        'conflict with "scaler" with subresource "scale"',
      );
    });

    test('who scales to nothing owns nothing, and nobody owns the count after that', async () => {
      const ask = await open('ssa-scale-zero');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { replicas: 2 }), { fieldManager: 'maker' });
      ok(await ask.patch(`${path(ask)}/scale`, { spec: { replicas: 0 } }, 'merge', { fieldManager: 'scaler' }));
      const object = await ask.read(path(ask));
      expect(Object.keys(managers(object))).toEqual(['maker/Update']);
      expect(at(managers(object)['maker/Update'], 'f:spec')).not.toHaveProperty('f:replicas');
      ok(await ask.patch(`${path(ask)}/scale`, { spec: { replicas: 3 } }, 'merge', { fieldManager: 'scaler' }));
      expect(Object.keys(managers(await ask.read(path(ask))))).toEqual(['maker/Update']);
    });

    const scaleOf = (replicas: number) => ({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'a' },
      spec: { replicas },
    });

    test('the scale of a Deployment can be applied, and taken by force', async () => {
      const ask = await open('ssa-scale-apply');
      const target = appsPath(ask.namespace, 'deployments', 'a');
      await ask.made(appsPath(ask.namespace, 'deployments'), deployment('a', { replicas: 0 }), { fieldManager: 'maker' });
      const refusal = refused(await ask.apply(`${target}/scale`, scaleOf(4), 'scaler'), 409, 'Conflict');
      expect(refusal.message).toContain('conflict with "maker" using autoscaling/v1');
      ok(await ask.apply(`${target}/scale`, scaleOf(4), 'scaler', force));
      const object = await ask.read(target);
      expect(object).toMatchObject({ spec: { replicas: 4 } });
      expect(managers(object)['scaler/Apply/scale']).toEqual({ 'f:spec': { 'f:replicas': {} } });
    });

    test('the scale of a custom resource can be applied as it is, and not changed that way', async () => {
      const ask = await open('ssa-scale-custom');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { replicas: 2 }), { fieldManager: 'maker' });
      refused(await ask.apply(`${path(ask)}/scale`, scaleOf(4), 'scaler'), 409, 'Conflict');
      const failure = refused(await ask.apply(`${path(ask)}/scale`, scaleOf(4), 'scaler', force), 500);
      expect(failure.message).toBe(
        'failed to convert new object (/a; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1',
      );
      refused(await ask.apply(`${path(ask)}/scale`, { ...scaleOf(2), kind: 'Gadget' }, 'scaler'), 400, 'BadRequest');
      ok(await ask.apply(`${path(ask)}/scale`, scaleOf(2), 'scaler'));
      expect(managers(await ask.read(path(ask)))['scaler/Apply/scale']).toEqual({ 'f:spec': { 'f:replicas': {} } });
    });

    test('nor at all while nobody owns its count', async () => {
      const ask = await open('ssa-scale-absent');
      await ask.made(gadgetPath(ask.namespace), gadget('a'), { fieldManager: 'maker' });
      const failure = refused(await ask.apply(`${path(ask)}/scale`, scaleOf(2), 'scaler', force), 500);
      expect(failure.message).toBe(
        'failed to create manager for existing fields: failed to convert live object (/; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1',
      );
    });

    test('a null that becomes a map was nobody’s map', async () => {
      const ask = await open('ssa-null');
      ok(await apply(ask, { free: { any: null } }, 'one'), 201);
      const shared = ok(await apply(ask, { free: { any: { deep: 1 } } }, 'two'));
      expect(at(shared, 'spec.free')).toEqual({ any: { deep: 1 } });
    });

    test('a null says nothing of a map that is there, and takes what is no map', async () => {
      const ask = await open('ssa-null-map');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { free: { any: { deep: 1 }, text: 'k' } }), { fieldManager: 'maker' });
      const applied = ok(await apply(ask, { free: { any: null, text: null } }, 'one', force));
      expect(at(applied, 'spec.free')).toEqual({ any: { deep: 1 }, text: null });
    });

    test('a list that is never left out is nobody’s as a whole', async () => {
      const ask = await open('ssa-containers');
      const made = await ask.made(appsPath(ask.namespace, 'deployments'), deployment('a', { replicas: 0 }), { fieldManager: 'maker' });
      const containers = at(managers(made)['maker/Update'], 'f:spec.f:template.f:spec.f:containers');
      expect(Object.keys(containers as object)).toEqual(['k:{"name":"app"}']);
    });

    test('defaults that depend on other fields are the creator’s too', async () => {
      const ask = await open('ssa-dependent');
      const made = await ask.made(corePath(ask.namespace, 'services'), service('a'), { fieldManager: 'maker' });
      expect(JSON.stringify(managers(made)['maker/Update'])).toContain('"f:targetPort":{}');
      const deployed = await ask.made(appsPath(ask.namespace, 'deployments'), deployment('a'), { fieldManager: 'maker' });
      const spec = at(managers(deployed)['maker/Update'], 'f:spec');
      expect(spec).toMatchObject({ 'f:strategy': { 'f:type': {}, 'f:rollingUpdate': { 'f:maxSurge': {} } } });
      expect(JSON.stringify(spec)).toContain('"f:imagePullPolicy":{}');
    });

    test('they can be forgotten: by one empty entry, or of Kubernetes’ own kinds by an empty list', async () => {
      const ask = await open('ssa-forget');
      const forget = async (target: string, made: Doc, managedFields: unknown) =>
        at(ok(await ask.put(target, { ...made, metadata: { ...(made.metadata as object), managedFields } })), 'metadata.managedFields');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(await forget(path(ask), made, [{}])).toBeUndefined();
      const map = await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a'));
      expect(await forget(corePath(ask.namespace, 'configmaps', 'a'), map, [])).toBeUndefined();
    });

    test('who is not tracked stays so, until somebody applies', async () => {
      const ask = await open('ssa-untracked');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a', { size: 2 }));
      ok(await ask.put(path(ask), { ...made, metadata: { ...(made.metadata as object), managedFields: [{}] } }));
      expect(at(ok(await ask.patch(path(ask), { spec: { size: 3 } })), 'metadata.managedFields')).toBeUndefined();
      const conflict = refused(await apply(ask, { size: 4 }, 'one'), 409, 'Conflict');
      expect(conflict.message).toContain('conflict with "before-first-apply" using contract.sluice.test/v1');
      expect(Object.keys(managers(ok(await apply(ask, { size: 3 }, 'one'))))).toEqual(['one/Apply', 'before-first-apply/Update']);
    });
  });

  describe('conflicts', () => {
    test('another value for what another applier owns: 409 with the fields', async () => {
      const ask = await open('ssa-conflict');
      ok(await apply(ask, { size: 3, name: 'abc' }, 'one'), 201);
      const status = refused(await apply(ask, { size: 4, name: 'abc' }, 'two'), 409, 'Conflict');
      expect(status.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.size');
      expect(at(status, 'details.causes')).toEqual([
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.size' },
      ]);
      expect(await ask.read(path(ask))).toMatchObject({ spec: { size: 3 } });
    });

    test('several are told together', async () => {
      const ask = await open('ssa-conflicts');
      ok(await apply(ask, { size: 3, parts: [{ name: 'x', color: 'red' }] }, 'one'), 201);
      const { message } = refused(await apply(ask, { size: 4, parts: [{ name: 'x', color: 'blue' }] }, 'two'), 409, 'Conflict');
      expect(message).toContain('Apply failed with 2 conflicts: conflicts with "one":\n');
      expect(message).toContain('- .spec.size');
      expect(message).toContain('- .spec.parts[name="x"].color');
    });

    test('with who changed a field by a patch, too', async () => {
      const ask = await open('ssa-conflict-update');
      ok(await apply(ask, { size: 3 }, 'one'), 201);
      ok(await ask.patch(path(ask), { spec: { size: 5 } }, 'merge', { fieldManager: 'patcher' }));
      expect(refused(await apply(ask, { size: 3 }, 'one'), 409, 'Conflict').message).toMatch(
        /^Apply failed with 1 conflict: conflict with "patcher" using contract\.sluice\.test\/v1( at [^ ]+)?: \.spec\.size$/,
      );
    });

    test('the same value is shared', async () => {
      const ask = await open('ssa-share');
      ok(await apply(ask, { size: 3 }, 'one'), 201);
      const object = ok(await apply(ask, { size: 3 }, 'two'));
      expect(Object.keys(managers(object)).toSorted()).toEqual(['one/Apply', 'two/Apply']);
    });

    test('force takes the fields over', async () => {
      const ask = await open('ssa-force');
      ok(await apply(ask, { size: 3, name: 'abc' }, 'one'), 201);
      const object = ok(await apply(ask, { size: 4 }, 'two', force));
      expect(object).toMatchObject({ spec: { size: 4, name: 'abc' } });
      expect(managers(object)).toEqual({ 'one/Apply': { 'f:spec': { 'f:name': {} } }, 'two/Apply': { 'f:spec': { 'f:size': {} } } });
    });

    test('with the first owner of an object that was not applied', async () => {
      const ask = await open('ssa-before');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { size: 3 }), { fieldManager: 'maker' });
      expect(refused(await apply(ask, { size: 4 }, 'one'), 409, 'Conflict').message).toContain('conflict with "maker"');
    });
  });

  describe('what is left out', () => {
    test('goes, if nobody else owns it', async () => {
      const ask = await open('ssa-remove');
      ok(await apply(ask, { name: 'abc', options: { a: '1', b: '2' }, parts: [{ name: 'x' }, { name: 'y' }] }, 'one'), 201);
      const object = ok(await apply(ask, { options: { a: '1' }, parts: [{ name: 'y' }] }, 'one'));
      expect(object).toMatchObject({ spec: { options: { a: '1' }, parts: [{ name: 'y', count: 1 }] } });
      expect(listAt(object, 'spec.parts')).toHaveLength(1);
      expect(at(object, 'spec.options.b')).toBeUndefined();
      expect(at(object, 'spec.name')).toBeUndefined();
    });

    test('stays, if another owns it too', async () => {
      const ask = await open('ssa-keep');
      ok(await apply(ask, { name: 'abc' }, 'one'), 201);
      ok(await apply(ask, { name: 'abc' }, 'two'));
      const object = ok(await apply(ask, { size: 2 }, 'one'));
      expect(object).toMatchObject({ spec: { name: 'abc', size: 2 } });
      expect(Object.keys(managers(object)).toSorted()).toEqual(['one/Apply', 'two/Apply']);
    });

    test('stays, if it was never the applier’s', async () => {
      const ask = await open('ssa-never');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { name: 'abc' }));
      expect(ok(await apply(ask, { size: 2 }, 'one', force))).toMatchObject({ spec: { name: 'abc', size: 2 } });
    });

    test('a field with a default goes back to it', async () => {
      const ask = await open('ssa-default');
      ok(await apply(ask, { size: 7 }, 'one'), 201);
      expect(at(ok(await apply(ask, { name: 'abc' }, 'one')), 'spec.size')).toBe(1);
    });
  });

  describe('lists and maps', () => {
    test('items with keys are merged one by one, by several appliers', async () => {
      const ask = await open('ssa-list');
      ok(await apply(ask, { parts: [{ name: 'x', color: 'red' }] }, 'one'), 201);
      const object = ok(
        await apply(
          ask,
          {
            parts: [
              { name: 'y', color: 'blue' },
              { name: 'x', count: 4 },
            ],
          },
          'two',
          force,
        ),
      );
      expect(at(object, 'spec.parts')).toEqual([
        { name: 'y', color: 'blue', count: 1 },
        { name: 'x', color: 'red', count: 4 },
      ]);
    });

    test('what only the live list has stays in front; what both have comes as the configuration says', async () => {
      const ask = await open('ssa-order');
      const names = (object: Doc) => listAt(object, 'spec.parts').map(({ name }) => name);
      const parts = (...all: readonly string[]) => ({ parts: all.map((name) => ({ name })) });
      ok(await apply(ask, parts('p', 'x'), 'one'), 201);
      expect(names(ok(await apply(ask, parts('q'), 'two')))).toEqual(['p', 'x', 'q']);
      expect(names(ok(await apply(ask, parts('y', 'x'), 'two')))).toEqual(['p', 'y', 'x']);
      expect(names(ok(await apply(ask, parts('x', 'p'), 'three')))).toEqual(['y', 'x', 'p']);
    });

    test('sets grow and shrink by their owners', async () => {
      const ask = await open('ssa-set');
      ok(await apply(ask, { words: ['a', 'b'] }, 'one'), 201);
      expect(at(ok(await apply(ask, { words: ['c'] }, 'two')), 'spec.words')).toEqual(expect.arrayContaining(['a', 'b', 'c']));
      const words = at(ok(await apply(ask, { words: ['b'] }, 'one')), 'spec.words');
      expect(words).toHaveLength(2);
      expect(words).toEqual(expect.arrayContaining(['b', 'c']));
    });

    test('lists without keys and atomic maps are one field', async () => {
      const ask = await open('ssa-atomic');
      ok(await apply(ask, { steps: [{ weight: 1 }, { weight: 2 }], pair: { left: 'l' } }, 'one'), 201);
      const { message } = refused(await apply(ask, { steps: [{ weight: 1 }], pair: { right: 'r' } }, 'two'), 409, 'Conflict');
      expect(message).toContain('- .spec.steps');
      expect(message).toContain('- .spec.pair');
      const object = ok(await apply(ask, { steps: [{ weight: 1 }], pair: { right: 'r' } }, 'two', force));
      expect(object).toMatchObject({ spec: { steps: [{ weight: 1 }] } });
      expect(at(object, 'spec.pair')).toEqual({ right: 'r' });
    });

    test('labels and annotations are shared key by key', async () => {
      const ask = await open('ssa-labels');
      ok(await ask.apply(path(ask), gadget('a', {}, { labels: { a: '1' } }), 'one'), 201);
      const object = ok(await ask.apply(path(ask), gadget('a', {}, { labels: { b: '2' } }), 'two'));
      expect(at(object, 'metadata.labels')).toEqual({ a: '1', b: '2' });
      expect(at(ok(await ask.apply(path(ask), gadget('a', {}), 'one')), 'metadata.labels')).toEqual({ b: '2' });
    });

    test('the selector of a Service is one field: a second applier throws the first one out', async () => {
      const ask = await open('ssa-selector');
      const servicePath = corePath(ask.namespace, 'services', 'web');
      ok(await ask.apply(servicePath, service('web'), 'gitops'), 201);
      const pinned = ok(await ask.patch(servicePath, { spec: { selector: { revision: 'x' } } }, 'merge', { fieldManager: 'sluice' }));
      expect(at(pinned, 'spec.selector')).toEqual({ app: 'web', revision: 'x' });
      expect(managers(pinned)['sluice/Update']).toEqual({ 'f:spec': { 'f:selector': {} } });
      const reverted = ok(await ask.apply(servicePath, service('web'), 'gitops', force));
      expect(at(reverted, 'spec.selector')).toEqual({ app: 'web' });
      expect(managers(reverted)).not.toHaveProperty('sluice/Update');
      expect(at(managers(reverted)['gitops/Apply'], 'f:spec')).toEqual({
        'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
        'f:selector': {},
      });
    });

    test('containers of a Deployment are merged by name', async () => {
      const ask = await open('ssa-deploy');
      const deploymentPath = appsPath(ask.namespace, 'deployments', 'web');
      ok(await ask.apply(deploymentPath, deployment('web'), 'one'), 201);
      const side = { spec: { template: { spec: { containers: [{ name: 'side', image: 'example.org/side:1' }] } } } };
      const object = ok(
        await ask.apply(deploymentPath, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, ...side }, 'two'),
      );
      expect(
        listAt(object, 'spec.template.spec.containers')
          .map((one) => one.name)
          .toSorted(),
      ).toEqual(['app', 'side']);
    });
  });

  describe('after client-side apply', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    /** As `kubectl apply` leaves it. */
    const applied = async (ask: Ask, spec: Doc): Promise<void> => {
      const bare = gadget('a', spec, { namespace: ask.namespace });
      const annotations = { [annotation]: `${JSON.stringify(bare)}\n` };
      await ask.made(gadgetPath(ask.namespace), gadget('a', spec, { annotations }), { fieldManager: 'kubectl-client-side-apply' });
    };

    test('kubectl takes over what it had applied, and keeps its annotation in step', async () => {
      const ask = await open('csa');
      await applied(ask, { size: 3, name: 'abc' });
      const object = ok(await apply(ask, { size: 4 }, 'kubectl'));
      expect(object).toMatchObject({ spec: { size: 4, name: 'abc' } });
      expect(JSON.parse(String((at(object, 'metadata.annotations') as Doc)[annotation]))).toMatchObject({ spec: { size: 4 } });
    });

    test('but not what somebody has changed since', async () => {
      const ask = await open('csa-changed');
      await applied(ask, { size: 3, name: 'abc' });
      ok(await ask.patch(path(ask), { spec: { size: 8 } }, 'merge', { fieldManager: 'other' }));
      expect(refused(await apply(ask, { size: 4, name: 'def' }, 'kubectl'), 409, 'Conflict').message).toMatch(
        /^Apply failed with 1 conflict: conflict with "other" using contract\.sluice\.test\/v1( at [^ ]+)?: \.spec\.size$/,
      );
    });

    test('nobody else may', async () => {
      const ask = await open('csa-other');
      await applied(ask, { size: 3 });
      refused(await apply(ask, { size: 4 }, 'gitops'), 409, 'Conflict');
    });
  });

  describe('the request', () => {
    test('needs a manager', async () => {
      const ask = await open('ssa-nobody');
      const reply = await ask.patch(path(ask), gadget('a'), 'apply');
      expect(refused(reply, 422, 'Invalid').message).toBe(
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
    });

    test('must not bring managedFields', async () => {
      const ask = await open('ssa-managed');
      const reply = await ask.apply(path(ask), gadget('a', {}, { managedFields: [{ manager: 'x' }] }), 'one');
      expect(refused(reply, 400, 'BadRequest').message).toBe('metadata.managedFields must be nil');
    });

    test('force is for apply only', async () => {
      const ask = await open('ssa-force-merge');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const reply = await ask.patch(path(ask), { spec: { size: 2 } }, 'merge', force);
      expect(refused(reply, 422, 'Invalid').message).toContain('force: Forbidden: may not be specified for non-apply patch');
    });

    test('may carry a resourceVersion, and then means that one', async () => {
      const ask = await open('ssa-version');
      const first = ok(await apply(ask, { size: 2 }, 'one'), 201);
      ok(await apply(ask, { size: 3 }, 'one'));
      const resourceVersion = at(first, 'metadata.resourceVersion');
      refused(await ask.apply(path(ask), gadget('a', { size: 4 }, { resourceVersion }), 'one'), 409, 'Conflict');
    });

    test('for an object that is gone, by its uid, creates none', async () => {
      const ask = await open('ssa-uid');
      const reply = await ask.apply(path(ask), gadget('a', {}, { uid: 'gone' }), 'one');
      expect(refused(reply, 409, 'Conflict').message).toContain(
        'uid mismatch: the provided object specified uid gone, and no existing object was found',
      );
    });

    test('the same again changes nothing', async () => {
      const ask = await open('ssa-again');
      ok(await apply(ask, { size: 2 }, 'one'), 201);
      const first = ok(await apply(ask, { size: 2, parts: [{ name: 'x' }] }, 'one'));
      expect(at(ok(await apply(ask, { size: 2, parts: [{ name: 'x' }] }, 'one')), 'metadata.resourceVersion')).toBe(
        at(first, 'metadata.resourceVersion'),
      );
    });

    test('of the wrong version is refused', async () => {
      const ask = await open('ssa-wrong-version');
      const reply = await ask.apply(path(ask), { ...gadget('a'), apiVersion: 'contract.sluice.test/v1beta1' }, 'one');
      expect(reply.status).toBe(400);
    });

    test('in YAML', async () => {
      const ask = await open('ssa-yaml');
      const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n';
      const reply = await ask.apply(corePath(ask.namespace, 'configmaps', 'a'), body, 'one');
      expect(ok(reply, 201)).toMatchObject({ data: { x: '1' } });
      expect(isDoc(configMap('a'))).toBe(true);
    });

    test('is validated as any other write', async () => {
      const ask = await open('ssa-invalid');
      refused(await apply(ask, { size: 400 }, 'one'), 422, 'Invalid');
    });
  });
}
