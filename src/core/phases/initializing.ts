import { blocker, portMismatch } from '../blockers.ts';
import type { Draft, Hold } from '../draft.ts';
import { holding, waking, withEffects, withStatus } from '../draft.ts';
import { findRevision, followedAt, isConfirmed, maxLagMs, readyPods, stableReplicas } from '../facts.ts';
import { isoOf, msOf } from '../time.ts';
import { claimEffect } from '../upkeep/claim.ts';
import { pinState } from '../upkeep/pin.ts';
import type { Workload, World } from '../world.ts';
import { waitAgainstDeadline } from './deadline.ts';
import { reachableAt } from './guards.ts';

/**
 * Adoption: the first revision comes up beside what runs, takes the root Service, then the split, and only then does the workload
 * go to zero. One traffic-affecting object a stage; each stage is written down, so that a restart goes on where it was.
 *
 *   (claim) → Starting → Pinning → Pinned → Splitting → Draining → Healthy
 *
 * Until the split names it, a first revision that loses pods goes back to Starting.
 */
export function initializing(world: World, draft: Draft): Draft {
  const blocked = blocker(world) ?? firstTarget(world, draft);
  const inPhase = withStatus(draft, { phase: 'Initializing' });
  // Before anything has begun there is nothing to be in the middle of: people see that it does not go on.
  if (blocked !== undefined)
    return holding(draft.status.stableRevision === undefined ? withStatus(draft, { phase: 'Degraded' }) : inPhase, blocked);
  // Before anything of the user's is touched.
  const claim = claimEffect(world);
  if (claim !== undefined) return withEffects(inPhase, claim);
  switch (draft.status.stage?.name) {
    case undefined:
      return starting(world, enter(world, withFirstRevision(world, inPhase), 'Starting'));
    case 'Pinning':
    case 'Pinned':
      // Pods that went again are waited for again, and so is the data plane, which has to hear of those that come.
      if (!isUp(world, inPhase)) return starting(world, enter(world, inPhase, 'Starting'));
      return draft.status.stage?.name === 'Pinning' ? pinning(world, inPhase) : pinned(world, inPhase);
    case 'Starting':
      return starting(world, inPhase);
    case 'Splitting':
      return splitting(world, inPhase);
    default:
      return draining(world, inPhase);
  }
}

/** Until a first revision is written down the target decides it; afterwards a new template waits for its turn as a canary. */
function firstTarget({ target, rootService }: World, { status }: Draft): Hold | undefined {
  if (status.stableRevision !== undefined) return undefined;
  if (target.kind === 'unknown') return { reason: target.reason, message: target.message, isStalled: true };
  return target.template === undefined ? undefined : portMismatch(rootService?.ports ?? [], target.template);
}

function withFirstRevision({ target }: World, draft: Draft): Draft {
  if (target.kind === 'unknown' || draft.status.stableRevision !== undefined) return draft;
  return withStatus(draft, { stableRevision: target.revision, weight: { desired: 0 } });
}

const enter = (world: World, draft: Draft, name: string): Draft =>
  withStatus(draft, { stage: { name, since: isoOf(world.nowMs) }, waiting: undefined });

const sinceMs = ({ status }: Draft): number => (status.stage === undefined ? 0 : msOf(status.stage.since));

/** Nothing has moved yet: a first revision that cannot be made, or does not come up, gives way to a newer template. */
function rechosen(world: World, draft: Draft): Draft {
  const { target, rollout } = world;
  const { stableRevision, waiting } = draft.status;
  if (target.kind === 'unknown' || target.revision === stableRevision) return draft;
  const isOverdue = waiting !== undefined && world.nowMs >= msOf(waiting.since) + rollout.spec.progressDeadline;
  const canCome = findRevision(world, stableRevision)?.deployment !== undefined && !isOverdue;
  return canCome ? draft : enter(world, withStatus(draft, { stableRevision: target.revision }), 'Starting');
}

