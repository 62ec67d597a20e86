import { sameJson } from '../../lib/index.ts';
import type { Draft } from '../draft.ts';
import { telling, waking, withEffects, withStatus } from '../draft.ts';
import {
  canaryReplicas,
  findRevision,
  followedAt,
  hasOwnPorts,
  isConfirmed,
  isFollowed,
  isSentTo,
  lacksService,
  maxLagMs,
  stableReplicas,
  stepWeight,
} from '../facts.ts';
import { revisionLabel } from '../names.ts';
import type { Effect } from '../plan.ts';
import type { RolloutStatus } from '../rollout.ts';
import { earliest, isoOf, msOf } from '../time.ts';
import type { Revision, World } from '../world.ts';
import { portsOf, rootPortsOf } from './ports.ts';
import { keepPinned } from './workload.ts';

/** The objects of each revision: made where they are missing, scaled to what their traffic needs, removed past the history limit. */
export function keepRevisions(world: World, draft: Draft): Draft {
  if (isRemoving(draft)) return draft;
  const cooled = coolDown(world, draft);
  const lost = lostServices(world, cooled);
  // With an older Rollout on the same Service nothing new is made; what has traffic is still ours to look after.
  if (world.rival !== undefined && draft.status.phase !== 'Terminating') return scaled(world, withEffects(cooled, ...lost));
  const made = [...missing(world, cooled), ...lost];
  return withEffects(scaled(world, withEffects(cooled, ...made, ...ports(world, cooled))), ...beyondHistory(world, cooled));
}

const isRemoving = ({ status }: Draft): boolean => status.phase === 'Terminating' && status.stage?.name === 'Removing';

/** Warm revisions whose time is over are scaled down, and forgotten once they have no pods: that write tells of their count as well. */
function coolDown(world: World, draft: Draft): Draft {
  const stored = draft.status.warm;
  if (stored === undefined) return draft;
  const warm = stored.map((entry) => stillSelected(world, draft, entry));
  const { stableRevision, canaryRevision, abort } = draft.status;
  const kept = warm.filter((entry) => {
    if (entry.revision === stableRevision) return false;
    // Asked for again: its pods are the canary's afterwards.
    if (entry.revision === canaryRevision && abort === undefined) return msOf(entry.until) > world.nowMs;
    return isWarm(world, draft.status, entry) || hasPods(world, entry.revision);
  });
  const ends = kept.map(({ until }) => msOf(until)).filter((endsMs) => endsMs > world.nowMs);
  const woken = waking(draft, earliest(...ends));
  return sameJson(kept, stored) ? woken : withStatus(woken, { warm: kept.length === 0 ? undefined : kept });
}

type Warm = NonNullable<RolloutStatus['warm']>[number];

const isWarm = (world: World, status: RolloutStatus, { until }: Warm): boolean => msOf(until) > world.nowMs || !isConfirmed(status);

const hasPods = (world: World, revision: string): boolean => (findRevision(world, revision)?.deployment?.totalReplicas ?? 0) > 0;

/**
 * While the root Service is seen to select it, its clients are there, and for the data plane's lag afterwards. Where the selector is not ours to move now,
 * or may not be moved, that may be for ever: no write for each lag.
 */
function stillSelected(world: World, draft: Draft, entry: Warm): Warm {
  const lagMs = maxLagMs(world);
  if (world.rootService?.selector[revisionLabel] !== entry.revision || msOf(entry.until) >= world.nowMs + lagMs) return entry;
  const isMoving = world.obstacle === undefined && keepPinned(world, draft).effects.length > draft.effects.length;
  return { ...entry, until: isoOf(world.nowMs + (isMoving ? 2 * lagMs : Math.max(2 * lagMs, leftSelectedMs))) };
}

const leftSelectedMs = 600_000;

/** Objects of the stable and the canary revision that are not there. A Deployment needs the template, so only the target's can be made. */
function missing(world: World, draft: Draft): readonly Effect[] {
  const { stableRevision, canaryRevision } = draft.status;
  const isOver = draft.status.abort !== undefined;
  const wanted = [
    { revision: stableRevision, replicas: stableReplicas(world, draft.status) },
    { revision: isOver ? undefined : canaryRevision, replicas: canaryReplicas(world, draft.status, goalOf(world, draft)) },
  ];
  const rootEffects: readonly Effect[] =
    world.rootService === undefined && hasOwnPorts(world) && stableRevision !== undefined ? [{ kind: 'createRootService' }] : [];
  return [
    ...rootEffects,
    ...wanted.flatMap(({ revision, replicas }) => (revision === undefined ? [] : missingOf(world, revision, replicas))),
  ];
}

function missingOf(world: World, revision: string, replicas: number): readonly Effect[] {
  const present = findRevision(world, revision);
  if (present?.deployment !== undefined) return [];
  const service: readonly Effect[] = present?.service === undefined && hasRoot(world) ? [{ kind: 'createRevisionService', revision }] : [];
  const { target } = world;
  if (target.kind === 'unknown' || target.revision !== revision) return service;
  const { template, configs } = target;
  if (template === undefined) return service;
  return [
    ...configs.map((config): Effect => ({ kind: 'copyConfig', config, revision })),
    ...service,
    { kind: 'createDeployment', revision, replicas, template, configs },
  ];
}

/** The ports of a revision's Service are the root Service's. */
const hasRoot = (world: World): boolean => world.rootService !== undefined || hasOwnPorts(world);

