import { unusableBlocker } from '../blockers.ts';
import type { Draft, Hold } from '../draft.ts';
import { holding, waking, withEffects, withStatus } from '../draft.ts';
import { findRevision, isConfirmed, maxLagMs, stableReplicas } from '../facts.ts';
import { revisionLabel } from '../names.ts';
import { cutWeight } from '../run.ts';
import { isoOf, msOf } from '../time.ts';
import type { Workload, World } from '../world.ts';

/**
 * Deletion: stable keeps serving until what stays behind serves in its place. What stays behind is the stable revision's template,
 * never an unapproved one.
 *
 *   Returning (weight to stable) → Restoring (workload) → Unpinning → Unsplitting → Draining → Removing → finalizer
 */
export function terminating(world: World, draft: Draft): Draft {
  if (!world.rollout.hasFinalizer) return draft;
  const inPhase = withStatus(draft, { phase: 'Terminating' });
  switch (draft.status.phase === 'Terminating' ? draft.status.stage?.name : undefined) {
    case undefined:
      return returning(
        world,
        enter(world, withStatus(inPhase, { weight: cutWeight(draft.status.weight), waiting: undefined }), 'Returning'),
      );
    case 'Returning':
      return returning(world, inPhase);
    case 'Restoring':
      return restoring(world, inPhase);
    case 'Unpinning':
      return unpinning(world, inPhase);
    case 'Unsplitting':
      return unsplitting(world, inPhase);
    case 'Draining':
      return afterLag(world, inPhase, () => removing(world, enter(world, inPhase, 'Removing')));
    default:
      return removing(world, inPhase);
  }
}

const enter = (world: World, draft: Draft, name: string): Draft => withStatus(draft, { stage: { name, since: isoOf(world.nowMs) } });

const waitingFor = (draft: Draft, message: string): Draft => holding(draft, { reason: 'Terminating', message });

/** A Rollout that never took anything over has nothing to give back. */
const neverStarted = ({ status }: Draft): boolean => status.stableRevision === undefined;

/** Without TrafficSplits there is no split; one that cannot be read may be there, and send to the canary. */
const hiddenSplit = (world: World): Hold | undefined =>
  world.traffic.kind === 'unusable' && world.traffic.reason === 'TrafficSplitNotInstalled' ? undefined : unusableBlocker(world);

function returning(world: World, draft: Draft): Draft {
  if (neverStarted(draft)) return removing(world, enter(world, draft, 'Removing'));
  const hidden = hiddenSplit(world);
  if (hidden !== undefined) return { ...holding(draft, hidden), goalWeight: 0 };
  const split = world.traffic.kind === 'unusable' ? undefined : world.traffic.split;
  const hasSplit = split?.kind === 'present' && split.ownership.kind === 'ours';
  const isBack = draft.status.weight?.desired === 0 && isConfirmed(draft.status);
  const waiting = { ...draft, goalWeight: 0 };
  if (!isBack && hasSplit) return waitingFor(waiting, 'all traffic goes back to stable');
  const next = () => restoring(world, enter(world, withStatus(draft, { canaryRevision: undefined }), 'Restoring'));
  return isBack ? next() : afterLag(world, waiting, next);
}

function restoring(world: World, draft: Draft): Draft {
  const { workload } = world;
  const { stableRevision } = draft.status;
  // Unpinned, the root Service would select them, too.
  if (world.revisions.some(({ revision, readyEndpoints }) => revision !== stableRevision && readyEndpoints > 0))
    return waking(waitingFor(draft, 'the pods of all revisions but stable go'), msOf(draft.status.stage?.since ?? '') + maxLagMs(world));
  if (workload === undefined || workload.isDeleting || stableRevision === undefined)
    return unpinning(world, enter(world, draft, 'Unpinning'));
  const replicas = stableReplicas(world, draft.status);
  const isRestored = !workload.isPaused && workload.replicas === replicas && runsStable(world, stableRevision);
  if (!isRestored && findRevision(world, stableRevision)?.deployment !== undefined) {
    const held = waitingFor(draft, 'the workload gets the stable revision back');
    return withEffects(held, {
      kind: 'restoreWorkload',
      uid: workload.uid,
      resourceVersion: workload.resourceVersion,
      fromRevision: stableRevision,
      replicas,
    });
  }
  if (!isRestored && (workload.isPaused || workload.replicas === 0)) {
    const mayRun = runsStable(world, stableRevision) || replicas === 0 || isUntouched(draft, workload);
    return mayRun ? unpausing(draft, workload, replicas) : holding(draft, lost(workload, stableRevision));
  }
  if (!workload.isRolledOut || workload.readyReplicas < replicas)
    return waitingFor(draft, `${workload.readyReplicas} of ${replicas} pods of the workload are ready`);
  return unpinning(world, enter(world, draft, 'Unpinning'));
}

