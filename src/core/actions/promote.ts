import { stepsIn } from '../facts.ts';
import { enterStep } from '../run.ts';
import type { Action } from './action.ts';
import { accepted, rejected } from './action.ts';
import { currentStep, notInFlight, stillHeld } from './in-flight.ts';

/** All steps that are left are over. The raise to 100 % has to pass its guards like any other, and what is measured in the background goes on. */
export const promoteNow: Action = (world, draft) => {
  const over = notInFlight(draft);
  if (over !== undefined) return over;
  if (currentStep(world, draft) === undefined)
    return rejected(
      draft.status.phase === 'Baking'
        ? `all traffic is with ${draft.status.canaryRevision ?? ''} already, and it is watched until ${draft.status.step?.until ?? 'it has passed'}`
        : 'all steps are over already',
    );
  return accepted(
    `the steps that are left are skipped; all traffic is next${stillHeld(world, draft)}`,
    enterStep(world, draft, stepsIn(world).length),
  );
};
