import { expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import { templateHashAnnotation, templateHashOf } from '../core/objects/index.ts';
import type { KubeClient, KubeFailure } from '../kube/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { Executors, Scene } from './execute.ts';
import { restoreWorkload } from './execute-workload.ts';

const template = { metadata: {}, spec: { containers: [] } };
const markOf = (hash: string) => ({ annotations: { [templateHashAnnotation]: hash } });

function restoring(mark: object, patch: (...given: Parameters<KubeClient['patch']>) => unknown) {
  const stable = { metadata: { name: `web-${stableRevision}`, uid: 's', resourceVersion: '7', ...mark }, spec: { template } };
  const client = { get: () => Promise.resolve(ok(stable)), patch } as unknown as KubeClient;
  const effect = { kind: 'restoreWorkload', uid: 'u', resourceVersion: '1', fromRevision: stableRevision, replicas: 4 } as const;
  const scene = { world: aWorld().build() } as Scene;
  return restoreWorkload(effect, scene, { client, absorb: () => {} } as unknown as Executors, new AbortController().signal);
}
const restored = (failure: KubeFailure) => restoring(markOf(templateHashOf(template)), () => Promise.resolve(fail(failure)));
const refused: KubeFailure = { kind: 'invalid', status: 422, reason: 'Invalid', message: 'the server rejected our request', details: {} };

test('a workload that has moved on is observed again, and no refusal is told of', async () =>
  expect(await restored(refused)).toMatchObject({ ok: false, failure: { kind: 'conflict' } }));

test('a template that is refused is a refusal', async () =>
  expect(await restored({ ...refused, details: { causes: [{ field: 'spec.template' }] } })).toMatchObject({
    failure: { kind: 'invalid' },
  }));

test('a revision whose template a webhook changed when it was made says from then on what its pods run', async () => {
  const bodies: unknown[] = [];
  const patch = (...[, , body]: Parameters<KubeClient['patch']>) => {
    bodies.push(body);
    return Promise.resolve(ok({ metadata: {} }));
  };
  await restoring(markOf(templateHashOf(template)), patch);
  expect(bodies).toHaveLength(1);
  await restoring(markOf('other'), patch);
  expect(bodies.slice(1)).toEqual([
    { metadata: { uid: 's', resourceVersion: '7', ...markOf(templateHashOf(template)) } },
    expect.any(Array),
  ]);
});
