import { describe, expect, test } from 'vitest';
import { type Ask, at, isDoc, ok, refused, textAt } from './kit.ts';
import { appsPath, configMap, corePath, deployment, gadget, gadgetPath, service, trinket, trinketPath } from './objects.ts';

/** What every object has, and what becomes of it on its way. */
export function objectsContract(open: (name: string) => Promise<Ask>): void {
  describe('identity', () => {
    test('a new object gets uid, resourceVersion, creationTimestamp and generation from the server', async () => {
      const ask = await open('identity');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a', {}, { uid: 'mine', generation: 7, creationTimestamp: null }));
      expect(textAt(made, 'metadata.uid')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(textAt(made, 'metadata.resourceVersion')).toMatch(/^[1-9][0-9]*$/);
      expect(textAt(made, 'metadata.creationTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(made).toMatchObject({ metadata: { generation: 1, name: 'a', namespace: ask.namespace } });
    });

    test('each write moves resourceVersion on; uid stays; a namesake that comes later is another object', async () => {
      const ask = await open('identity-2');
      const path = gadgetPath(ask.namespace, 'a');
      const first = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const second = ok(await ask.patch(path, { spec: { size: 2 } }));
      expect(BigInt(textAt(second, 'metadata.resourceVersion'))).toBeGreaterThan(BigInt(textAt(first, 'metadata.resourceVersion')));
      expect(at(second, 'metadata.uid')).toBe(at(first, 'metadata.uid'));
      ok(await ask.delete(path));
      const other = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(at(other, 'metadata.uid')).not.toBe(at(first, 'metadata.uid'));
    });

    test('a write that changes nothing does not happen', async () => {
      const ask = await open('noop');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const made = ok(await ask.patch(path, { spec: { size: 3 } }));
      expect(at(ok(await ask.patch(path, { spec: { size: 3 } })), 'metadata.resourceVersion')).toBe(at(made, 'metadata.resourceVersion'));
      expect(at(ok(await ask.put(path, made)), 'metadata.resourceVersion')).toBe(at(made, 'metadata.resourceVersion'));
    });

    test('but for the first, where the object shows a status by default that was never written', async () => {
      const ask = await open('noop-first');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a', { size: 3 }));
      const first = ok(await ask.patch(path, { spec: { size: 3 } }));
      expect(at(first, 'metadata.resourceVersion')).not.toBe(at(made, 'metadata.resourceVersion'));
      expect(first).toMatchObject({ metadata: { generation: 1 }, status: { phase: 'New' } });
      expect(at(ok(await ask.patch(path, {})), 'metadata.resourceVersion')).toBe(at(first, 'metadata.resourceVersion'));
    });

    test('a write that changes nothing of a ConfigMap does not happen, the first one too', async () => {
      const ask = await open('noop-map');
      const made = await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a', { x: '1' }));
      const path = corePath(ask.namespace, 'configmaps', 'a');
      expect(at(ok(await ask.patch(path, { data: { x: '1' } })), 'metadata.resourceVersion')).toBe(at(made, 'metadata.resourceVersion'));
    });

    test('an object cannot be created with a resourceVersion', async () => {
      const ask = await open('born-old');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', {}, { resourceVersion: '1' }));
      expect(reply).toMatchObject({ status: 500, body: { message: 'resourceVersion should not be set on objects to be created' } });
    });
  });

  describe('names', () => {
    test('generateName: the prefix and five characters that spell nothing', async () => {
      const ask = await open('generate');
      const { metadata, ...rest } = gadget('');
      const made = await ask.made(gadgetPath(ask.namespace), { ...rest, metadata: { generateName: 'web-' } });
      expect(isDoc(metadata)).toBe(true);
      expect(textAt(made, 'metadata.name')).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(at(made, 'metadata.generateName')).toBe('web-');
    });

    test('a long prefix is cut, so that the name stays within 63 characters', async () => {
      const ask = await open('generate-long');
      const made = await ask.made(gadgetPath(ask.namespace), { ...gadget(''), metadata: { generateName: 'a'.repeat(80) } });
      expect(textAt(made, 'metadata.name')).toHaveLength(63);
    });

    test('an object needs a name', async () => {
      const ask = await open('nameless');
      const reply = await ask.post(gadgetPath(ask.namespace), { ...gadget(''), metadata: {} });
      const { message } = refused(reply, 422, 'Invalid');
      expect(message).toContain('metadata.name: Required value: name or generateName is required');
    });

    test('a name is a DNS subdomain', async () => {
      const ask = await open('bad-name');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('Web_1'));
      expect(refused(reply, 422, 'Invalid').message).toContain(
        `Gadget.contract.sluice.test "Web_1" is invalid: metadata.name: Invalid value: "Web_1": a lowercase RFC 1123 subdomain must consist of`,
      );
    });

    test('the same name twice is a conflict', async () => {
      const ask = await open('twice');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(refused(await ask.post(gadgetPath(ask.namespace), gadget('a')), 409, 'AlreadyExists')).toMatchObject({
        message: 'gadgets.contract.sluice.test "a" already exists',
        details: { name: 'a', group: 'contract.sluice.test', kind: 'gadgets' },
      });
    });

    test.each([
      ['custom resource', 3, 2, 1],
      ['ConfigMap', 4, 2, 2],
      ['Service', 3, 2, 1],
    ] as const)('of an update of a %s the server says what is wrong as often as it looks', async (kind, labels, uid, finalizers) => {
      const ask = await open('meta-often');
      const [path, object] = {
        'custom resource': [gadgetPath(ask.namespace), gadget('a')] as const,
        ConfigMap: [corePath(ask.namespace, 'configmaps'), configMap('a')] as const,
        Service: [corePath(ask.namespace, 'services'), service('a')] as const,
      }[kind];
      await ask.made(path, object);
      const metadata = { labels: { x: 'not ok' }, finalizers: ['bad one'], uid: 'other' };
      const refusal = refused(await ask.patch(`${path}/a`, { metadata }), 422, 'Invalid');
      const count = (field: string) =>
        (at(refusal, 'details.causes') as readonly Record<string, unknown>[]).filter((cause) => cause.field === field).length;
      expect([count('metadata.labels'), count('metadata.uid'), count('metadata.finalizers')]).toEqual([labels, uid, finalizers]);
      expect(count('metadata.finalizers[0]')).toBe(kind === 'custom resource' ? 0 : finalizers);
    });

    test('a finalizer without a domain is refused, or of a custom resource warned of', async () => {
      const ask = await open('meta-unqualified');
      const finalizers = ['plain'];
      refused(await ask.post(corePath(ask.namespace, 'configmaps'), configMap('a', {}, { finalizers })), 422, 'Invalid');
      const reply = await ask.post(gadgetPath(ask.namespace), gadget('a', {}, { finalizers }));
      expect([reply.status, reply.headers.warning]).toEqual([201, expect.stringContaining('prefer a domain-qualified finalizer name')]);
      ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { metadata: { finalizers: null } }));
    });

    test('labels, annotations and finalizers have a form', async () => {
      const ask = await open('meta-form');
      const reply = await ask.post(
        gadgetPath(ask.namespace),
        gadget('a', {}, { labels: { 'a/b/c': 'x', ok: 'not ok' }, annotations: { 'no no': '' }, finalizers: ['un/qual/ified'] }),
      );
      const { message } = refused(reply, 422, 'Invalid');
      for (const field of ['metadata.labels', 'metadata.annotations', 'metadata.finalizers'])
        expect(message).toContain(`${field}: Invalid value`);
    });

    test('owner references are complete, with one controller at most', async () => {
      const ask = await open('owners-form');
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u', controller: true };
      const reply = await ask.post(
        gadgetPath(ask.namespace),
        gadget(
          'a',
          {},
          { ownerReferences: [owner, { ...owner, name: 'y', uid: 'v' }, { apiVersion: 'v1', kind: 'ConfigMap', name: 'z', uid: '' }] },
        ),
      );
      const { message } = refused(reply, 422, 'Invalid');
      expect(message).toContain('metadata.ownerReferences.uid: Invalid value');
      expect(message).toContain(
        'Only one reference can have Controller set to true. Found "true" in references for ConfigMap/x and ConfigMap/y',
      );
    });
  });

  describe('generation and status', () => {
    test('spec moves generation on; metadata and status do not', async () => {
      const ask = await open('generation');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(at(ok(await ask.patch(path, { spec: { size: 2 } })), 'metadata.generation')).toBe(2);
      expect(at(ok(await ask.patch(path, { metadata: { labels: { a: 'b' } } })), 'metadata.generation')).toBe(2);
      expect(at(ok(await ask.patch(`${path}/status`, { status: { phase: 'Ready' } })), 'metadata.generation')).toBe(2);
      expect(at(ok(await ask.patch(path, { metadata: { generation: 9 } })), 'metadata.generation')).toBe(2);
    });

    test('the main endpoint does not set status, on creation or later', async () => {
      const ask = await open('status-main');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), { ...gadget('a'), status: { phase: 'Ready', seen: 4 } });
      expect(made.status).toEqual({ phase: 'New' });
      const patched = ok(await ask.patch(path, { spec: { size: 2 }, status: { phase: 'Ready' } }));
      expect(patched).toMatchObject({ spec: { size: 2 }, status: { phase: 'New' } });
    });

    test('the status endpoint sets nothing but status: not spec, not labels', async () => {
      const ask = await open('status-sub');
      const path = gadgetPath(ask.namespace, 'a');
      await ask.made(gadgetPath(ask.namespace), gadget('a', {}, { labels: { kept: 'yes' } }));
      const body = { metadata: { labels: { kept: 'no', other: 'x' } }, spec: { size: 9 }, status: { phase: 'Ready', seen: 2 } };
      const after = ok(await ask.patch(`${path}/status`, body));
      expect(after).toMatchObject({ metadata: { labels: { kept: 'yes' } }, spec: { size: 1 }, status: { phase: 'Ready', seen: 2 } });
      expect(at(after, 'metadata.labels.other')).toBeUndefined();
      const put = ok(await ask.put(`${path}/status`, { ...after, spec: { size: 50 }, status: { phase: 'Gone' } }));
      expect(put).toMatchObject({ spec: { size: 1 }, status: { phase: 'Gone' } });
      expect(at(put, 'status.seen')).toBeUndefined();
    });

    test('of a Deployment takes annotations with it, not labels, and begins no new generation', async () => {
      const ask = await open('status-annotations');
      const path = appsPath(ask.namespace, 'deployments', 'a');
      await ask.made(appsPath(ask.namespace, 'deployments'), deployment('a'));
      const metadata = { annotations: { 'example.org/with': 'status' }, labels: { with: 'status' } };
      const object = ok(await ask.patch(`${path}/status`, { metadata, status: { collisionCount: 1 }, spec: { replicas: 9 } }));
      expect(object).toMatchObject({
        metadata: { generation: 1, annotations: { 'example.org/with': 'status' } },
        spec: { replicas: 0 },
        status: { collisionCount: 1 },
      });
      expect(at(object, 'metadata.labels')).toBeUndefined();
    });

    test('of a Service takes labels and finalizers with it', async () => {
      const ask = await open('status-labels');
      await ask.made(corePath(ask.namespace, 'services'), service('a'));
      const metadata = { labels: { with: 'status' }, finalizers: ['a.test/x'] };
      const path = corePath(ask.namespace, 'services', 'a');
      expect(ok(await ask.patch(`${path}/status`, { metadata }))).toMatchObject({ metadata });
      ok(await ask.patch(path, { metadata: { finalizers: null } }));
    });

    test('GET of the status endpoint gives the whole object', async () => {
      const ask = await open('status-get');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(await ask.read(gadgetPath(ask.namespace, 'a', 'status'))).toMatchObject({
        kind: 'Gadget',
        spec: { size: 1 },
        status: { phase: 'New' },
      });
    });

    test('status is checked by its schema', async () => {
      const ask = await open('status-schema');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const reply = await ask.patch(gadgetPath(ask.namespace, 'a', 'status'), { status: { phase: 'Odd', seen: -1 } });
      const { message } = refused(reply, 422, 'Invalid');
      expect(message).toContain('status.phase: Unsupported value: "Odd": supported values: "New", "Ready", "Gone"');
      expect(message).toContain('status.seen: Invalid value: -1: seen in body should be greater than or equal to 0');
    });

    test('a kind without a status subresource has status like any other field', async ({ onTestFinished }) => {
      const ask = await open('no-subresource');
      const name = `t-${ask.namespace}`;
      onTestFinished(async () => {
        await ask.delete(trinketPath(name));
      });
      const made = await ask.made(trinketPath(), trinket(name, { status: { phase: 'x' } }));
      expect(made).toMatchObject({ status: { phase: 'x' }, metadata: { generation: 1 } });
      expect(at(ok(await ask.patch(trinketPath(name), { status: { phase: 'y' } })), 'metadata.generation')).toBe(2);
      expect((await ask.patch(`${trinketPath(name)}/status`, { status: { phase: 'z' } })).status).toBe(404);
    });

    test('a Deployment: spec and annotations move generation on, labels and status do not', async () => {
      const ask = await open('generation-deploy');
      const path = appsPath(ask.namespace, 'deployments', 'web');
      const made = await ask.made(appsPath(ask.namespace, 'deployments'), { ...deployment('web'), status: { replicas: 4 } });
      expect(made).toMatchObject({ metadata: { generation: 1 }, status: {} });
      expect(at(made, 'status.replicas')).toBeUndefined();
      const generationAfter = async (body: unknown) => Number(at(ok(await ask.patch(path, body)), 'metadata.generation'));
      const before = await generationAfter({ metadata: { labels: { x: 'y' } } });
      expect(await generationAfter({ metadata: { labels: { x: 'z' } } })).toBe(before);
      expect(await generationAfter({ spec: { minReadySeconds: 3 } })).toBe(before + 1);
      expect(await generationAfter({ metadata: { annotations: { x: 'y' } } })).toBe(before + 2);
    });
  });

  describe('PUT', () => {
    test('needs a resourceVersion on a custom resource', async () => {
      const ask = await open('put-unversioned');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const reply = await ask.put(gadgetPath(ask.namespace, 'a'), gadget('a', { size: 2 }));
      expect(refused(reply, 422, 'Invalid').message).toBe(
        'gadgets.contract.sluice.test "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      );
    });

    test('with an old resourceVersion is a conflict', async () => {
      const ask = await open('put-stale');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      ok(await ask.patch(path, { spec: { size: 2 } }));
      expect(refused(await ask.put(path, made), 409, 'Conflict')).toMatchObject({
        message:
          'Operation cannot be fulfilled on gadgets.contract.sluice.test "a": the object has been modified; please apply your changes to the latest version and try again',
        details: { name: 'a', group: 'contract.sluice.test', kind: 'gadgets' },
      });
    });

    test('takes out what it leaves out', async () => {
      const ask = await open('put-whole');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a', { name: 'abc', low: 1 }, { labels: { a: 'b' } }));
      const { resourceVersion } = made.metadata as { resourceVersion: string };
      const after = ok(await ask.put(path, gadget('a', { low: 2 }, { resourceVersion })));
      expect(at(after, 'spec.name')).toBeUndefined();
      expect(at(after, 'metadata.labels')).toBeUndefined();
      expect(after).toMatchObject({ spec: { low: 2, size: 1 }, metadata: { generation: 2 } });
    });

    test('for another uid is a conflict', async () => {
      const ask = await open('put-uid');
      const path = gadgetPath(ask.namespace, 'a');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const reply = await ask.put(path, { ...made, metadata: { ...(made.metadata as object), uid: 'another' } });
      expect(refused(reply, 409, 'Conflict').message).toContain('Precondition failed: UID in precondition: another, UID in object meta: ');
    });

    test('of an object that does not exist is 404; a kind that allows it is created', async () => {
      const ask = await open('put-new');
      refused(await ask.put(gadgetPath(ask.namespace, 'a'), gadget('a')), 404, 'NotFound');
      const path = corePath(ask.namespace, 'services', 'web');
      expect((await ask.put(path, service('web'))).status).toBe(201);
    });

    test('without a resourceVersion overwrites where the kind allows it', async () => {
      const ask = await open('put-blind');
      const path = corePath(ask.namespace, 'configmaps', 'a');
      await ask.made(corePath(ask.namespace, 'configmaps'), configMap('a', { x: '1' }));
      expect(ok(await ask.put(path, configMap('a', { y: '2' })))).toMatchObject({ data: { y: '2' } });
    });

    test('to another name or namespace is refused', async () => {
      const ask = await open('put-place');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a'));
      const renamed = { ...made, metadata: { ...(made.metadata as object), name: 'b' } };
      expect(refused(await ask.put(gadgetPath(ask.namespace, 'a'), renamed), 400, 'BadRequest').message).toBe(
        'the name of the object (b) does not match the name on the URL (a)',
      );
      const moved = { ...made, metadata: { ...(made.metadata as object), namespace: 'elsewhere' } };
      expect(refused(await ask.put(gadgetPath(ask.namespace, 'a'), moved), 400, 'BadRequest').message).toContain(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    });
  });
}
