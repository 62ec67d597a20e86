import type { Draft } from '../draft.ts';
import { stepsIn } from '../facts.ts';
import type { World } from '../world.ts';
import type { Verdict } from './action.ts';
import { rejected, superseded } from './action.ts';

/** Why nothing can be decided about a release under way; undefined where there is one, and it may still go on. */
export function notInFlight(draft: Draft): Verdict | undefined {
  const { canaryRevision, stableRevision, abort, phase } = draft.status;
  if (canaryRevision === undefined)
    return rejected(`no release is under way: ${stableRevision ?? ''} has all traffic. Undo takes back one that was promoted`);
  if (abort === undefined) return undefined;
  const what = `${canaryRevision} ${phase === 'RolledBack' ? 'was' : 'is being'} rolled back: ${abort.message}`;
  return superseded(`${what}. ${phase === 'RolledBack' ? 'Retry releases it again' : 'Retry releases it again, once it is rolled back'}`);
}

/** The step that it is at, for people: `step 3/7 (pause)`. */
export function stepName({ status: { step } }: Draft): string {
  return step === undefined ? 'the beginning' : `step ${step.label} (${step.kind})`;
}

/** Where a release under way is in its steps; undefined: all of them are behind it. */
export function currentStep(world: World, { status }: Draft) {
  return stepsIn(world)[status.step?.index ?? 0];
}

/** Beside what a person asked for, `spec.paused` and closed windows go on holding raises: said at once, or it would look as if nothing had come of it. */
export function stillHeld(world: World, { status }: Draft): string {
  const paused = world.rollout.spec.paused ? '; spec.paused still holds every raise' : '';
  const isClosed = world.window.kind === 'closed' && status.run?.override !== true;
  return `${paused}${isClosed ? '; a change window still forbids raises' : ''}`;
}
