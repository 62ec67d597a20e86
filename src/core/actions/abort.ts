import { abort as rollBack } from '../run.ts';
import type { Action } from './action.ts';
import { accepted, saidBy } from './action.ts';
import { notInFlight } from './in-flight.ts';

/** The release is rolled back, at once, at whatever step, in the bake as well. */
export const abort: Action = (world, draft, decision) =>
  notInFlight(draft) ??
  accepted(
    `all traffic goes back to ${draft.status.stableRevision ?? ''}`,
    rollBack(world, draft, 'AbortedByDecision', saidBy('aborted', decision)),
  );