function starting(world: World, chosen: Draft): Draft {
  const draft = rechosen(world, chosen);
  const paused = pausing(world.workload, draft);
  if (isUp(world, draft)) return pinning(world, enter(world, paused, 'Pinning'));
  const wanted = stableReplicas(world, draft.status);
  const ready = readyPods(findRevision(world, draft.status.stableRevision));
  const held = holding(paused, { reason: 'AwaitingPods', message: `${ready} of ${wanted} pods of the first revision are ready` });
  return waitAgainstDeadline(world, held, 'Pods', ready);
}

function isUp(world: World, { status }: Draft): boolean {
  const stable = findRevision(world, status.stableRevision);
  return stable?.service !== undefined && stable.deployment !== undefined && readyPods(stable) >= stableReplicas(world, status);
}

/** So that no new template rolls out behind our back while its pods still have the traffic. */
function pausing(workload: Workload | undefined, draft: Draft): Draft {
  if (workload === undefined || workload.isPaused || workload.replicas === 0) return draft;
  return withEffects(draft, { kind: 'patchWorkload', uid: workload.uid, resourceVersion: workload.resourceVersion, isPaused: true });
}

/** Upkeep pins from this stage on. */
function pinning(world: World, draft: Draft): Draft {
  const pin = pinState(world, draft.status);
  if (pin.kind === 'due')
    return holding(draft, { reason: 'Initializing', message: 'the root Service is being pointed at the first revision' });
  return serves(world.workload) ? pinned(world, enter(world, draft, 'Pinned')) : reaching(world, draft);
}

/** A data plane that hears of the split before it knows the pods that it names would send requests nowhere. */
function reaching(world: World, draft: Draft): Draft {
  const untilMs = reachableAt(world, draft.status.stableRevision);
  if (untilMs === undefined || world.nowMs >= untilMs) return splitting(world, enter(world, draft, 'Splitting'));
  return waking(holding(draft, { reason: 'Initializing', message: 'waiting for the data plane to know the first revision' }), untilMs);
}

/** The data plane gets its lag to follow the endpoints before the split changes, too: pinned or not, it hears of the first revision's pods only now. */
function pinned(world: World, draft: Draft): Draft {
  const untilMs = sinceMs(draft) + maxLagMs(world);
  if (world.nowMs >= untilMs) return splitting(world, enter(world, draft, 'Splitting'));
  return waking(
    holding(draft, { reason: 'Initializing', message: 'waiting for the data plane to know the pods of the first revision' }),
    untilMs,
  );
}

/** Upkeep writes the split from this stage on. */
function splitting(world: World, draft: Draft): Draft {
  if (!isConfirmed(draft.status)) return holding(draft, { reason: 'AwaitingWeight', message: 'the split is not confirmed yet' });
  const untilMs = followedAt(world, draft.status);
  if (world.nowMs < untilMs && serves(world.workload))
    return waking(
      holding(draft, { reason: 'AwaitingWeight', message: 'waiting for the data plane to follow what the adapter has taken over' }),
      untilMs,
    );
  return draining(world, enter(world, draft, 'Draining'));
}

/** The workload's own pods carry nothing any more. Unpaused in the same write: a paused Deployment looks suspended for ever. */
function draining(world: World, draft: Draft): Draft {
  const { workload } = world;
  const done = withStatus(draft, { phase: 'Healthy', stage: undefined, waiting: undefined });
  if (workload === undefined || (workload.replicas === 0 && !workload.isPaused)) return done;
  return withEffects(holding(draft, { reason: 'Initializing', message: 'the workload is scaled to zero' }), {
    kind: 'patchWorkload',
    uid: workload.uid,
    resourceVersion: workload.resourceVersion,
    isPaused: false,
    replicas: 0,
  });
}

const serves = (workload: Workload | undefined): boolean => workload !== undefined && workload.replicas > 0;