/** The Services of pods that have traffic, or may have some until a cut is confirmed: made again at once. */
function lostServices(world: World, { status }: Draft): readonly Effect[] {
  if (!hasRoot(world)) return [];
  const serving = [status.stableRevision, status.phase === 'RolledBack' ? undefined : status.canaryRevision];
  return serving
    .map((revision) => findRevision(world, revision))
    .filter(lacksService)
    .map(({ revision }) => ({ kind: 'createRevisionService', revision }));
}

/** Of the root Service, where it is ours, and of the revisions that have traffic, or may have it again at once. */
function ports(world: World, { status }: Draft): readonly Effect[] {
  const serving = new Set([status.stableRevision, status.canaryRevision, ...(status.warm ?? []).map(({ revision }) => revision)]);
  const own = world.revisions.filter(({ revision }) => serving.has(revision)).flatMap((revision) => portsOf(world, status, revision));
  return [...rootPortsOf(world), ...own];
}

/** Pods are made ready for the weight that comes next; they go only when their traffic has gone, confirmed. */
const goalOf = (world: World, draft: Draft): number => draft.goalWeight ?? stepWeight(world, draft.status);

function scaled(world: World, draft: Draft): Draft {
  return world.revisions.reduce(
    (before, revision) => {
      const { deployment } = revision;
      const replicas = replicasOf(world, draft, revision);
      if (deployment === undefined || replicas === undefined || deployment.replicas === replicas) return before;
      const { uid, resourceVersion, replicasManager } = deployment;
      const after = withEffects(before, { kind: 'scaleDeployment', revision: revision.revision, replicas, uid, resourceVersion });
      if (replicasManager === undefined) return after;
      const what = `${replicasManager} set spec.replicas of Deployment ${revision.name} to ${deployment.replicas}`;
      return telling(after, {
        severity: 'Warning',
        reason: 'Corrected',
        message: `${what}; it is put back to ${replicas}: scale the Rollout instead`,
      });
    },
    wokenForPods(world, draft),
  );
}

/** Pods that wait for the data plane alone go when it has followed. */
function wokenForPods(world: World, draft: Draft): Draft {
  const { stableRevision, warm = [] } = draft.status;
  const others = new Set([stableRevision, ...warm.filter(({ until }) => msOf(until) > world.nowMs).map(({ revision }) => revision)]);
  const followedAtMs = followedAt(world, draft.status);
  const isWaiting = world.revisions.some(({ revision, deployment }) => !others.has(revision) && (deployment?.replicas ?? 0) > 0);
  return isWaiting && followedAtMs > world.nowMs ? waking(draft, followedAtMs) : draft;
}

/** Undefined: as it is. */
function replicasOf(world: World, draft: Draft, { revision, name, deployment }: Revision): number | undefined {
  const { status } = draft;
  if (revision === status.stableRevision) return stableReplicas(world, status);
  // After a promotion, until the root Service is seen to select the new one: its clients are with the old pods.
  if (world.rootService?.selector[revisionLabel] === revision) return undefined;
  if (status.phase === 'Terminating' && status.stage?.name !== 'Returning') return isLetGo(world, status, name) ? 0 : undefined;
  const isStillWarm = status.warm?.some((entry) => entry.revision === revision && isWarm(world, status, entry)) === true;
  // Its drain begins when it is rolled back.
  if (revision === status.canaryRevision && status.phase === 'Aborting') return undefined;
  if (revision === status.canaryRevision && status.abort === undefined) {
    // One that comes again keeps its pods for as long as if it had not: clients of the root Service may still be with them.
    const kept = isFollowed(world, status) && !isStillWarm ? 0 : (deployment?.replicas ?? 0);
    return Math.max(canaryReplicas(world, status, goalOf(world, draft)), kept);
  }
  if (isStillWarm) return undefined;
  // Neither stable nor canary: without traffic since the last weight that was followed, or, while one is open, not yet for sure.
  const hasNoTraffic = isFollowed(world, status) || (status.phase === 'Initializing' && status.stage?.name === 'Starting');
  return hasNoTraffic ? 0 : deployment?.replicas;
}

/** In a deletion. Somebody may edit the split in the middle of it; and clients of the root Service may be with the pods of what was stable a moment ago. */
function isLetGo(world: World, status: RolloutStatus, service: string): boolean {
  const { traffic } = world;
  const isOurs = traffic.kind === 'usable' && traffic.split.kind === 'present' && traffic.split.ownership.kind === 'ours';
  if (isSentTo(world, service) || (isOurs && !isFollowed(world, status))) return false;
  return status.stage?.name !== 'Restoring' || world.nowMs >= msOf(status.stage.since) + maxLagMs(world);
}

/** Old revisions are kept, at zero, for undo; the oldest beyond the limit go, once no pod and no split speaks of them. */
function beyondHistory(world: World, draft: Draft): readonly Effect[] {
  const { stableRevision, canaryRevision, warm = [], phase } = draft.status;
  if (phase === 'Initializing' || phase === 'Terminating') return [];
  const inUse = new Set([stableRevision, canaryRevision, ...warm.map(({ revision }) => revision)]);
  const old = world.revisions
    .filter(({ revision }) => !inUse.has(revision))
    .toSorted((left, right) => (left.createdAt < right.createdAt ? 1 : -1));
  const named = new Set(
    world.traffic.kind === 'usable' && world.traffic.split.kind === 'present'
      ? world.traffic.split.split.backends.map(({ service }) => service)
      : [],
  );
  return old
    .slice(world.rollout.spec.revisionHistoryLimit)
    .filter(({ deployment, name }) => (deployment?.totalReplicas ?? 0) === 0 && !named.has(name))
    .map(({ revision }) => ({ kind: 'deleteRevision', revision }));
}
