import { bySpec } from './paused.ts';
import type { Notice } from './plan.ts';
import type { ReasonCode } from './reasons.ts';
import { reasons } from './reasons.ts';
import type { Condition, RolloutStatus } from './rollout.ts';
import { stillWaits } from './steps/index.ts';

/** What people are told: one notice a transition, found by comparing status before and after. */
export function noticesOf(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  return [
    ...begun(before, after),
    ...ended(before, after),
    ...raised(before, after, 'Stalled'),
    ...raised(before, after, 'Contended'),
    ...raised(before, after, 'Obstructed'),
    ...weightLost(before, after),
    ...alarmed(before, after),
    ...unusable(before, after),
    ...asked(before, after),
    ...paused(before, after),
  ];
}

function begun(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  // One that comes as rolled back was undone: that has a notice of its own.
  if (after.canaryRevision === undefined || after.abort !== undefined) return [];
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

function raised(before: RolloutStatus, after: RolloutStatus, type: 'Stalled' | 'Contended' | 'Obstructed'): readonly Notice[] {
  const now = find(after, type);
  if (now === undefined || find(before, type)?.reason === now.reason) return [];
  // A rollback has its own notice.
  if (type === 'Stalled' && after.phase === 'RolledBack') return [];
  return [{ severity: 'Warning', reason: codeOf(now.reason), message: now.message }];
}

function weightLost(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  const now = find(after, 'WeightConfirmed');
  if (now?.reason !== 'WeightNotApplied' || find(before, 'WeightConfirmed')?.reason === 'WeightNotApplied') return [];
  return [{ severity: 'Warning', reason: 'WeightNotApplied', message: now.message }];
}

const alarms: readonly ReasonCode[] = ['StableNotReady', 'RevisionServiceMissing'];

export const isAlarm = (hold: { readonly reason: ReasonCode } | undefined): boolean => hold !== undefined && alarms.includes(hold.reason);

/** What goes on by itself, perhaps, and should wake somebody all the same. */
function alarmed(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  const now = find(after, 'Ready');
  const reason = alarms.find((alarm) => alarm === now?.reason);
  if (reason === undefined || now === undefined || find(after, 'Stalled') !== undefined) return [];
  return find(before, 'Ready')?.reason === reason ? [] : [{ severity: 'Warning', reason, message: now.message }];
}

/** Templates that are missing or cannot be used, as soon as that is seen, and again where something else is wrong. */
function unusable(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  const now = find(after, 'AnalysisReady');
  if (now === undefined || find(before, 'AnalysisReady')?.message === now.message) return [];
  return [{ severity: 'Warning', reason: codeOf(now.reason), message: now.message }];
}

/** At gates: when they open, when they are approved, and when one waits beyond its time. A rejected one is told of by what it does. */
function asked(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  const stateOf = ({ gates = [] }: RolloutStatus, id: string) => gates.find((gate) => gate.id === id)?.state;
  const news = (after.gates ?? []).filter(({ id, state }) => stateOf(before, id) !== state);
  const isOverdue = after.message?.includes(stillWaits) === true && before.message?.includes(stillWaits) !== true;
  return [
    ...news.flatMap(({ name, state, approvals }): readonly Notice[] => {
      if (state === 'Open') return [{ severity: 'Normal', reason: 'GateOpened', message: after.message ?? '' }];
      const by = approvals.map(({ subject }) => subject).join(', ');
      return state === 'Approved' ? [{ severity: 'Normal', reason: 'GateApproved', message: `gate "${name}" was approved by ${by}` }] : [];
    }),
    ...(isOverdue ? [{ severity: 'Warning' as const, reason: 'GateOverdue' as const, message: after.message ?? '' }] : []),
  ];
}

const isAtGate = ({ step, gates = [] }: RolloutStatus): boolean => step?.kind === 'gate' && gates.some(({ state }) => state === 'Open');

const pauses: readonly ReasonCode[] = ['AwaitingDecision', 'Paused', 'AnalysisInconclusive'];

/** What somebody has to end. A pause that ends by itself is told by status alone: two Events for each would be half of what a release costs. */
function pauseOf(status: RolloutStatus): ReasonCode | undefined {
  const ready = find(status, 'Ready');
  const reason = pauses.find((pause) => pause === ready?.reason);
  return reason ?? (ready?.message.includes(bySpec) ? 'Paused' : undefined);
}

function paused(before: RolloutStatus, after: RolloutStatus): readonly Notice[] {
  // Gates have notices of their own.
  const [was, is] = [before, after].map((status) =>
    isAtGate(status) && find(status, 'Ready')?.reason === 'AwaitingDecision' ? undefined : pauseOf(status),
  );
  const message = after.message ?? '';
  // An alarm that is over told of the pause all along.
  const wasCovered = before.phase === 'Paused' && alarms.some((alarm) => alarm === find(before, 'Ready')?.reason);
  if (is !== undefined)
    return is === was || wasCovered ? [] : [{ severity: is === 'AnalysisInconclusive' ? 'Warning' : 'Normal', reason: is, message }];
  const goesOn = after.phase === 'Progressing' || after.phase === 'Baking';
  return was !== undefined && goesOn ? [{ severity: 'Normal', reason: 'Progressing', message: `the pause is over, ${message}` }] : [];
}

const find = ({ conditions }: RolloutStatus, type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

const codeOf = (reason: string): ReasonCode => (reason in reasons ? (reason as ReasonCode) : 'RolledBack');
