import type { DecisionAction } from './decision.ts';
import type { Rollout, RolloutStatus } from './rollout.ts';
import { stepsOf } from './rollout.ts';
import { msOf } from './time.ts';
import { windowState } from './windows.ts';

/** What a decision could do to the Rollout as it stands, whoever makes it; in the order in which people reach for it. */
export function actionsOf({ spec, status, isDeleting }: Rollout, nowMs: number): readonly DecisionAction[] {
  if (isDeleting || status.stableRevision === undefined) return [];
  const restart: readonly DecisionAction[] = ['Restart'];
  if (status.canaryRevision === undefined) return [...(isUndoable(status, nowMs) ? (['Undo'] as const) : []), ...restart];
  switch (status.phase) {
    case 'RolledBack':
      return ['Retry', ...(isUndoable(status, nowMs) ? (['Undo'] as const) : []), ...restart];
    case 'Aborting':
      return [];
    case 'Baking':
      return ['Abort'];
    default: {
      const isOpen = status.gates?.some(({ state }) => state === 'Open') === true;
      const step = stepsOf(spec.strategy.canary)[status.step?.index ?? 0];
      const waits = status.phase === 'Paused' && (step?.kind !== 'pause' || status.step?.until === undefined) && !isOpen;
      const isClosed = windowState(spec.windows, nowMs).kind === 'closed';
      return [
        ...(isOpen ? (['Approve', 'Reject'] as const) : []),
        ...(waits ? (['Resume'] as const) : []),
        ...(step === undefined ? [] : (['Skip', 'Promote'] as const)),
        ...(isClosed ? (['Override'] as const) : []),
        'Abort',
      ];
    }
  }
}

/** Some revision but the stable one was stable before, or is still warm. */
function isUndoable({ stableRevision, canaryRevision, history = [], warm = [] }: RolloutStatus, nowMs: number): boolean {
  const isOther = (revision: string) => revision !== stableRevision && revision !== canaryRevision;
  return (
    history.some(({ revision, outcome }) => outcome === 'Promoted' && isOther(revision)) ||
    warm.some(({ revision, until }) => isOther(revision) && msOf(until) > nowMs)
  );
}
