import { rollouts } from '../api/index.ts';
import type { World } from '../core/world.ts';
import type { Resource } from '../kube/index.ts';
import type { Executors } from './execute.ts';
import { deployments, services } from './resources.ts';

/**
 * Reads what the writes of a plan are about from the server, past the watches: one that has lost the last event of an object would have
 * each write to it refused until its next list. What cannot be read is left to that list.
 */
export async function readAnew(world: World, { client, absorb }: Pick<Executors, 'client' | 'absorb'>, signal: AbortSignal): Promise<void> {
  const { rollout, workload, rootService, revisions } = world;
  const wanted: readonly (readonly [Resource, string])[] = [
    [rollouts, rollout.name],
    ...(workload === undefined ? [] : [[deployments, workload.name] as const]),
    ...(rootService === undefined ? [] : [[services, rollout.spec.service.name] as const]),
    ...revisions.flatMap(({ name, deployment, service }) => [
      ...(deployment === undefined ? [] : [[deployments, name] as const]),
      ...(service === undefined ? [] : [[services, name] as const]),
    ]),
  ];
  for (const [resource, name] of wanted) {
    const read = await client.get(resource, { namespace: rollout.namespace, name }, signal);
    if (read.ok) absorb(resource, read.value);
  }
}
