import { describe, expect, test } from 'vitest';
import { type Ask, at, type Doc, isDoc, listAt, ok, refused, textAt } from './kit.ts';
import { appsPath, configMap, corePath, deployment, gadget, gadgetPath } from './objects.ts';

const role = 'rbac.authorization.k8s.io';

/** Scale, reviews, permissions, Leases, Events, discovery. */
export function othersContract(open: (name: string) => Promise<Ask>): void {
  describe('scale', () => {
    const scalePath = (ask: Ask) => gadgetPath(ask.namespace, 'a', 'scale');

    test('shows the counts where the definition says they are', async () => {
      const ask = await open('scale');
      const made = await ask.made(gadgetPath(ask.namespace), gadget('a', { replicas: 3 }));
      ok(await ask.patch(gadgetPath(ask.namespace, 'a', 'status'), { status: { replicas: 2, selector: 'app=a' } }));
      const scale = await ask.read(scalePath(ask));
      expect(scale).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name: 'a', namespace: ask.namespace, uid: at(made, 'metadata.uid') },
        spec: { replicas: 3 },
        status: { replicas: 2, selector: 'app=a' },
      });
    });

    test('is 500 to read while spec.replicas is absent: an autoscaler stands still', async () => {
      const ask = await open('scale-absent');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      expect(refused(await ask.get(scalePath(ask)), 500, 'InternalError').message).toBe(
        'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
      );
      const nothing = await ask.patch(scalePath(ask), { metadata: { labels: { a: 'b' } } });
      expect(refused(nothing, 400, 'BadRequest').message).toBe('the spec replicas field ".spec.replicas" cannot be empty');
      ok(await ask.patch(scalePath(ask), { spec: { replicas: 2 } }));
      expect(await ask.read(scalePath(ask))).toMatchObject({ spec: { replicas: 2 } });
    });

    test.each([
      ['a merge patch', 'merge', { spec: { replicas: 0 } }, 0],
      ['a merge patch that takes it away', 'merge', { spec: null }, 0],
      ['a JSON patch', 'json', [{ op: 'replace', path: '/spec/replicas', value: 3 }], 3],
      ['a JSON patch that takes it away', 'json', [{ op: 'remove', path: '/spec/replicas' }], 0],
    ] as const)('%s sets spec.replicas where it is absent', async (_what, type, patch, replicas) => {
      const ask = await open('scale-set');
      await ask.made(gadgetPath(ask.namespace), gadget('a'));
      ok(await ask.patch(scalePath(ask), patch, type));
      expect(at(await ask.read(gadgetPath(ask.namespace, 'a')), 'spec.replicas')).toBe(replicas);
    });

    test('is of its object: by name, namespace and uid; and of its kind', async () => {
      const ask = await open('scale-identity');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { replicas: 3 }));
      const scale = await ask.read(scalePath(ask));
      const metadata = { name: 'a', namespace: ask.namespace };
      refused(await ask.put(scalePath(ask), { ...scale, metadata: { ...metadata, name: 'b' } }), 400, 'BadRequest');
      refused(await ask.put(scalePath(ask), { ...scale, metadata: { ...metadata, namespace: 'other' } }), 400, 'BadRequest');
      refused(await ask.put(scalePath(ask), { ...scale, metadata: { ...metadata, uid: 'other' } }), 409, 'Conflict');
      refused(await ask.put(scalePath(ask), { ...scale, metadata, kind: 'Gadget' }), 400, 'BadRequest');
      refused(await ask.patch(scalePath(ask), { metadata: { name: 'b' } }), 400, 'BadRequest');
      refused(await ask.patch(scalePath(ask), { spec: { replicas: 'three' } }), 422, 'Invalid');
      const reply = await ask.patch(scalePath(ask), { spec: { replica: 4 } });
      expect([ok(reply).spec, reply.headers.warning]).toEqual([{ replicas: 3 }, '299 - "unknown field \\"spec.replica\\""']);
    });

    test('PATCH and PUT scale the object, and its generation moves on', async () => {
      const ask = await open('scale-write');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { replicas: 3 }));
      expect(ok(await ask.patch(scalePath(ask), { spec: { replicas: 5 } }))).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
      const scale = await ask.read(scalePath(ask));
      ok(await ask.put(scalePath(ask), { ...scale, spec: { replicas: 0 } }));
      expect(await ask.read(gadgetPath(ask.namespace, 'a'))).toMatchObject({ spec: { replicas: 0 }, metadata: { generation: 3 } });
    });

    test('PUT with an old version is a conflict, a negative count is refused', async () => {
      const ask = await open('scale-stale');
      await ask.made(gadgetPath(ask.namespace), gadget('a', { replicas: 3 }));
      const scale = await ask.read(scalePath(ask));
      ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: 2 } }));
      refused(await ask.put(scalePath(ask), { ...scale, spec: { replicas: 4 } }), 409, 'Conflict');
      refused(await ask.patch(scalePath(ask), { spec: { replicas: -1 } }), 422, 'Invalid');
    });

    test('a Deployment scales too', async () => {
      const ask = await open('scale-deploy');
      await ask.made(appsPath(ask.namespace, 'deployments'), deployment('web'));
      const path = appsPath(ask.namespace, 'deployments', 'web', 'scale');
      expect(await ask.read(path)).toMatchObject({ kind: 'Scale', status: { replicas: 0, selector: 'app=web' } });
    });

    test('our Rollout scales', async () => {
      const ask = await open('scale-rollout');
      const root = `/apis/sluice.dev/v1alpha1/namespaces/${ask.namespace}/rollouts`;
      const rollout = {
        apiVersion: 'sluice.dev/v1alpha1',
        kind: 'Rollout',
        metadata: { name: 'web' },
        spec: {
          workloadRef: { name: 'web' },
          replicas: 4,
          service: { name: 'web' },
          traffic: { smi: {} },
          strategy: { canary: { steps: [{ setWeight: 10 }] } },
        },
      };
      await ask.made(root, rollout);
      expect(await ask.read(`${root}/web/scale`)).toMatchObject({ spec: { replicas: 4 }, status: { replicas: 0 } });
    });
  });

  describe('who asks', () => {
    test('nobody is let in with a token that nobody has', async () => {
      const ask = await open('unknown');
      const reply = await ask.server.send({ method: 'GET', path: gadgetPath(ask.namespace), user: 'nobody' });
      expect(refused(reply, 401, 'Unauthorized').message).toBe('Unauthorized');
    });

    test('what no role allows is 403, and says who cannot do what', async () => {
      const ask = await open('forbidden');
      const reply = await ask.server.send({ method: 'GET', path: gadgetPath(ask.namespace, 'a'), user: 'bob' });
      expect(refused(reply, 403, 'Forbidden')).toMatchObject({
        message: `gadgets.contract.sluice.test "a" is forbidden: User "bob" cannot get resource "gadgets" in API group "contract.sluice.test" in the namespace "${ask.namespace}"`,
        details: { name: 'a', group: 'contract.sluice.test', kind: 'gadgets' },
      });
      const cluster = await ask.server.send({ method: 'GET', path: '/api/v1/namespaces', user: 'bob' });
      expect(refused(cluster, 403, 'Forbidden').message).toBe(
        'namespaces is forbidden: User "bob" cannot list resource "namespaces" in API group "" at the cluster scope',
      );
      const one = await ask.server.send({ method: 'GET', path: `/api/v1/namespaces/${ask.namespace}`, user: 'bob' });
      expect(refused(one, 403, 'Forbidden').message).toBe(
        `namespaces "${ask.namespace}" is forbidden: User "bob" cannot get resource "namespaces" in API group "" in the namespace "${ask.namespace}"`,
      );
    });

    test('a role lets its subject do what it says, and no more', async () => {
      const ask = await open('role');
      const rbac = (kind: string, name: string, fields: Doc): Doc => ({ apiVersion: `${role}/v1`, kind, metadata: { name }, ...fields });
      const path = (plural: string) => `/apis/${role}/v1/namespaces/${ask.namespace}/${plural}`;
      const rules = [
        { apiGroups: ['contract.sluice.test'], resources: ['gadgets'], verbs: ['get', 'create'] },
        { apiGroups: ['contract.sluice.test'], resources: ['gadgets/status'], verbs: ['patch'], resourceNames: ['a'] },
      ];
      await ask.made(path('roles'), rbac('Role', 'maker', { rules }));
      await ask.made(
        path('rolebindings'),
        rbac('RoleBinding', 'maker', {
          roleRef: { apiGroup: role, kind: 'Role', name: 'maker' },
          subjects: [{ kind: 'User', apiGroup: role, name: 'bob' }],
        }),
      );
      const as = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', target: string, body?: unknown) =>
        ask.server.send({
          method,
          path: target,
          user: 'bob',
          ...(body === undefined
            ? {}
            : { body, headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' } }),
        });
      await ask.server.eventually(
        'bob to be let in',
        async () => (await as('POST', gadgetPath(ask.namespace), gadget('a'))).status !== 403,
      );
      ok(await as('GET', gadgetPath(ask.namespace, 'a')));
      ok(await as('PATCH', gadgetPath(ask.namespace, 'a', 'status'), { status: { phase: 'Ready' } }));
      refused(await as('PATCH', gadgetPath(ask.namespace, 'a'), { spec: { size: 2 } }), 403, 'Forbidden');
      refused(await as('DELETE', gadgetPath(ask.namespace, 'a')), 403, 'Forbidden');
      await ask.made(gadgetPath(ask.namespace), gadget('b'));
      refused(await as('PATCH', gadgetPath(ask.namespace, 'b', 'status'), { status: { phase: 'Ready' } }), 403, 'Forbidden');
      ok(await ask.delete(`${path('rolebindings')}/maker`));
      await ask.server.eventually('bob to be shut out again', async () => (await as('GET', gadgetPath(ask.namespace, 'a'))).status === 403);
    });

    test('SubjectAccessReview: whether a user may', async () => {
      const ask = await open('sar');
      const review = async (user: string, verb: string): Promise<unknown> => {
        const spec = {
          user,
          groups: user === 'root' ? ['system:masters'] : [],
          resourceAttributes: {
            verb,
            group: 'sluice.dev',
            resource: 'rollouts',
            subresource: 'decision',
            namespace: ask.namespace,
            name: 'web',
          },
        };
        const reply = await ask.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec,
        });
        return at(ok(reply, 201), 'status.allowed');
      };
      expect(await review('carol', 'approve')).toBe(false);
      expect(await review('root', 'approve')).toBe(true);
    });

    test('SelfSubjectAccessReview: whether I may', async () => {
      const ask = await open('ssar');
      const review = async (user: 'admin' | 'bob'): Promise<unknown> => {
        const spec = { resourceAttributes: { verb: 'delete', resource: 'pods', namespace: ask.namespace } };
        const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
        const reply = await ask.server.send({
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
          user,
          body,
          headers: { 'content-type': 'application/json' },
        });
        return at(ok(reply, 201), 'status.allowed');
      };
      expect([await review('admin'), await review('bob')]).toEqual([true, false]);
    });

    test('TokenReview: whose token it is, or none’s; and a ServiceAccount has tokens', async () => {
      const ask = await open('token');
      const review = async (token: string): Promise<Doc> => {
        const reply = await ask.post('/apis/authentication.k8s.io/v1/tokenreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token },
        });
        const status = ok(reply, 201).status;
        return isDoc(status) ? status : {};
      };
      expect((await review('no such token')).authenticated).not.toBe(true);
      await ask.made(corePath(ask.namespace, 'serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } });
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } };
      const issued = ok(await ask.post(corePath(ask.namespace, 'serviceaccounts', 'robot', 'token'), request), 201);
      expect(textAt(issued, 'status.expirationTimestamp')).toMatch(/Z$/);
      const status = await review(textAt(issued, 'status.token'));
      expect(status).toMatchObject({ authenticated: true, user: { username: `system:serviceaccount:${ask.namespace}:robot` } });
      expect(at(status, 'user.groups')).toEqual(
        expect.arrayContaining(['system:serviceaccounts', `system:serviceaccounts:${ask.namespace}`, 'system:authenticated']),
      );
    });
  });

  describe('an admission policy', () => {
    const admission = '/apis/admissionregistration.k8s.io/v1';
    const policy = (ask: Ask): Doc => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: ask.namespace },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: ['contract.sluice.test'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['gadgets'] },
          ],
        },
        matchConditions: [{ name: 'here', expression: `request.namespace == '${ask.namespace}'` }],
        variables: [
          { name: 'asks', expression: "has(object.spec.name) ? object.spec.name : ''" },
          { name: 'isBig', expression: 'object.spec.size > 50' },
        ],
        validations: [
          { expression: '!variables.isBig || oldObject != null', message: 'no big gadgets at once' },
          {
            expression:
              "variables.asks == '' || authorizer.group('contract.sluice.test').resource('gadgets').subresource('naming').namespace(request.namespace).name(object.metadata.name).check(variables.asks).allowed()",
            messageExpression: "request.userInfo.username + ' needs the verb ' + variables.asks",
            reason: 'Forbidden',
          },
        ],
      },
    });
    const binding = (ask: Ask): Doc => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: ask.namespace },
      spec: { policyName: ask.namespace, validationActions: ['Deny'] },
    });

    test('denies what it does not like, with its reason, and asks who may', async ({ onTestFinished }) => {
      const ask = await open('policy');
      onTestFinished(async () => {
        await ask.delete(`${admission}/validatingadmissionpolicybindings/${ask.namespace}`);
        await ask.delete(`${admission}/validatingadmissionpolicies/${ask.namespace}`);
      });
      const made = await ask.made(`${admission}/validatingadmissionpolicies`, policy(ask));
      expect(made).toMatchObject({
        metadata: { generation: 1 },
        spec: { failurePolicy: 'Fail', matchConstraints: { matchPolicy: 'Equivalent', resourceRules: [{ scope: '*' }] } },
      });
      await ask.made(`${admission}/validatingadmissionpolicybindings`, binding(ask));
      const big = () => ask.post(gadgetPath(ask.namespace), gadget('big', { size: 60 }), { dryRun: 'All' });
      await ask.server.eventually('the policy to be at work', async () => (await big()).status === 422);
      expect(refused(await big(), 422, 'Invalid').message).toBe(
        `gadgets.contract.sluice.test "big" is forbidden: ValidatingAdmissionPolicy '${ask.namespace}' with binding '${ask.namespace}' denied request: no big gadgets at once`,
      );
      ok(await ask.post(gadgetPath(ask.namespace), gadget('a', { size: 40 })), 201);
      ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { size: 60 } }));
      ok(await ask.patch(gadgetPath(ask.namespace, 'a'), { spec: { name: 'rename' } }));
      const rules = [
        { apiGroups: ['contract.sluice.test'], resources: ['gadgets'], verbs: ['create'] },
        { apiGroups: ['contract.sluice.test'], resources: ['gadgets/naming'], verbs: ['allowed'] },
      ];
      const path = (plural: string) => `/apis/${role}/v1/namespaces/${ask.namespace}/${plural}`;
      await ask.made(path('roles'), { apiVersion: `${role}/v1`, kind: 'Role', metadata: { name: 'r' }, rules });
      const subjects = [{ kind: 'User', apiGroup: role, name: 'alice' }];
      await ask.made(path('rolebindings'), {
        apiVersion: `${role}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'r' },
        roleRef: { apiGroup: role, kind: 'Role', name: 'r' },
        subjects,
      });
      const asAlice = (name: string) =>
        ask.server.send({
          method: 'POST',
          path: gadgetPath(ask.namespace),
          query: { dryRun: 'All' },
          body: gadget('b', { name }),
          user: 'alice',
          headers: { 'content-type': 'application/json' },
        });
      await ask.server.eventually('alice to be let in', async () => (await asAlice('allowed')).status === 201);
      expect(refused(await asAlice('other'), 403, 'Forbidden').message).toContain('denied request: alice needs the verb other');
    });
  });

  describe('a Lease', () => {
    const path = (ask: Ask, name?: string) =>
      [`/apis/coordination.k8s.io/v1/namespaces/${ask.namespace}/leases`, name].filter((part) => part !== undefined).join('/');
    const lease = (spec: Doc, metadata: Doc = {}): Doc => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l', ...metadata },
      spec,
    });
    const spec = {
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.123456Z',
      renewTime: '2026-01-01T00:00:02.000000Z',
      leaseTransitions: 0,
    };

    test('keeps its times to the microsecond, and a zero', async () => {
      const ask = await open('lease');
      expect((await ask.made(path(ask), lease(spec))).spec).toEqual(spec);
    });

    test('needs a version on PUT: two cannot take it', async () => {
      const ask = await open('lease-race');
      const made = await ask.made(path(ask), lease(spec));
      const { resourceVersion } = made.metadata as { resourceVersion: string };
      const take = (holderIdentity: string) => ask.put(path(ask, 'l'), lease({ ...spec, holderIdentity }, { resourceVersion }));
      ok(await take('one'));
      refused(await take('two'), 409, 'Conflict');
      refused(await ask.put(path(ask, 'l'), lease(spec)), 422, 'Invalid');
    });

    test('takes no times without microseconds, and no duration of zero', async () => {
      const ask = await open('lease-bad');
      refused(await ask.post(path(ask), lease({ ...spec, renewTime: 'yesterday' })), 400, 'BadRequest');
      expect(refused(await ask.post(path(ask), lease({ ...spec, leaseDurationSeconds: 0 })), 422, 'Invalid').message).toContain(
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      );
    });
  });

  describe('Events', () => {
    test('of the newer group are read in the older one, and the other way round', async () => {
      const ask = await open('events');
      const newer = `/apis/events.k8s.io/v1/namespaces/${ask.namespace}/events`;
      const event = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'e' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'sluice.dev/controller',
        reportingInstance: 'sluice-0',
        action: 'Shift',
        reason: 'WeightSet',
        regarding: { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', namespace: ask.namespace, uid: 'u' },
        note: 'weight 10',
        type: 'Normal',
      };
      await ask.made(newer, event);
      expect(await ask.read(corePath(ask.namespace, 'events', 'e'))).toMatchObject({
        apiVersion: 'v1',
        kind: 'Event',
        involvedObject: { kind: 'Rollout', name: 'web' },
        message: 'weight 10',
        reportingComponent: 'sluice.dev/controller',
        reportingInstance: 'sluice-0',
        reason: 'WeightSet',
        type: 'Normal',
      });
      const series = { count: 3, lastObservedTime: '2026-01-01T00:01:00.000000Z' };
      ok(await ask.patch(`${newer}/e`, { series }));
      expect(await ask.read(corePath(ask.namespace, 'events', 'e'))).toMatchObject({ series });
    });

    test('need a reporter, a reason, an action and a type in the newer group', async () => {
      const ask = await open('events-bad');
      const reply = await ask.post(`/apis/events.k8s.io/v1/namespaces/${ask.namespace}/events`, {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'e' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        regarding: { kind: 'Rollout', name: 'web', namespace: ask.namespace },
      });
      const { message } = refused(reply, 422, 'Invalid');
      for (const field of ['reportingController', 'reportingInstance', 'reason', 'action'])
        expect(message).toContain(`${field}: Required value`);
    });
  });

  describe('discovery', () => {
    test('groups, with their versions, preferred first', async () => {
      const ask = await open('groups');
      const groups = listAt(await ask.read('/apis'), 'groups');
      const find = (name: string) => groups.find((group) => group.name === name);
      expect(find('apps')).toMatchObject({ preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } });
      expect(find('sluice.dev')).toMatchObject({ versions: [{ groupVersion: 'sluice.dev/v1alpha1', version: 'v1alpha1' }] });
      expect(listAt(find('contract.sluice.test'), 'versions').map((version) => version.version)).toEqual(['v1', 'v1beta1']);
      expect(listAt(find('split.smi-spec.io'), 'versions').map((version) => version.version)).toEqual([
        'v1alpha4',
        'v1alpha3',
        'v1alpha2',
        'v1alpha1',
      ]);
    });

    test('resources of a version, with names, verbs and subresources', async () => {
      const ask = await open('resources');
      const resources = listAt(await ask.read('/apis/contract.sluice.test/v1'), 'resources');
      const find = (name: string) => resources.find((resource) => resource.name === name);
      expect(find('gadgets')).toMatchObject({
        kind: 'Gadget',
        namespaced: true,
        singularName: 'gadget',
        shortNames: ['gg'],
        categories: ['contract'],
      });
      expect(find('gadgets')?.verbs).toEqual(
        expect.arrayContaining(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']),
      );
      expect(find('gadgets/status')).toMatchObject({ kind: 'Gadget' });
      expect(find('gadgets/scale')).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
      expect(find('trinkets')).toMatchObject({ namespaced: false });
      expect(find('trinkets/status')).toBeUndefined();
    });

    test('everything at once, as kubectl asks', async () => {
      const ask = await open('aggregated');
      const reply = await ask.get(
        '/apis',
        {},
        { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' },
      );
      expect(reply.headers['content-type']).toContain('as=APIGroupDiscoveryList');
      const group = listAt(ok(reply), 'items').find((item) => at(item, 'metadata.name') === 'contract.sluice.test');
      expect(listAt(group, 'versions').map((version) => version.version)).toEqual(['v1', 'v1beta1']);
      const gadgets = listAt(at(group, 'versions.0'), 'resources').find((resource) => resource.resource === 'gadgets');
      expect(gadgets).toMatchObject({
        scope: 'Namespaced',
        singularResource: 'gadget',
        responseKind: { group: 'contract.sluice.test', version: 'v1', kind: 'Gadget' },
      });
      expect(
        listAt(gadgets, 'subresources')
          .map((one) => one.subresource)
          .toSorted(),
      ).toEqual(['scale', 'status']);
    });

    test('health and version', async () => {
      const ask = await open('health');
      for (const path of ['/healthz', '/livez', '/readyz']) expect(await ask.get(path)).toMatchObject({ status: 200, body: 'ok' });
      expect(await ask.read('/version')).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
    });

    test('OpenAPI v3 tells kubectl that the server validates fields', async () => {
      const ask = await open('openapi');
      await ask.server.eventually(
        'the document to be there',
        async () =>
          at(await ask.read('/openapi/v3'), 'paths') !== undefined &&
          'apis/contract.sluice.test/v1' in (at(await ask.read('/openapi/v3'), 'paths') as object),
      );
      const index = at(await ask.read('/openapi/v3'), 'paths') as Readonly<Record<string, { readonly serverRelativeURL: string }>>;
      const [path = '', query = ''] = (index['apis/contract.sluice.test/v1']?.serverRelativeURL ?? '').split('?');
      const document = ok(await ask.get(path, Object.fromEntries(new URLSearchParams(query))));
      const paths = document.paths as Readonly<Record<string, Doc>>;
      const patch = paths['/apis/contract.sluice.test/v1/namespaces/{namespace}/gadgets/{name}']?.patch;
      expect(listAt(patch, 'parameters').map((one) => one.name)).toEqual(expect.arrayContaining(['dryRun', 'fieldValidation']));
      expect(at(patch, 'x-kubernetes-group-version-kind')).toEqual({ group: 'contract.sluice.test', kind: 'Gadget', version: 'v1' });
    });
  });

  describe('dry runs', () => {
    test('say what would be, and leave nothing', async () => {
      const ask = await open('dry-run');
      const made = ok(await ask.post(corePath(ask.namespace, 'configmaps'), configMap('a', { x: '1' }), { dryRun: 'All' }), 201);
      expect(textAt(made, 'metadata.uid')).not.toBe('');
      refused(await ask.get(corePath(ask.namespace, 'configmaps', 'a')), 404, 'NotFound');
      await ask.made(gadgetPath(ask.namespace), gadget('g'));
      expect(ok(await ask.patch(gadgetPath(ask.namespace, 'g'), { spec: { size: 9 } }, 'merge', { dryRun: 'All' }))).toMatchObject({
        spec: { size: 9 },
      });
      expect(await ask.read(gadgetPath(ask.namespace, 'g'))).toMatchObject({ spec: { size: 1 }, metadata: { generation: 1 } });
    });
  });
}
