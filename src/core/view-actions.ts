import type { DecisionAction } from './decision.ts';
import type { Rollout, RolloutStatus } from './rollout.ts';
import { stepsOf } from './rollout.ts';
import { windowState } from './windows.ts';

/** What a decision could do to the Rollout as it stands, whoever makes it; in the order in which people reach for it. `kept`: revisions that can come back. */
export function actionsOf({ spec, status, isDeleting }: Rollout, kept: readonly string[], nowMs: number): readonly DecisionAction[] {
  if (isDeleting || status.stableRevision === undefined) return [];
  const restart: readonly DecisionAction[] = ['Restart'];
  if (status.canaryRevision === undefined) return [...(isUndoable(status, kept) ? (['Undo'] as const) : []), ...restart];
  switch (status.phase) {
    case 'RolledBack':
      return ['Retry', ...(isUndoable(status, kept) ? (['Undo'] as const) : []), ...restart];
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

/** There is a revision to go back to. */
const isUndoable = ({ stableRevision, canaryRevision }: RolloutStatus, kept: readonly string[]): boolean =>
  kept.some((revision) => revision !== stableRevision && revision !== canaryRevision);
