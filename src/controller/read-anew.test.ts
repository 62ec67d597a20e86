import { expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import type { KubeClient, KubeObject, ObjectRef, Resource } from '../kube/index.ts';
import { fail, ok } from '../lib/index.ts';
import { readAnew } from './read-anew.ts';

test('what the writes of a plan are about is read past the watches; what cannot be read is left out', async () => {
  const absorbed: string[] = [];
  const get = (resource: Resource, { namespace, name }: ObjectRef) =>
    Promise.resolve(
      resource.plural === 'services'
        ? fail({ kind: 'notFound', message: 'gone' })
        : ok<KubeObject>({ metadata: { name, namespace, uid: 'u', resourceVersion: '9' } }),
    );
  const client = { get } as unknown as KubeClient;
  const world = aWorld().build();
  const absorb = (resource: Resource, { metadata }: KubeObject) => void absorbed.push(`${resource.plural} ${metadata.name}`);
  await readAnew(world, { client, absorb }, new AbortController().signal);
  expect(absorbed).toContain(`rollouts ${world.rollout.name}`);
  expect(absorbed).toContain(`deployments web-${stableRevision}`);
  expect(absorbed.filter((line) => line.startsWith('services'))).toEqual([]);
});
