import type { DecisionAction, DecisionSpec } from '../../core/decision.ts';
import type { Rollout } from '../../core/rollout.ts';
import { fail, nearestTo, ok, type Result } from '../../lib/index.ts';

/** What somebody wants of a Rollout, as it was typed. */
export interface Wish {
  readonly action: DecisionAction;
  readonly gate?: string | undefined;
  readonly reason?: string | undefined;
  /** Only if this is the revision that is decided on; a beginning of its name will do. */
  readonly revision?: string | undefined;
  readonly undoTo?: string | undefined;
}

/** The Decision that a wish comes to on a Rollout as it is now; or why nobody need be asked. */
export function specOf(wish: Wish, { name, uid, status, spec }: Rollout, subject: string): Result<DecisionSpec, string> {
  const { action, reason } = wish;
  const revision = status.canaryRevision ?? status.stableRevision;
  if (revision === undefined)
    return fail(`${name} has no revision yet (${status.phase ?? 'not seen by a controller'}): nothing to decide on`);
  if (wish.revision !== undefined && !revision.startsWith(wish.revision))
    return fail(`${name} is at revision ${revision} now, not ${wish.revision}: look again before you decide`);
  const gate = gateOf(wish, { name, status, spec });
  if (!gate.ok) return gate;
  const undoTo = undoneTo(wish, { name, status });
  if (!undoTo.ok) return undoTo;
  return ok({
    rollout: { name, uid },
    ...{ revision, attempt: Math.max(1, status.attempt ?? 1), action, subject, channel: 'cli' as const },
    ...(gate.value === undefined ? {} : { gate: gate.value }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(undoTo.value === undefined ? {} : { undoTo: undoTo.value }),
  });
}

type Standing = Pick<Rollout, 'name' | 'status'>;

function gateOf({ action, gate }: Wish, { name, status, spec }: Standing & Pick<Rollout, 'spec'>): Result<string | undefined, string> {
  if (action !== 'Approve' && action !== 'Reject') return ok(undefined);
  const open = (status.gates ?? []).filter(({ state }) => state === 'Open');
  const openText = open.length === 0 ? 'no gate is open' : `open: ${open.map(gateText).join(', ')}`;
  if (gate === undefined) return fail(`which gate of ${name}? ${openText}`);
  if (open.some((each) => each.name === gate)) return ok(gate);
  const known = [...gateNames(spec), ...(status.gates ?? []).map((each) => each.name)];
  const [nearest] = nearestTo(
    gate,
    open.map((each) => each.name),
  );
  const past = status.gates?.findLast((each) => each.name === gate);
  const state = past === undefined ? 'is not open yet' : `is ${past.state.toLowerCase()} already`;
  const what = known.includes(gate) ? `gate ${gate} of ${name} ${state}` : `${name} has no gate ${gate}`;
  return fail(`${what}; ${openText}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
}

type Gate = NonNullable<Rollout['status']['gates']>[number];

/** `qa (1 of 2 approvals)`. */
export const gateText = ({ name, needs, approvals }: Pick<Gate, 'name' | 'needs' | 'approvals'>): string =>
  `${name} (${approvedBy(approvals)} of ${needs} ${needs === 1 ? 'approval' : 'approvals'})`;

/** Persons count, not clicks. */
export const approvedBy = (approvals: Gate['approvals']): number => new Set(approvals.map(({ subject }) => subject)).size;

/** The gates that the steps have, open or not. */
const gateNames = ({ strategy }: Rollout['spec']): readonly string[] =>
  (strategy.canary.steps ?? []).flatMap(({ kind, config }) =>
    (kind as string) === 'gate' && typeof config === 'object' && 'name' in config && typeof config.name === 'string' ? [config.name] : [],
  );

function undoneTo({ action, undoTo }: Wish, { name, status }: Standing): Result<string | undefined, string> {
  if (action !== 'Undo' || undoTo === undefined || undoTo === '') return ok(undefined);
  const past = [...new Set((status.history ?? []).map(({ revision }) => revision))];
  const found = past.filter((revision) => revision.startsWith(undoTo));
  const [only] = found;
  if (found.length === 1 && only !== undefined) return ok(only);
  if (found.length > 1) return fail(`${undoTo} may be ${found.join(' or ')}`);
  return fail(`${name} has no revision ${undoTo} in its history${past.length === 0 ? ', which is empty' : `: ${past.join(', ')}`}`);
}
