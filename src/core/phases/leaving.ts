import type { Draft } from '../draft.ts';
import { holding, withStatus } from '../draft.ts';
import { isConfirmed } from '../facts.ts';
import { currentRunsOf } from '../rounds.ts';
import { clear, cutWeight, raiseFloor, retire, startOver, undone, withoutOutage } from '../run.ts';
import { msOf } from '../time.ts';
import type { World } from '../world.ts';
import { waitAgainstDeadline } from './deadline.ts';
import { resting } from './resting.ts';

/** A canary on its way out: rolled back, or overtaken by another template. It loses its traffic, confirmed, before anything else happens. */

export function aborting(world: World, draft: Draft): Draft {
  const { abort } = draft.status;
  const isOver = isRecorded(draft);
  if (!isOut(draft) && !isOver) return cutting(world, draft, 'Aborting');
  const recorded = isOver ? draft : retire(world, draft, 'RolledBack', abort?.reason ?? 'RolledBack');
  const rolledBack = withStatus(recorded, { phase: 'RolledBack' });
  const { target } = world;
  const isSame = target.kind === 'unknown' || target.revision === draft.status.canaryRevision;
  if (!isSame && isOut(draft)) return afterRollback(world, rolledBack);
  return holding(rolledBack, { reason: 'RolledBack', message: abort?.message ?? '', isStalled: true });
}

/** The template asks for another revision: a new one, or, where this one was to take its place, the one that was undone. */
function afterRollback(world: World, draft: Draft): Draft {
  const { run, stableRevision } = draft.status;
  const { target } = world;
  const isUndone = target.kind === 'revision' && target.revision === run?.undoes?.revision && target.revision !== stableRevision;
  return isUndone && run?.undoes !== undefined ? undone(world, clear(draft), run.undoes) : resting(world, clear(draft));
}

/** Another template was asked for, or stable's again. */
export function withdrawing(world: World, draft: Draft): Draft {
  if (!isOut(draft)) return untilOut(world, draft, cutting(world, fromTheStart(world, draft), 'Progressing'));
  const isRevert = world.target.kind === 'revision' && world.target.revision === draft.status.stableRevision;
  return resting(world, clear(retire(world, draft, 'Superseded', isRevert ? 'Reverted' : 'Superseded')));
}

/** Nothing else begins before it is out: where the data plane does not follow for as long as the deadline, that is said. */
function untilOut(world: World, { status: { weight, waiting }, hold }: Draft, cut: Draft): Draft {
  if (weight?.desired !== 0 || hold?.reason !== 'WeightNotApplied') return cut;
  return waitAgainstDeadline(world, waiting?.for === 'Weight' ? withStatus(cut, { waiting }) : cut, 'Weight');
}

/** Rolled back is rolled back: a foreign edit of the split afterwards is put right, and nothing more. */
function isRecorded({ status: { abort, canaryRevision, history = [], phase } }: Draft): boolean {
  const last = history.at(-1);
  const isEntry = last !== undefined && last.revision === canaryRevision && last.outcome === 'RolledBack';
  return phase === 'RolledBack' || (isEntry && abort !== undefined && msOf(last.finishedAt) >= msOf(abort.at));
}

/** If its template comes back before it is out, it begins again at the first step. */
function fromTheStart(world: World, draft: Draft): Draft {
  const { step } = draft.status;
  const isThere = step === undefined || (step.index === 0 && currentRunsOf(world, draft.status).length === 0);
  return isThere ? withoutOutage(draft) : startOver(world, draft);
}

const isOut = ({ status }: Draft): boolean => status.weight === undefined || (status.weight.desired === 0 && isConfirmed(status));

function cutting(world: World, draft: Draft, phase: 'Aborting' | 'Progressing'): Draft {
  return { ...withStatus(raiseFloor(world, draft), { phase, weight: cutWeight(draft.status.weight), waiting: undefined }), goalWeight: 0 };
}
