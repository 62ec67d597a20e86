// What a Rollout that was deleted must leave behind: the user's own objects as they were, serving; and nothing of ours.
import { expect } from 'vitest';
import type { Deployment } from '../kit/apps.ts';
import type { KubeObject } from '../kit/client.ts';
import { type Plural, pathOf } from '../kit/paths.ts';
import type { Scenario } from '../kit/scenario.ts';
import { waitFor, waitForObject } from '../kit/wait.ts';

interface Selecting extends KubeObject {
  readonly spec: { readonly selector?: Readonly<Record<string, string>> };
}

export async function isGone({ bed, name }: Scenario, deadlineMs = 240_000): Promise<void> {
  await waitForObject(bed.admin, pathOf('rollouts', name, 'web'), `Rollout ${name}/web gone`, (object) => object === undefined, {
    deadlineMs,
  });
}

/** The workload as it was: image, count, unpaused, ready; the Service selects what it selected. */
export async function isGivenBack({ bed, name }: Scenario, image: string, replicas: number): Promise<void> {
  const workload = await bed.admin.get<Deployment>(pathOf('deployments', name, 'web'));
  const spec = workload.spec as Deployment['spec'] & { readonly paused?: boolean };
  expect(spec.paused ?? false).toBe(false);
  expect(spec.replicas).toBe(replicas);
  const { containers } = spec.template.spec as { readonly containers: readonly { readonly image: string }[] };
  expect(containers.map((container) => container.image)).toEqual([image]);
  expect(Object.keys(spec.template.metadata.labels ?? {}).filter((key) => key.startsWith('sluice.dev/'))).toEqual([]);
  expect(workload.status).toMatchObject({ readyReplicas: replicas, updatedReplicas: replicas, replicas });
  const { spec: service } = await bed.admin.get<Selecting>(pathOf('services', name, 'web'));
  expect(service.selector).toEqual({ app: 'web' });
}

const ours = ['deployments', 'services', 'configmaps', 'secrets', 'trafficsplits'] as const satisfies readonly Plural[];

/** Objects with an owner reference or a label of ours; the garbage collector takes its time with what hangs on the Rollout. */
export async function nothingLeft({ bed, name }: Scenario): Promise<void> {
  await waitFor(`nothing of ours to be left in ${name}`, async () => {
    const lists = await Promise.all(ours.map((plural) => bed.admin.list<KubeObject>(pathOf(plural, name))));
    const left = lists.flatMap(({ items }) => items.filter(isOurs)).map(({ metadata }) => metadata.name);
    if (left.length > 0) throw new Error(left.join(', '));
    return true;
  });
}

const isOurs = ({ metadata }: KubeObject): boolean =>
  Object.keys({ ...metadata.labels, ...metadata.annotations }).some((key) => key.startsWith('sluice.dev/')) ||
  (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Rollout');
