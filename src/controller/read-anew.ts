import { labels, rollouts } from '../api/index.ts';
import { rolloutLabelValue } from '../core/names.ts';
import type { RolloutStatus } from '../core/rollout.ts';
import type { World } from '../core/world.ts';
import type { Resource } from '../kube/index.ts';
import type { Executors } from './execute.ts';
import type { MeshObject } from './mesh-watch.ts';
import { deployments, endpointSlices, services } from './resources.ts';

/**
 * Reads what a plan is about from the server, past the watches: one that has lost the last event of an object would have each write to it
 * refused until its next list, and have pods waited for that are there. `mesh`: the split, and the adapter's objects. What cannot be read is left to that list.
 */
export async function readAnew(
  world: World,
  mesh: readonly MeshObject[],
  { client, absorb }: Pick<Executors, 'client' | 'absorb'>,
  signal: AbortSignal,
): Promise<void> {
  const { rollout, workload, rootService, revisions } = world;
  const { namespace } = rollout;
  const wanted: readonly (readonly [Resource, string])[] = [
    [rollouts, rollout.name],
    ...(workload === undefined ? [] : [[deployments, workload.name] as const]),
    ...(rootService === undefined ? [] : [[services, rollout.spec.service.name] as const]),
    // Those that were not heard of, too: their first event may be what was lost.
    ...revisions.flatMap(({ name }) => [[deployments, name] as const, [services, name] as const]),
    ...mesh.map(({ resource, name }) => [resource, name] as const),
  ];
  for (const [resource, name] of wanted) {
    const read = await client.get(resource, { namespace, name }, signal);
    if (read.ok) absorb(resource, read.value);
  }
  // Their names are the cluster's own, and one that is not known cannot be asked for.
  const labelSelector = `${labels.rollout}=${rolloutLabelValue(rollout.name)}`;
  const slices = await client.list(endpointSlices, { namespace, labelSelector }, signal);
  if (!slices.ok) return;
  for (const slice of slices.value.items) absorb(endpointSlices, slice, slices.value.resourceVersion);
}

/**
 * Whether a status gives a release up that its forerunner did not, lets it go for another template, or says for the first time that a weight does not
 * arrive or that stable is lost. A canary that failed or lost its pods is cut before anything is read.
 */
export function isGivingUp(next: RolloutStatus | undefined, before: RolloutStatus): boolean {
  if (next === undefined) return false;
  const said = lateIn(before);
  // Its weight is 0 already: this only ends the wait for its pods.
  const isLeftBare = next.abort?.reason === 'CanaryUnavailable' && before.abort === undefined && before.weight?.desired === 0;
  return isLeftBare || isLettingGo(next, before) || lateIn(next).some((what) => !said.includes(what));
}

/** By what was heard of its template: its weight falls to 0 though nothing is wrong with it, or its run ends. */
function isLettingGo(next: RolloutStatus, before: RolloutStatus): boolean {
  if (next.abort !== undefined || next.phase === 'Terminating' || next.canaryUnavailableSince !== undefined) return false;
  const superseded = ({ history = [] }: RolloutStatus) =>
    history.filter(({ outcome }) => outcome === 'Superseded').map(({ startedAt }) => startedAt);
  const isCut = (before.weight?.desired ?? 0) > 0 && next.weight?.desired === 0 && next.phase !== 'Healthy';
  return isCut || superseded(next).some((startedAt) => !superseded(before).includes(startedAt));
}

function lateIn({ abort, conditions = [] }: Pick<RolloutStatus, 'abort' | 'conditions'>): readonly string[] {
  const said = [{ type: 'Aborted', reason: abort?.reason }, ...conditions];
  return said
    .filter(
      ({ type, reason }) =>
        type !== 'Ready' && type !== 'Reconciling' && (reason === 'ProgressDeadlineExceeded' || reason === 'WeightNotApplied'),
    )
    .map(({ type, reason }) => `${type} ${reason}`);
}

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
