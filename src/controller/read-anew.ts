import { rollouts } from '../api/index.ts';
import type { RolloutStatus } from '../core/rollout.ts';
import type { World } from '../core/world.ts';
import type { Resource } from '../kube/index.ts';
import type { Executors } from './execute.ts';
import type { MeshObject } from './mesh-watch.ts';
import { deployments, services } from './resources.ts';

/**
 * Reads what a plan is about from the server, past the watches: one that has lost the last event of an object would have each write to it
 * refused until its next list, and have pods waited for that are there. `mesh`: the split, and the adapter's objects. What cannot be read is left to that list. True: something had changed.
 */
export async function readAnew(
  world: World,
  mesh: readonly MeshObject[],
  { client, absorb }: Pick<Executors, 'client' | 'absorb'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { rollout, workload, rootService, revisions } = world;
  const wanted: readonly (readonly [Resource, string, { readonly resourceVersion: string }])[] = [
    [rollouts, rollout.name, rollout],
    ...(workload === undefined ? [] : [[deployments, workload.name, workload] as const]),
    ...(rootService === undefined ? [] : [[services, rollout.spec.service.name, rootService] as const]),
    ...revisions.flatMap(({ name, deployment, service }) => [
      ...(deployment === undefined ? [] : [[deployments, name, deployment] as const]),
      ...(service === undefined ? [] : [[services, name, service] as const]),
    ]),
    ...mesh.map((object) => [object.resource, object.name, object] as const),
  ];
  let isNews = false;
  for (const [resource, name, known] of wanted) {
    const read = await client.get(resource, { namespace: rollout.namespace, name }, signal);
    if (!read.ok) continue;
    isNews ||= read.value.metadata.resourceVersion !== known.resourceVersion;
    absorb(resource, read.value);
  }
  return isNews;
}

/** What was waited for has not come in its time, pods or a weight, and that is said now: with an abort or without. */
export const isGivingUp = (next: RolloutStatus | undefined, before: RolloutStatus): boolean =>
  next !== undefined && isLate(next) && !isLate(before);

const isLate = ({ abort, conditions }: RolloutStatus): boolean =>
  [abort?.reason, ...conditions.filter(({ type }) => type === 'Stalled' || type === 'WeightConfirmed').map(({ reason }) => reason)].some(
    (reason) => reason === 'ProgressDeadlineExceeded' || reason === 'WeightNotApplied',
  );

const enoughMs = 60_000;

/** When each Rollout was last read anew before it was given up: what the server says holds for a minute, or a change a second would put that off for ever. */
export class LastLooks {
  readonly #atMs = new Map<string, number>();

  /** And it counts as looked at. */
  isDue(key: string, nowMs: number): boolean {
    if (nowMs - (this.#atMs.get(key) ?? Number.NEGATIVE_INFINITY) < enoughMs) return false;
    this.#atMs.set(key, nowMs);
    return true;
  }

  forget(key: string): void {
    this.#atMs.delete(key);
  }
}
