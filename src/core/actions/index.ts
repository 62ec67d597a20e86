import type { Draft } from '../draft.ts';
import { telling, waking, withEffects, withStatus } from '../draft.ts';
import type { RolloutStatus } from '../rollout.ts';
import type { DecisionView, World } from '../world.ts';
import type { Action, Verdict } from './action.ts';
import { rejected, superseded } from './action.ts';
import * as registry from './registry.ts';

const actions: Readonly<Record<DecisionView['action'], Action>> = registry;

/** So many a plan: each is answered by two writes. */
const mostAtOnce = 100;
/** Beside those whose answer is not written yet. */
const remembered = 16;
/** Where answers cannot be written, for so long as that lasts: what status has room for, and some of it for those who stop a release. */
const mostUnanswered = { stops: 190, others: 150 };

/**
 * Follows the Decisions that nobody has answered. What a Decision changes and that it was followed are one status write; the answer comes after it, and is
 * repeated until it is written. Whoever rejects or aborts is heard first: nothing that was not consumed before can win over it.
 */
export function follow(world: World, draft: Draft): Draft {
  const { decisions } = world;
  if (decisions.length === 0) return draft;
  const done = decisions
    .toSorted(bySay)
    .slice(0, mostAtOnce)
    .reduce((before, decision) => followOne(world, before, decision), draft);
  return decisions.length > mostAtOnce ? waking(done, world.nowMs + 1) : done;
}

/** A word against a release: heard before all others. */
export const isStop = ({ action }: Pick<DecisionView, 'action'>): boolean => action === 'Reject' || action === 'Abort';

function bySay(left: DecisionView, right: DecisionView): number {
  if (isStop(left) !== isStop(right)) return isStop(left) ? -1 : 1;
  return left.createdAtMs - right.createdAtMs || (left.name < right.name ? -1 : 1);
}

function followOne(world: World, draft: Draft, decision: DecisionView): Draft {
  const before = draft.status.followed?.find(({ uid }) => uid === decision.uid);
  if (before !== undefined) return answering(world, draft, decision, before);
  if (isFull(world, draft, decision)) return draft;
  const verdict = notAboutNow(world, draft, decision) ?? actions[decision.action](world, draft, decision);
  const { action, subject, channel, name } = decision;
  const said = `${action} by ${subject} (${channel}, ${name}): ${verdict.message}`;
  if (verdict.state !== 'Accepted')
    return telling(answering(world, draft, decision, verdict), { severity: 'Warning', reason: 'DecisionRefused', message: said });
  const noted = noting(world, verdict.draft, decision, verdict);
  return telling(answering(world, noted, decision, verdict), { severity: 'Normal', reason: 'DecisionAccepted', message: said });
}

function isFull(world: World, { status }: Draft, decision: DecisionView): boolean {
  const open = new Set(world.decisions.map(({ uid }) => uid));
  const unanswered = (status.followed ?? []).filter(({ uid }) => open.has(uid)).length;
  return unanswered >= (isStop(decision) ? mostUnanswered.stops : mostUnanswered.others) - remembered;
}

/** What it was made for is not what there is now. */
function notAboutNow({ rollout, target }: World, { status }: Draft, decision: DecisionView): Verdict | undefined {
  const { revision, attempt } = subjectOf(status);
  const now = `now it is ${revision ?? 'none'}, attempt ${attempt}`;
  if (decision.rolloutUid !== rollout.uid)
    return rejected(`it names another Rollout of this name, with UID ${decision.rolloutUid}; this one has ${rollout.uid}`);
  if (rollout.isDeleting) return rejected('the Rollout is being deleted');
  if (revision === undefined || status.phase === 'Initializing') return rejected('the first revision is still being brought up');
  if (decision.revision !== revision || decision.attempt !== attempt)
    return rejected(`it is about revision ${decision.revision}, attempt ${decision.attempt}; ${now}`);
  const isOvertaken =
    target.kind === 'revision' && target.revision !== status.canaryRevision && target.revision !== status.run?.undoes?.revision;
  return status.canaryRevision !== undefined && status.abort === undefined && isOvertaken && decision.action !== 'Restart'
    ? superseded(`revision ${revision} is on its way out: another template was asked for`)
    : undefined;
}

/** What a Decision of this moment has to be about: the canary, or at rest the stable revision; and the attempt, at rest 1. */
export const subjectOf = ({ canaryRevision, stableRevision, attempt = 1 }: RolloutStatus) => ({
  revision: canaryRevision ?? stableRevision,
  attempt: canaryRevision === undefined ? 1 : attempt,
});

function noting(world: World, draft: Draft, { uid }: DecisionView, { state, message }: Verdict): Draft {
  const open = new Set(world.decisions.map((decision) => decision.uid));
  const known = draft.status.followed ?? [];
  const kept = known.filter((entry, index) => index >= known.length - remembered || open.has(entry.uid));
  return withStatus(draft, { followed: [...kept, { uid, state, message: message.slice(0, 512) }] });
}

function answering(
  { rollout }: World,
  draft: Draft,
  decision: DecisionView,
  { state, message }: Pick<Verdict, 'state' | 'message'>,
): Draft {
  const { name, uid, resourceVersion, isOwned, rolloutUid } = decision;
  const isToBeOwned = !isOwned && rolloutUid === rollout.uid;
  return withEffects(draft, { kind: 'answerDecision', name, uid, resourceVersion, isToBeOwned, state, message });
}
