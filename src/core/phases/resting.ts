import { blocker, portMismatch } from '../blockers.ts';
import type { Draft, Hold } from '../draft.ts';
import { holding, waking, withStatus } from '../draft.ts';
import { findRevision, readyPods, stableReplicas } from '../facts.ts';
import { attemptOf, begin } from '../run.ts';
import { templateRemark } from '../template-remark.ts';
import { isoOf, msOf } from '../time.ts';
import { pendingPorts } from '../upkeep/ports.ts';
import type { Revision, World } from '../world.ts';
import { serviceGuard, shortHold } from './guards.ts';
import { progressing } from './progressing.ts';

/** No canary: stable serves, and a new template begins a run. */
export function resting(world: World, draft: Draft): Draft {
  const { target } = world;
  if (target.kind === 'unknown') return degraded(draft, { reason: target.reason, message: target.message, isStalled: true });
  if (target.revision !== draft.status.stableRevision) return beginning(world, draft, target.revision);
  const blocked = blocker(world);
  return blocked === undefined ? healthy(world, draft) : degraded(draft, blocked);
}

function beginning(world: World, draft: Draft, revision: string): Draft {
  const template = world.target.kind === 'revision' ? world.target.template : undefined;
  const mismatch = template === undefined ? undefined : portMismatch(world.rootService?.ports ?? [], template);
  const blocked = blocker(world) ?? mismatch;
  if (blocked !== undefined) return degraded(draft, blocked);
  return begun(world, begin(world, draft, revision, attemptOf(world, revision)));
}

export function begun(world: World, draft: Draft): Draft {
  const walked = progressing(world, draft);
  // What it waits for is part of the beginning; traffic is not: the mesh hears of a canary before it sends anything there.
  return walked.status.weight?.desired === 0 && walked.status.abort === undefined ? walked : draft;
}

/** Short of pods is no reason to move traffic: an alarm at once where none is left, else after the progress deadline. */
function healthy(world: World, draft: Draft): Draft {
  const gone = serviceGuard(world, draft);
  if (gone !== undefined) return degraded(draft, gone);
  const wanted = stableReplicas(world, draft.status);
  const stable = findRevision(world, draft.status.stableRevision);
  const ready = readyPods(stable);
  if (ready >= wanted) return withRemarks(world, withStatus(draft, { phase: 'Healthy', waiting: undefined }), stable);
  const waiting = draft.status.waiting ?? { for: 'Pods' as const, since: isoOf(world.nowMs), best: ready };
  const dueMs = msOf(waiting.since) + world.rollout.spec.progressDeadline;
  const short = withStatus(draft, { waiting });
  const isTolerated = world.nowMs < dueMs && draft.status.phase !== 'Degraded' && !isOut(draft, ready);
  if (isTolerated) return waking(withStatus(short, { phase: 'Healthy' }), dueMs);
  return degraded(short, shortHold(ready, wanted));
}

/** It served, and not one pod is left of it. Scaled from zero it comes up instead. */
const isOut = ({ status }: Draft, ready: number): boolean => ready === 0 && (status.readyReplicas ?? 0) > 0;

/** What is well now, and will not be with the next template; a port that was changed without one would look as if it had been forgotten. */
function withRemarks(world: World, draft: Draft, stable: Revision | undefined): Draft {
  const remarks = [stable === undefined ? undefined : pendingPorts(world, stable), templateRemark(world)].filter(
    (one) => one !== undefined,
  );
  return remarks.length === 0 ? draft : holding(draft, { reason: 'Healthy', message: remarks.join('; ') });
}

const degraded = (draft: Draft, hold: Hold): Draft => holding(withStatus(draft, { phase: 'Degraded' }), { ...hold, isStalled: true });