/** Its own pods have the traffic to this moment, or there never was a split: it rolls out what it would have without us. */
const isUntouched = ({ status }: Draft, { replicas }: Workload): boolean => replicas > 0 || status.weight?.written === undefined;

const lost = ({ name }: Workload, stableRevision: string): Hold => ({
  reason: 'StableRevisionLost',
  message:
    `the Deployment of the stable revision ${stableRevision} is gone, and with it the template that Deployment ${name} would get back; its own template is ` +
    `another, which nobody approved: give it the one that is to serve, and unpause and scale it by hand`,
  isStalled: true,
});

/** It gets its count, and rolls out what its template says. */
function unpausing(draft: Draft, { uid, resourceVersion, replicas: present }: Workload, replicas: number): Draft {
  const count = present === 0 && replicas > 0 ? { replicas } : {};
  const held = waitingFor(draft, 'the workload is unpaused');
  return withEffects(held, { kind: 'patchWorkload', uid, resourceVersion, isPaused: false, ...count });
}

/** By the template alone: its configuration may have changed since, and is not ours to change back. Without the revision's Deployment, by its name. */
function runsStable(world: World, stableRevision: string): boolean {
  const { workload, target } = world;
  const stable = findRevision(world, stableRevision)?.deployment;
  if (stable !== undefined) return workload?.templateHash === stable.templateHash;
  return target.kind === 'revision' && target.revision === stableRevision;
}

/** The workload's pods then serve beside ours. */
function unpinning(world: World, draft: Draft): Draft {
  const { rootService } = world;
  const pinned = rootService?.selector[revisionLabel];
  const isOurPin = pinned !== undefined && (pinned === draft.status.stableRevision || findRevision(world, pinned) !== undefined);
  if (rootService !== undefined && !rootService.isOurs && isOurPin) {
    const { uid, resourceVersion } = rootService;
    return withEffects(waitingFor(draft, 'the root Service is unpinned'), {
      kind: 'pinSelector',
      revision: undefined,
      uid,
      resourceVersion,
    });
  }
  return unsplitting(world, enter(world, draft, 'Unsplitting'));
}

function unsplitting(world: World, draft: Draft): Draft {
  const hidden = hiddenSplit(world);
  if (hidden !== undefined) return holding(draft, hidden);
  return afterLag(world, draft, () => {
    if (world.traffic.kind === 'usable' && world.traffic.split.kind === 'present' && world.traffic.split.ownership.kind === 'ours') {
      const { uid, resourceVersion } = world.traffic.split;
      return withEffects(waitingFor(draft, 'the split is removed'), { kind: 'deleteSplit', uid, resourceVersion });
    }
    const draining = enter(world, draft, 'Draining');
    return afterLag(world, draining, () => removing(world, enter(world, draining, 'Removing')));
  });
}

/** The data plane follows later; only then may the next thing change. With nothing left behind there is nothing to wait for. */
function afterLag(world: World, draft: Draft, next: () => Draft): Draft {
  if (world.workload === undefined) return next();
  const sinceMs = draft.status.stage === undefined ? 0 : msOf(draft.status.stage.since);
  const untilMs = sinceMs + maxLagMs(world);
  return world.nowMs >= untilMs ? next() : waking(waitingFor(draft, 'waiting for the data plane to follow'), untilMs);
}

function removing(world: World, draft: Draft): Draft {
  const remaining = world.revisions.filter(({ deployment, service }) => deployment !== undefined || service !== undefined);
  if (remaining.length > 0)
    return withEffects(
      waitingFor(draft, 'the revisions are removed'),
      ...remaining.map(({ revision }) => ({ kind: 'deleteRevision' as const, revision })),
    );
  if (world.rootService?.isOurs) {
    const { uid, resourceVersion } = world.rootService;
    return withEffects(waitingFor(draft, 'the root Service is removed'), { kind: 'deleteRootService', uid, resourceVersion });
  }
  return withEffects(draft, { kind: 'removeFinalizer' });
}
