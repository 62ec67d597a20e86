import { expect, test } from 'vitest';
import { fail, ok } from '../lib/result.ts';
import { discover, discoverResources } from './discovery.ts';
import { localFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';

const serving = (answers: Record<string, unknown>): Pick<KubeClient, 'raw'> => ({
  raw: async (_method, path) => (path in answers ? ok(answers[path]) : fail(localFailure('notFound', path))),
});

test('groups come with their versions, the core group among them; odd entries are skipped', async () => {
  const groups = [
    { name: 'split.smi-spec.io', versions: [{ version: 'v1alpha4' }, { version: 'v1alpha2' }], preferredVersion: { version: 'v1alpha2' } },
    { name: 7 },
    null,
  ];
  expect(await discover(serving({ '/apis': { groups } }))).toEqual({
    ok: true,
    value: [
      { name: '', versions: ['v1'], preferredVersion: 'v1' },
      { name: 'split.smi-spec.io', versions: ['v1alpha4', 'v1alpha2'], preferredVersion: 'v1alpha2' },
    ],
  });
});

test('resources come with their subresources', async () => {
  const resources = [
    { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get', 'watch'] },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true, verbs: ['get'] },
  ];
  const found = await discoverResources(serving({ '/apis/apps/v1': { resources } }), { group: 'apps', version: 'v1' });
  expect(found).toEqual({
    ok: true,
    value: [
      {
        group: 'apps',
        version: 'v1',
        plural: 'deployments',
        kind: 'Deployment',
        namespaced: true,
        verbs: ['get', 'watch'],
        subresources: ['scale'],
      },
    ],
  });
});

test('a group version that is absent, or whose aggregated API is down, is undefined; a refusal is a failure', async () => {
  const metrics = { group: 'metrics.smi-spec.io', version: 'v1alpha1' };
  expect(await discoverResources(serving({}), metrics)).toEqual({ ok: true, value: undefined });
  const broken = { raw: async () => fail(localFailure('unavailable', 'no endpoints')) };
  expect(await discoverResources(broken, metrics)).toEqual({ ok: true, value: undefined });
  const forbidden = { raw: async () => fail(localFailure('forbidden', 'no')) };
  expect(await discoverResources(forbidden, metrics)).toMatchObject({ ok: false });
});
