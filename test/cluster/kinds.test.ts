// The kinds on a real API server: it takes our definitions, refuses what it must with the path, and asks who decides.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { renderCrds } from '../../src/api/index.ts';
import type { BadInput } from './kinds.cases.ts';
import { badRollouts, changed, fullRollout, goodRollout } from './kinds.cases.ts';
import { badDecisions, badTemplates, goodDecision, goodTemplate } from './kinds.other-cases.ts';
import { openBed } from './kit/bed.ts';
import type { ApiClient, KubeObject } from './kit/client.ts';
import { objectPath } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { applyRbac } from './support/rbac.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const crdPath = (name: string): string => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
interface Crd extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

beforeAll(async () => {
  for (const object of renderCrds()) await bed.admin.apply(object as unknown as KubeObject, { manager: 'sluice' });
  await applyRbac(bed);
  for (const { metadata } of renderCrds()) {
    await waitFor(`${metadata.name} to be established`, async () => {
      const { status } = await bed.admin.get<Crd>(crdPath(metadata.name));
      return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');
    });
  }
});

/** Unknown members are dropped in silence, as by clients that do not ask for strictness; nothing is stored. */
async function tryToCreate(object: object, client: ApiClient = bed.admin): Promise<{ readonly status: number; readonly message: string }> {
  const { status, body } = await client.raw(
    'POST',
    `${objectPath(object as KubeObject, 'collection')}?dryRun=All&fieldValidation=Ignore`,
    object,
  );
  return { status, message: String((JSON.parse(body) as { message?: string }).message) };
}

describe('the definitions', () => {
  test.each(renderCrds().map(({ metadata }) => metadata.name))('%s is established, with a structural schema', async (name) => {
    const { status } = await bed.admin.get<Crd>(crdPath(name));
    const wrong = status?.conditions?.filter(({ type, status: is }) => (type === 'NonStructuralSchema' ? is === 'True' : is !== 'True'));
    expect(wrong).toEqual([]);
  });

  test('what is right is taken', async () => {
    const kinds = [goodTemplate(), goodTemplate('ClusterAnalysisTemplate'), goodTemplate('AnalysisRun')];
    for (const object of [fullRollout(), goodRollout(), goodDecision(), ...kinds])
      expect(await tryToCreate(object)).toMatchObject({ status: 201 });
  });
});

describe.each([
  ['Rollout', badRollouts],
  ['Decision', badDecisions],
  ['AnalysisTemplate', badTemplates],
] as readonly [string, readonly BadInput[]][])('a bad %s', (_kind, cases) => {
  const refused = cases.filter(({ server }) => server !== undefined);
  test.each(refused.map((bad) => [bad.name, bad] as const))('is refused with its path: %s', async (_name, { object, server }) => {
    expect(await tryToCreate(object)).toEqual({ status: 422, message: expect.stringContaining(server ?? '') });
  });

  // Should one of these fail, the API server has learnt to say it, or the table is wrong.
  const taken = cases.filter(({ server }) => server === undefined);
  if (taken.length > 0) {
    test.each(taken.map((bad) => [bad.name, bad] as const))('is left to us: %s', async (_name, { object }) => {
      expect(await tryToCreate(object)).toMatchObject({ status: 201 });
    });
  }
});

