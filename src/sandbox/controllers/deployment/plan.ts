import { sameJson } from '../../../lib/index.ts';
import type { Deployment, Labels, ReplicaSet } from '../../objects/index.ts';
import { isComplete, type NextStatus, nextStatus } from './conditions.ts';
import { bounds, byAge, isActive, isRolling, newReplicas, type Scaling, scaleAll, scaleDownOld, specReplicas } from './counts.ts';
import { annotations, hasTemplateOf, revisionOf, type Stamp, stamped } from './revisions.ts';

export interface DeploymentWorld {
  readonly deployment: Deployment;
  /** Those that it controls. */
  readonly replicaSets: readonly ReplicaSet[];
  /** Pods of these ReplicaSets that are not over yet, those on their way out among them. */
  readonly podsOf: (replicaSet: ReplicaSet) => number;
  readonly nowMs: number;
}

export interface Update {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
  readonly annotations: Labels;
}

/** One pass over a Deployment: what to write, in this order. */
export interface DeploymentPlan {
  readonly create: { readonly replicas: number; readonly stamp: Stamp } | undefined;
  readonly updates: readonly Update[];
  readonly deletions: readonly ReplicaSet[];
  /** The revision that the Deployment's own annotation should say. */
  readonly revision: number | undefined;
  status(created: string | undefined): NextStatus;
}

export function planDeployment(world: DeploymentWorld): DeploymentPlan {
  const { deployment, replicaSets, nowMs } = world;
  const newest = replicaSets.toSorted(byAge).find((set) => hasTemplateOf(set, deployment));
  const old = replicaSets.filter((set) => set !== newest);
  const stamp: Stamp = {
    revision: 1 + Math.max(0, ...old.map(revisionOf)),
    maxReplicas: deployment.spec.replicas + bounds(deployment).maxSurge,
  };
  const isRollout = deployment.spec.paused !== true && !isScaled(deployment, replicaSets);
  const create = isRollout && newest === undefined ? creation(world, old, stamp) : undefined;
  const scalings = isRollout ? rollout(world, newest, old) : scaleAll(deployment, newest, old);
  return {
    create,
    updates: updatesOf(deployment, newest, scalings, stamp),
    deletions: isRollout || deployment.spec.paused === true ? surplus(deployment, old) : [],
    revision:
      newest === undefined && create === undefined ? undefined : Math.max(stamp.revision, newest === undefined ? 0 : revisionOf(newest)),
    status: (created) => nextStatus({ deployment, newest, all: replicaSets, created, nowMs }, isRollout),
  };
}

/** Somebody has changed the count since the ReplicaSets were told. */
const isScaled = ({ spec }: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.filter(isActive).some(({ metadata }) => {
    const desired = metadata.annotations?.[annotations.desiredReplicas];
    return desired !== undefined && Number(desired) !== spec.replicas;
  });

function creation(world: DeploymentWorld, old: readonly ReplicaSet[], stamp: Stamp): DeploymentPlan['create'] {
  const { deployment } = world;
  if (!isRolling(deployment) && isOldRunning(world, old)) return undefined;
  return { replicas: newReplicas(deployment, old, 0), stamp };
}

/** Up before down, and one of the two in a pass. */
function rollout(world: DeploymentWorld, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Scaling[] {
  const { deployment } = world;
  if (!isRolling(deployment)) return recreation(world, newest, old);
  if (newest === undefined) return [];
  const { replicas } = deployment.spec;
  const wanted = newest.spec.replicas > replicas ? replicas : newReplicas(deployment, [newest, ...old], newest.spec.replicas);
  if (wanted !== newest.spec.replicas) return [{ replicaSet: newest, replicas: wanted }];
  return scaleDownOld(deployment, newest, old);
}

/** First everything old is gone, to the last pod; then the new ones come. */
function recreation(world: DeploymentWorld, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Scaling[] {
  if (specReplicas(old) > 0) return old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  const { replicas } = world.deployment.spec;
  if (newest === undefined || isOldRunning(world, old) || newest.spec.replicas === replicas) return [];
  return [{ replicaSet: newest, replicas }];
}

const isOldRunning = ({ podsOf }: DeploymentWorld, old: readonly ReplicaSet[]): boolean =>
  old.some((set) => (set.status?.replicas ?? 0) > 0 || set.spec.replicas > 0 || podsOf(set) > 0);

/** Scaled ones learn the new counts; the newest carries the Deployment's annotations and the highest revision. */
function updatesOf(deployment: Deployment, newest: ReplicaSet | undefined, scalings: readonly Scaling[], stamp: Stamp): readonly Update[] {
  const counts = { [annotations.desiredReplicas]: String(deployment.spec.replicas), [annotations.maxReplicas]: String(stamp.maxReplicas) };
  const updates = scalings.map(({ replicaSet, replicas }) => ({
    ...{ replicaSet, replicas },
    annotations:
      replicaSet === newest
        ? stamped(deployment, replicaSet.metadata.annotations ?? {}, stamp)
        : { ...replicaSet.metadata.annotations, ...counts },
  }));
  if (newest !== undefined && !scalings.some(({ replicaSet }) => replicaSet === newest)) {
    const wanted = stamped(deployment, newest.metadata.annotations ?? {}, stamp);
    if (!sameJson(wanted, newest.metadata.annotations))
      updates.unshift({ replicaSet: newest, replicas: newest.spec.replicas, annotations: wanted });
  }
  return updates.filter(
    ({ replicaSet, replicas, annotations: wanted }) =>
      replicas !== replicaSet.spec.replicas || !sameJson(wanted, replicaSet.metadata.annotations),
  );
}

/** Once a rollout is complete, old ones beyond the limit go, the oldest first. */
function surplus(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const { revisionHistoryLimit, paused } = deployment.spec;
  if (revisionHistoryLimit === undefined || (paused !== true && !isComplete(deployment, deployment.status ?? {}))) return [];
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return alive
    .toSorted((left, right) => revisionOf(left) - revisionOf(right))
    .slice(0, Math.max(0, alive.length - revisionHistoryLimit))
    .filter(
      ({ metadata, spec, status }) =>
        spec.replicas === 0 && (status?.replicas ?? 0) === 0 && (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0),
    );
}
