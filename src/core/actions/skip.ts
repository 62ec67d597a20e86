import { stepsIn } from '../facts.ts';
import { enterStep } from '../run.ts';
import type { Action } from './action.ts';
import { accepted, rejected } from './action.ts';
import { currentStep, notInFlight, stepName, stillHeld } from './in-flight.ts';

/** The present step is over, whatever it waited for. What comes next has to pass its own guards. */
export const skip: Action = (world, draft) => {
  const over = notInFlight(draft);
  if (over !== undefined) return over;
  if (currentStep(world, draft) === undefined) return rejected('all steps are over already: there is none to skip');
  const next = enterStep(world, draft, (draft.status.step?.index ?? 0) + 1);
  const then = (next.status.step?.index ?? 0) >= stepsIn(world).length ? 'all traffic is next' : `${stepName(next)} is next`;
  return accepted(`${stepName(draft)} is skipped; ${then}${stillHeld(world, draft)}`, next);
};