describe('a stored object', () => {
  test('begins unseen, gets /scale with its replicas, and shows its status', async ({ onTestFinished }) => {
    const { name: namespace } = await bed.namespace('t-kinds', { cleanup: onTestFinished });
    const rollout = changed(goodRollout(), { 'metadata.namespace': namespace, 'spec.replicas': 4 }) as unknown as KubeObject;
    const { status } = (await bed.admin.create(rollout)) as KubeObject & { readonly status?: object };
    expect(status).toMatchObject({ observedGeneration: -1 });
    const scale = await bed.admin.get<KubeObject & { readonly spec: object }>(`${objectPath(rollout)}/scale`);
    expect(scale.spec).toEqual({ replicas: 4 });
  });

  test('of kind Decision or AnalysisRun does not change its mind', async ({ onTestFinished }) => {
    const { name: namespace } = await bed.namespace('t-immutable', { cleanup: onTestFinished });
    const decision = changed(goodDecision(), { 'metadata.namespace': namespace }) as unknown as KubeObject;
    const run = changed(goodTemplate('AnalysisRun'), { 'metadata.namespace': namespace }) as unknown as KubeObject;
    await bed.admin.create(decision);
    await bed.admin.create(run);
    const patch = (object: KubeObject, spec: object) => bed.admin.patch(objectPath(object), { spec });
    await expect(patch(decision, { reason: 'other' })).rejects.toThrow(/immutable/);
    await expect(patch(run, { args: [] })).rejects.toThrow(/args are immutable/);
    await expect(patch(run, { metrics: [] })).rejects.toThrow(/spec.metrics/);
    await patch(run, { terminate: true });
    await expect(patch(run, { terminate: false })).rejects.toThrow(/stays so/);
  });

  test('of kind Rollout keeps the names of what it has taken over; before that a slip can be mended', async ({ onTestFinished }) => {
    const { name: namespace } = await bed.namespace('t-taken', { cleanup: onTestFinished });
    const rollout = changed(goodRollout(), { 'metadata.namespace': namespace }) as unknown as KubeObject;
    await bed.admin.create(rollout);
    const patch = (spec: object) => bed.admin.patch(objectPath(rollout), { spec });
    await patch({ service: { name: 'wbe' }, workloadRef: { name: 'wbe' } });
    await patch({ service: { name: 'web' }, workloadRef: { name: 'web' }, traffic: { smi: { splitName: 'web' } } });
    await bed.admin.patch(`${objectPath(rollout)}/status`, { status: { stableRevision: '6d5f0c9b1e' } });
    await expect(patch({ service: { name: 'web2' } })).rejects.toThrow(/spec.service.name.*delete the Rollout/s);
    await expect(patch({ traffic: { smi: { splitName: 'web2' } } })).rejects.toThrow(/the name of the split cannot be changed/);
    await expect(patch({ workloadRef: { name: 'web2' } })).rejects.toThrow(/spec.workloadRef.*taken over/s);
    const template = { spec: { containers: [{ name: 'web', image: 'web:1' }] } };
    await expect(patch({ workloadRef: null, template })).rejects.toThrow(/spec.workloadRef.*taken over/s);
    // The same name by default, and everything else.
    await patch({ traffic: { smi: { splitName: null } }, replicas: 7, service: { pinSelector: 'Never' } });
  });
});

describe('who may decide', () => {
  const rbac = (kind: string, namespace: string, name: string, fields: object): KubeObject =>
    ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name, namespace }, ...fields }) as KubeObject;
  const bind = (namespace: string, user: string, roleRef: object): Promise<KubeObject> =>
    bed.admin.create(
      rbac('RoleBinding', namespace, user, {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
        subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
      }),
    );

  test('is asked by the API server: the caller is the subject and has the verb; only our own account speaks for others', async ({
    onTestFinished,
  }) => {
    const { name: namespace } = await bed.namespace('t-decide', { cleanup: onTestFinished });
    const createOnly = [{ apiGroups: ['sluice.dev'], resources: ['decisions'], verbs: ['create'] }];
    await bed.admin.create(rbac('Role', namespace, 'bob', { rules: createOnly }));
    await bind(namespace, 'alice', { kind: 'ClusterRole', name: 'sluice-approver' });
    await bind(namespace, 'bob', { kind: 'Role', name: 'bob' });
    const decide = (user: 'alice' | 'bob' | 'sluice', fields: Readonly<Record<string, unknown>>) =>
      tryToCreate(changed(goodDecision(), { 'metadata.namespace': namespace, ...fields }), bed.as(user));
    const abort = (subject: string) => {
      const { gate: _, ...spec } = (goodDecision() as { spec: Record<string, unknown> }).spec;
      return { spec: { ...spec, action: 'Abort', subject } };
    };

    // Policies and bindings take a moment to reach the authorizer and the admission plugin.
    await waitFor('alice to approve as alice', async () => (await decide('alice', { 'spec.subject': 'alice' })).status === 201);
    await waitFor('the policy to be at work', async () => (await decide('alice', { 'spec.subject': 'bob' })).status === 403);
    expect(await decide('alice', { 'spec.subject': 'bob' })).toEqual({
      status: 403,
      message: expect.stringContaining('spec.subject must be you: alice'),
    });
    expect(await decide('alice', abort('alice'))).toEqual({
      status: 403,
      message: expect.stringContaining('alice needs the verb abort on rollouts/decision of web'),
    });
    expect(await decide('bob', { 'spec.subject': 'bob' })).toEqual({
      status: 403,
      message: expect.stringContaining('bob needs the verb approve'),
    });
    expect(await decide('sluice', abort('carol'))).toMatchObject({ status: 201 });
  });
});
