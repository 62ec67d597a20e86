import { withGate } from '../gates.ts';
import { abort } from '../run.ts';
import type { Action } from './action.ts';
import { accepted, saidBy } from './action.ts';
import { askedGate } from './at-gate.ts';

/** One is enough, whoever has approved. */
export const reject: Action = (world, draft, decision) => {
  const asked = askedGate(world, draft, decision);
  if (asked.kind === 'not') return asked.verdict;
  const { gate } = asked;
  const closed = withGate(draft, { ...gate, state: 'Rejected' });
  const message = saidBy(`rejected at gate "${gate.name}"`, decision);
  return accepted(`all traffic goes back to ${draft.status.stableRevision ?? ''}`, abort(world, closed, 'RejectedAtGate', message));
};
