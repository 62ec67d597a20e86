import type { Draft, Hold } from '../draft.ts';
import { holding, waking, withEffects, withStatus } from '../draft.ts';
import { findRevision, isConfirmed, maxLagMs, stableReplicas } from '../facts.ts';
import { revisionLabel } from '../names.ts';
import { cutWeight } from '../run.ts';
import { msOf } from '../time.ts';
import type { Workload, World } from '../world.ts';
import { afterLag, awaitingWorkload, enter, hiddenSplit, lettingGo, removing, waitingFor } from './letting-go.ts';

/**
 * Deletion: stable keeps serving until what stays behind serves in its place. What stays behind is the stable revision's template,
 * never an unapproved one.
 *
 *   Returning (weight to stable) → Restoring (workload) → Unpinning → letting go
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
    default:
      return lettingGo(world, inPhase);
  }
}

/** A Rollout that never took anything over has nothing to give back. */
const neverStarted = ({ status }: Draft): boolean => status.stableRevision === undefined;

function returning(world: World, draft: Draft): Draft {
  if (neverStarted(draft)) return removing(world, enter(world, draft, 'Removing'));
  const hidden = hiddenSplit(world);
  if (hidden !== undefined) return { ...holding(draft, hidden), goalWeight: 0 };
  const split = world.traffic.kind === 'unusable' ? undefined : world.traffic.split;
  const hasSplit = split?.kind === 'present' && split.ownership.kind === 'ours';
  const isBack = draft.status.weight?.desired === 0 && isConfirmed(draft.status);
  const waiting = { ...draft, goalWeight: 0 };
  if (!isBack && hasSplit) {
    const { weightHold } = draft;
    if (weightHold?.reason === 'WeightNotApplied') return { ...waiting, hold: { ...weightHold, isStalled: true } };
    return waitingFor(waiting, 'all traffic goes back to stable');
  }
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
  return awaitingWorkload(world, draft, replicas) ?? unpinning(world, enter(world, draft, 'Unpinning'));
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
  return lettingGo(world, enter(world, draft, 'Unsplitting'));
}
