import type { Hold } from './draft.ts';
import { revisionName } from './names.ts';
import { canaryPods, podsFor } from './replicas.ts';
import type { RolloutStatus } from './rollout.ts';
import { stepsOf } from './rollout.ts';
import type { Split } from './split.ts';
import { shareOf } from './split.ts';
import type { Step } from './steps/index.ts';
import { scaleAt, weightAt } from './steps/index.ts';
import { msOf } from './time.ts';
import type { Revision, World } from './world.ts';

/** Questions that several parts of the planner ask of the same world and status. */

export const canaryOf = (world: World) => world.rollout.spec.strategy.canary;
export const stepsIn = (world: World): readonly Step[] => stepsOf(canaryOf(world));

export const findRevision = (world: World, revision: string | undefined): Revision | undefined =>
  revision === undefined ? undefined : world.revisions.find((candidate) => candidate.revision === revision);

/** Replicas that users and autoscalers ask for. */
export function wantedReplicas(world: World): number {
  const stable = findRevision(world, world.rollout.status.stableRevision);
  return world.rollout.spec.replicas ?? stable?.deployment?.replicas ?? world.workload?.replicas ?? 1;
}

/**
 * Stable has all of the traffic, and the pods for it, never fewer than the least of a revision. While a canary is on its way it keeps what its worst case needs:
 * all of it, and not less than when the run began.
 */
export function stableReplicas(world: World, status: RolloutStatus): number {
  const isUnderWay = status.canaryRevision !== undefined && status.phase !== 'RolledBack';
  const floor = isUnderWay ? (status.run?.replicasFloor ?? 0) : 0;
  return podsFor(100, Math.max(wantedReplicas(world), floor), canaryOf(world).minPodsPerRevision);
}

/** Pods that the canary must have for `goalWeight`, and for what it has or may still have. */
export function canaryReplicas(world: World, status: RolloutStatus, goalWeight: number): number {
  const needed = neededReplicas(world, status, goalWeight);
  const present = findRevision(world, status.canaryRevision)?.deployment?.replicas ?? 0;
  // A data plane that lags may still send the old share: no pod goes before the new one is confirmed.
  return isConfirmed(status) ? needed : Math.max(needed, present);
}

/** The least of them, those that go later left out. */
export function neededReplicas(world: World, status: RolloutStatus, goalWeight: number): number {
  const steps = stepsIn(world);
  const index = Math.min(status.step?.index ?? 0, steps.length - 1);
  const isComplete = (status.step?.index ?? 0) >= steps.length;
  return canaryPods({
    scale: isComplete ? { kind: 'traffic' } : scaleAt(steps, index),
    weightPercent: Math.max(goalWeight, currentWeight(status)),
    // A Rollout that is scaled to zero still tries its next revision on a pod.
    replicas: Math.max(1, isComplete ? stableReplicas(world, status) : wantedReplicas(world)),
    minPods: canaryOf(world).minPodsPerRevision,
  });
}

/** The highest weight that the data plane may have now. */
export const currentWeight = (status: RolloutStatus): number =>
  Math.max(status.weight?.desired ?? 0, isConfirmed(status) ? 0 : (status.weight?.written ?? 0));

export const isConfirmed = (status: RolloutStatus): boolean => status.weight?.confirmedAt !== undefined;

/** From when on pods without weight may go. An adapter's object is what it has told the data plane, which is still to follow, and pods that go are not coming back. */
export function followedAt(world: World, { weight }: RolloutStatus): number {
  if (weight?.confirmedAt === undefined) return Number.POSITIVE_INFINITY;
  return weight.confirmedBy === 'Adapter' ? msOf(weight.confirmedAt) + maxLagMs(world) : 0;
}

/** And the adapter's object has not left it since: one that is slow may still come with an older weight. */
export const isFollowed = (world: World, status: RolloutStatus): boolean =>
  world.nowMs >= followedAt(world, status) && !(world.traffic.kind === 'usable' && world.traffic.adapter.kind === 'contradicts');

/** What the newest revision gets: the canary its weight, and stable all of it where there is no canary. Unknown while the workload still has some. */
export function newestWeight({ phase, stableRevision, canaryRevision, weight }: RolloutStatus): number | undefined {
  if (stableRevision === undefined || phase === 'Initializing') return undefined;
  return canaryRevision === undefined ? 100 : (weight?.desired ?? 0);
}

/** The weight that the present step stands for; all of it once the steps are through. */
export function stepWeight(world: World, status: RolloutStatus): number {
  const steps = stepsIn(world);
  const index = status.step?.index ?? 0;
  return index >= steps.length ? 100 : weightAt(steps, index);
}

/** Where the data plane can send to. What is left of the endpoints of a Service that is gone leads nowhere. */
export const endpointsOf = (revision: Revision | undefined): number => (revision?.service === undefined ? 0 : revision.readyEndpoints);

/** Pods that count: ready ones of the Deployment that are endpoints of its Service, too. */
export const readyPods = (revision: Revision | undefined): number =>
  revision?.deployment?.isObserved ? Math.min(revision.deployment.readyReplicas, endpointsOf(revision)) : 0;

/** Somebody deleted it: a Service is made before its Deployment, and goes only with it. */
export const lacksService = (revision: Revision | undefined): revision is Revision =>
  revision?.deployment !== undefined && revision.service === undefined;

/** The split that status asks for. The canary is named as soon as its Service is there, so that meshes know it before it has weight. */
export function desiredSplit(world: World, status: RolloutStatus): Split | undefined {
  const { rollout } = world;
  if (status.stableRevision === undefined) return undefined;
  const weight = status.weight?.desired ?? 0;
  const stable = { service: revisionName(rollout.name, status.stableRevision), weight: 100 - weight };
  const canary = findRevision(world, status.canaryRevision);
  const isNamed = canary?.service !== undefined || weight > 0;
  const backends =
    status.canaryRevision !== undefined && isNamed
      ? [{ service: revisionName(rollout.name, status.canaryRevision), weight }, stable]
      : [stable];
  return { root: rollout.spec.service.name, backends };
}

/** The split gives it requests as it stands, whosever it is. */
export const isSentTo = ({ traffic }: World, service: string): boolean =>
  traffic.kind === 'usable' && traffic.split.kind === 'present' && shareOf(traffic.split.split, service) > 0;

/** How long the data plane may lag behind what is written, at the most. */
export function maxLagMs(world: World): number {
  const { maxLag } = canaryOf(world).confirmation;
  return maxLag ?? (world.traffic.kind === 'usable' ? world.traffic.defaultMaxLagMs : 10_000);
}

/** `spec.service.ports` asks us to make the root Service; an empty list asks for nothing. */
export const hasOwnPorts = ({ rollout }: World): boolean => (rollout.spec.service.ports ?? []).length > 0;

/** Without a count of those that are ready: a sentence that changes with every pod would be a write with every pod. */
export const awaitingPods = (wanted: number, goalWeight: number): Hold => ({
  reason: 'AwaitingPods',
  message: `${wanted} canary ${wanted === 1 ? 'pod has' : 'pods have'} to be ready, and known to the data plane, for ${goalWeight} %`,
});
