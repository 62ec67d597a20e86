import { blocker } from '../blockers.ts';
import { isConfirmed } from '../facts.ts';
import { attemptOf, begin, clear } from '../run.ts';
import type { Action } from './action.ts';
import { accepted, rejected } from './action.ts';

/** What was rolled back is released again, from the first step. */
export const retry: Action = (world, draft) => {
  const { canaryRevision, abort, phase, attempt = 1, weight } = draft.status;
  if (canaryRevision === undefined || abort === undefined)
    return rejected(canaryRevision === undefined ? 'no release was rolled back' : `${canaryRevision} is on its way: Abort it first`);
  if (phase !== 'RolledBack' || !isConfirmed(draft.status) || weight?.desired !== 0)
    return rejected(`${canaryRevision} is still being rolled back: retry when its traffic is seen to be 0`);
  const blocked = blocker(world);
  if (blocked !== undefined) return rejected(`nothing can be released now: ${blocked.message}`);
  const next = Math.max(attempt + 1, attemptOf(world, canaryRevision));
  return accepted(`attempt ${next} begins at the first step`, begin(world, clear(draft), canaryRevision, next));
};
