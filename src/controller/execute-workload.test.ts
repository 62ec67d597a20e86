import { describe, expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import { templateHashAnnotation, templateHashOf } from '../core/objects/index.ts';
import { configUses } from '../core/revision.ts';
import type { PodTemplate } from '../core/world.ts';
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
  const scene = { world: aWorld().build(), owner: { namespace: 'shop', name: 'web', uid: 'r' } } as Scene;
  return restoreWorkload(effect, scene, { client, absorb: () => {} } as unknown as Executors, new AbortController().signal);
}
const restored = (failure: KubeFailure) => restoring(markOf(templateHashOf(template)), () => Promise.resolve(fail(failure)));
const refused: KubeFailure = { kind: 'invalid', status: 422, reason: 'Invalid', message: 'the server rejected our request', details: {} };

describe('the configuration of a workload that is given back', () => {
  const configMap = (color: string) => ({ metadata: { name: 'x', uid: 'u', resourceVersion: '1' }, data: { COLOR: color } });
  /** What is made, and which ConfigMap the workload reads afterwards. `undefined`: it is not there. */
  async function given(back: { readonly live: string | undefined; readonly copy: string | undefined }, created = ok({}) as unknown) {
    const made: unknown[] = [];
    const patches: unknown[] = [];
    const template = { metadata: {}, spec: { containers: [{ envFrom: [{ configMapRef: { name: `colors-${stableRevision}` } }] }] } };
    const annotations = { 'sluice.dev/configs': 'ConfigMap/colors' };
    const stable = { metadata: { name: 'web', annotations }, spec: { template } };
    const colors = (color: string | undefined) =>
      color === undefined ? fail({ kind: 'notFound', message: 'there is none' }) : ok(configMap(color));
    const client = {
      get: (_: unknown, { name }: { name: string }) =>
        Promise.resolve(name === 'colors' ? colors(back.live) : name.startsWith('colors') ? colors(back.copy) : ok(stable)),
      create: (_: unknown, __: unknown, body: unknown) => {
        made.push(body);
        return Promise.resolve(created);
      },
      patch: (_: unknown, __: unknown, body: unknown) => {
        const operations = Array.isArray(body) ? (body as readonly { path: string; value: unknown }[]) : [];
        patches.push(...operations.filter(({ path }) => path === '/spec/template').map(({ value }) => value));
        return Promise.resolve(ok({}));
      },
    } as unknown as KubeClient;
    const owner = { namespace: 'shop', name: 'web', uid: 'r', workload: { name: 'web', uid: 'w' } };
    const effect = { kind: 'restoreWorkload', uid: 'u', resourceVersion: '1', fromRevision: stableRevision, replicas: 4 } as const;
    const scene = { world: aWorld().build(), owner } as Scene;
    const executors = { client, absorb: () => {} } as unknown as Executors;
    expect(await restoreWorkload(effect, scene, executors, new AbortController().signal)).toMatchObject({ ok: true });
    return { made, reads: patches.flatMap((each) => configUses(each as PodTemplate).map(({ name }) => name)) };
  }
  const kept = `colors-kept-${stableRevision}`;

  test('is the user’s own where it is what stable reads', async () =>
    expect(await given({ live: 'blue', copy: 'blue' })).toEqual({ made: [], reads: ['colors'] }));
  test.each([
    ['has changed since', 'red'],
    ['is gone', undefined],
  ])('is kept as it was where it %s: nobody approved another one', async (_, live) => {
    const { made, reads } = await given({ live, copy: 'blue' });
    expect(reads).toEqual([kept]);
    const owners = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'w' }];
    expect(made).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: kept, namespace: 'shop', ownerReferences: owners },
        immutable: true,
        data: { COLOR: 'blue' },
      },
    ]);
  });
  test('is kept once, whatever a crash came between', async () =>
    expect((await given({ live: 'red', copy: 'blue' }, fail({ kind: 'alreadyExists', message: '' }))).reads).toEqual([kept]));
  test('is the user’s own where nothing else is left', async () =>
    expect(await given({ live: 'red', copy: undefined })).toEqual({ made: [], reads: ['colors'] }));
});

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
