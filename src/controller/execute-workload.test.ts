import { expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import type { KubeClient, KubeFailure } from '../kube/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { Executors, Scene } from './execute.ts';
import { restoreWorkload } from './execute-workload.ts';

const restored = (failure: KubeFailure) => {
  const stable = { metadata: { name: `web-${stableRevision}` }, spec: { template: { metadata: {}, spec: { containers: [] } } } };
  const client = { get: () => Promise.resolve(ok(stable)), patch: () => Promise.resolve(fail(failure)) } as unknown as KubeClient;
  const effect = { kind: 'restoreWorkload', uid: 'u', resourceVersion: '1', fromRevision: stableRevision, replicas: 4 } as const;
  const scene = { world: aWorld().build() } as Scene;
  return restoreWorkload(effect, scene, { client, absorb: () => {} } as unknown as Executors, new AbortController().signal);
};
const refused: KubeFailure = { kind: 'invalid', status: 422, reason: 'Invalid', message: 'the server rejected our request', details: {} };

test('a workload that has moved on is observed again, and no refusal is told of', async () =>
  expect(await restored(refused)).toMatchObject({ ok: false, failure: { kind: 'conflict' } }));

test('a template that is refused is a refusal', async () =>
  expect(await restored({ ...refused, details: { causes: [{ field: 'spec.template' }] } })).toMatchObject({
    failure: { kind: 'invalid' },
  }));
