import type { Notice } from './plan.ts';
import type { ReasonCode } from './reasons.ts';
import { reasons } from './reasons.ts';
import type { Condition, RolloutStatus } from './rollout.ts';

/** What people are told: one notice a transition, found by comparing status before and after. */
export function noticesOf(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  return [
    ...begun(before, after),
    ...ended(before, after),
    ...raised(before, after, 'Stalled'),
    ...raised(before, after, 'Contended'),
    ...weightLost(before, after),
    ...stableShort(before, after),
  ];
}

function begun(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  if (after.canaryRevision === undefined) return [];
  if (before.canaryRevision === after.canaryRevision && before.attempt === after.attempt) return [];
  return [{ severity: 'Normal', reason: 'Progressing', message: `revision ${after.canaryRevision} begins` }];
}

function ended(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  if (after.abort !== undefined && before.abort === undefined) {
    return [
      {
        severity: 'Warning',
        reason: codeOf(after.abort.reason),
        message: `revision ${after.canaryRevision ?? ''} is rolled back: ${after.abort.message}`,
      },
    ];
  }
  const last = after.history?.at(-1);
  const isNew = last !== undefined && last.finishedAt !== before.history?.at(-1)?.finishedAt;
  if (!isNew || last.outcome === 'RolledBack') return [];
  return [{ severity: 'Normal', reason: last.outcome, message: `revision ${last.revision}: ${last.outcome}` }];
}

function raised(before: RolloutStatus, after: RolloutStatus, type: 'Stalled' | 'Contended'): readonly Notice[] {
  const now = find(after, type);
  // A rollback has its own notice.
  if (now === undefined || find(before, type)?.reason === now.reason || after.phase === 'RolledBack') return [];
  return [{ severity: 'Warning', reason: codeOf(now.reason), message: now.message }];
}

function weightLost(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  const now = find(after, 'WeightConfirmed');
  if (now?.reason !== 'WeightNotApplied' || find(before, 'WeightConfirmed')?.reason === 'WeightNotApplied') return [];
  return [{ severity: 'Warning', reason: 'WeightNotApplied', message: now.message }];
}

/** An alarm where it keeps a release from going on; at rest it is a Stalled condition in the end. */
function stableShort(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  const now = find(after, 'Ready');
  if (now?.reason !== 'StableNotReady' || find(after, 'Stalled') !== undefined) return [];
  if (find(before, 'Ready')?.reason === 'StableNotReady') return [];
  return [{ severity: 'Warning', reason: 'StableNotReady', message: now.message }];
}

const find = ({ conditions }: RolloutStatus, type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

const codeOf = (reason: string): ReasonCode => (reason in reasons ? (reason as ReasonCode) : 'RolledBack');
