import { blocker, cutBlocker } from '../blockers.ts';
import type { Draft } from '../draft.ts';
import { withStatus } from '../draft.ts';
import { canaryOf, findRevision, readyPods, wantedReplicas } from '../facts.ts';
import { podsFor } from '../replicas.ts';
import type { RolloutStatus } from '../rollout.ts';
import { abort, attemptOf, begin, clear } from '../run.ts';
import { msOf } from '../time.ts';
import type { DecisionView, World } from '../world.ts';
import type { Action, Verdict } from './action.ts';
import { accepted, rejected, saidBy } from './action.ts';

/**
 * Back to an earlier revision. A release under way is aborted. One that was promoted is taken back at once where the earlier revision is still warm, like a
 * rollback: it has carried all of this before. Otherwise the earlier revision comes as a canary of its own. Either way what the template still asks for counts
 * as rolled back afterwards, and comes again by another template or by a Retry only.
 */
export const undo: Action = (world, draft, decision) => {
  const { canaryRevision, stableRevision, abort: rolledBack, phase } = draft.status;
  if (canaryRevision !== undefined && rolledBack === undefined) return withdrawn(world, draft, decision);
  if (phase === 'Aborting') return rejected(`${canaryRevision ?? ''} is being rolled back already`);
  if (rolledBack !== undefined && decision.undoTo === '')
    return rejected(
      `${canaryRevision ?? ''} was rolled back already; name a kept revision in spec.undoTo to go back further: ${kept(world, draft)}`,
    );
  const to = decision.undoTo === '' ? previousOf(world, draft) : decision.undoTo;
  if (to === undefined) return rejected('there is no earlier revision that is still kept');
  if (to === stableRevision) return rejected(`${to} has all traffic already`);
  if (findRevision(world, to)?.deployment === undefined)
    return rejected(`revision ${to} is not kept any more; there is ${kept(world, draft)}`);
  return isInstant(world, draft, to) ? takenBack(world, draft, to, decision) : asCanary(world, draft, to, decision);
};

function withdrawn(world: World, draft: Draft, decision: DecisionView): Verdict {
  const { stableRevision, canaryRevision } = draft.status;
  if (decision.undoTo !== '' && decision.undoTo !== stableRevision)
    return rejected(`${canaryRevision ?? ''} is on its way: Abort it first, then undo to ${decision.undoTo}`);
  return accepted(`all traffic goes back to ${stableRevision ?? ''}`, abort(world, draft, 'AbortedByDecision', saidBy('undone', decision)));
}

const namesOf = (world: World, { status }: Draft): readonly string[] =>
  world.revisions
    .filter(({ revision, deployment }) => deployment !== undefined && revision !== status.stableRevision)
    .toSorted((left, right) => (left.createdAt < right.createdAt ? 1 : -1))
    .map(({ revision }) => revision);

const kept = (world: World, draft: Draft): string => namesOf(world, draft).join(', ') || 'none';

/** What was stable before; not one that was tried and did not get there. */
function previousOf(world: World, draft: Draft): string | undefined {
  const { previous, canaryRevision } = draft.status;
  const names = namesOf(world, draft);
  if (previous !== undefined && names.includes(previous)) return previous;
  return names.find((revision) => revision !== canaryRevision && hasServed(draft.status, revision));
}

/** It had all traffic once. The first revision of all has no entry in the history. */
function hasServed({ history = [], previous }: RolloutStatus, revision: string): boolean {
  const last = history.findLast((entry) => entry.revision === revision);
  return revision === previous || last === undefined || last.outcome === 'Promoted';
}

/** Still warm, with the pods for all of it, and the split can be written. */
function isInstant(world: World, { status }: Draft, to: string): boolean {
  const isWarm = status.warm?.some(({ revision, until }) => revision === to && msOf(until) > world.nowMs) === true;
  const needed = podsFor(100, wantedReplicas(world), canaryOf(world).minPodsPerRevision);
  const isReady = readyPods(findRevision(world, to)) >= Math.max(1, needed);
  return status.canaryRevision === undefined && isWarm && isReady && hasServed(status, to) && cutBlocker(world) === undefined;
}

function takenBack(world: World, draft: Draft, to: string, decision: DecisionView): Verdict {
  const { stableRevision: from = '', weight } = draft.status;
  const swapped = withStatus(clear(draft), {
    stableRevision: to,
    canaryRevision: from,
    previous: undefined,
    attempt: Math.max(1, attemptOf(world, from) - 1),
    weight: { ...weight, desired: 100, written: 100 },
  });
  return accepted(`all traffic goes back to ${to}, at once`, abort(world, swapped, 'UndoneByDecision', saidBy('undone', decision)));
}

function asCanary(world: World, draft: Draft, to: string, decision: DecisionView): Verdict {
  const { target } = world;
  const blocked = blocker(world);
  if (blocked !== undefined) return rejected(`nothing can be released now: ${blocked.message}`);
  if (target.kind === 'unknown') return rejected(`nothing can be released now: ${target.message}`);
  const { canaryRevision, attempt = 1 } = draft.status;
  const begun = begin(world, clear(draft), to, attemptOf(world, to));
  const { run } = begun.status;
  const isAsked = target.revision === to || run === undefined;
  const undoes = {
    revision: target.revision,
    attempt: target.revision === canaryRevision ? attempt : Math.max(1, attemptOf(world, target.revision) - 1),
    message: saidBy('undone', decision).slice(0, 1_024),
  };
  return accepted(
    `${to} is not warm any more: it comes as a canary of its own, from the first step`,
    isAsked ? begun : withStatus(begun, { run: { ...run, undoes } }),
  );
}
