import type { RolloutView } from '../core/view.ts';
import type { Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { Problem, Wish } from './decider.ts';
import { problem } from './problem.ts';

export interface Named {
  readonly revision: string;
  readonly attempt: number;
}

/** The revision and attempt that a decision is about now, or why it is about none. Whether the planner follows it is the planner's business. */
export function fits(view: RolloutView, { revision, attempt, gate, action }: Wish, needsRelease: boolean): Result<Named, Problem> {
  const { canaryRevision, stableRevision } = view;
  if (needsRelease && canaryRevision === undefined)
    return fail(problem(409, 'NothingUnderWay', `no release is under way; ${stableRevision ?? 'no revision'} is stable`));
  const current = canaryRevision ?? stableRevision;
  if (current === undefined) return fail(problem(409, 'NothingUnderWay', 'the Rollout has no revision yet'));
  const now: Named = { revision: current, attempt: canaryRevision === undefined ? 1 : (view.attempt ?? 1) };
  if ((revision ?? now.revision) !== now.revision || (attempt ?? now.attempt) !== now.attempt)
    return fail(problem(409, 'StaleDecision', `now it is revision ${now.revision}, attempt ${now.attempt}`));
  const isGates = action === 'Approve' || action === 'Reject';
  const found = view.gates.findLast(({ name }) => name === gate);
  if (isGates && found?.state !== 'Open')
    return fail(problem(409, 'GateNotOpen', `gate ${gate ?? ''} is ${found === undefined ? 'not open' : found.state}`));
  return ok(now);
}
