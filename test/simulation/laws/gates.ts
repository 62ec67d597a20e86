import type { Law } from '../play/run.ts';
import {
  desiredOf,
  isPromotion,
  isSameTry,
  type RolloutSeen,
  revisionName,
  type StatusSeen,
  splitChange,
  statusChange,
  stepsOf,
  weightIn,
} from './seen.ts';
import { staleMs, witnessOf } from './witness.ts';

export const nothingPassesUnasked: Law = {
  id: 'I23',
  text:
    'What waits for a person is left by nothing else: no `pause: {}`, no gate, no inconclusive analysis is passed within a try, over restarts, errors, leaders and edits of other fields. ' +
    'A Decision lets it pass, by the write that says so, or a gate that is approved. (Edited steps begin anew.)',
  watch: (_, judge) => ({
    onCommit(commit) {
      const change = statusChange(commit);
      if (change === undefined) return undefined;
      const { rollout, before, after } = change;
      const isSame = isSameTry(before, after) && before.run?.rounds?.steps === after.run?.rounds?.steps;
      if (!isSame && !isPromotion(before, after)) return undefined;
      const from = before.step?.index ?? 0;
      const to = isPromotion(before, after) ? stepsOf(rollout).length : (after.step?.index ?? 0);
      const passed = stepsOf(rollout)
        .slice(from, to)
        .find(
          ({ kind, durationMs, gate }) => (kind === 'gate' && !isApproved(after, gate)) || (kind === 'pause' && durationMs === undefined),
        );
      if (isDecided(before, after)) return judge(undefined);
      const isOpen = stepsOf(rollout).some(({ kind, durationMs }) => kind === 'gate' || (kind === 'pause' && durationMs === undefined));
      if (passed !== undefined) return judge(`the ${passed.kind} of step ${from} is passed, and nobody has decided`);
      const isWaiting = waitsForVerdict(before);
      if (!isOpen && !isWaiting) return undefined;
      const isOnward = to > from || desiredOf(after) > desiredOf(before);
      const isAnew =
        before.run?.rounds?.background !== after.run?.rounds?.background || before.run?.rounds?.bake !== after.run?.rounds?.bake;
      return judge(isWaiting && isOnward && !isAnew ? 'it goes on after an inconclusive analysis, and nobody has decided' : undefined);
    },
  }),
};

const isApproved = ({ gates = [] }: StatusSeen, name: string | undefined): boolean =>
  gates.some((gate) => gate.name === name && gate.state === 'Approved');

/** This write says that a person was followed, or ends what one has ended. */
function isDecided(before: StatusSeen, after: StatusSeen): boolean {
  const known = new Set(before.followed?.map(({ uid }) => uid));
  return before.step?.resumed === true || after.followed?.some(({ uid }) => !known.has(uid)) === true;
}

const waitsForVerdict = ({ phase, conditions = [] }: StatusSeen): boolean =>
  phase === 'Paused' && conditions.some(({ reason }) => reason === 'AnalysisInconclusive');

export const pausedIsPaused: Law = {
  id: 'I34',
  text: 'With spec.paused no controller writes a status that raises the canary’s weight or promotes it, nor, once that has been stored for as long as its watch may lag, a split that gives the canary more than it had (but for what a stranger took out of it). Cuts and aborts go on.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const since = new Map<string, number>();
    const isPaused = ({ spec }: RolloutSeen): boolean => spec.paused === true;
    return {
      onCommit(commit) {
        const { object, atMs } = commit;
        if (object.kind === 'Rollout') {
          const { uid } = object.metadata;
          if (!isPaused(object as unknown as RolloutSeen)) since.delete(uid);
          else if (!since.has(uid)) since.set(uid, atMs);
        }
        const change = statusChange(commit);
        if (change !== undefined) {
          const { rollout, before, after } = change;
          if (!isPaused(rollout)) return undefined;
          if (isPromotion(before, after) && before.phase !== 'Initializing') return judge('promoted while paused');
          const isRaise = isSameTry(before, after) && desiredOf(after) > desiredOf(before);
          return judge(isRaise ? `raised to ${desiredOf(after)} % while paused` : undefined);
        }
        const shift = splitChange(commit);
        if (shift?.isOurs !== true) return undefined;
        const rollout = witness.rolloutOfSplit(shift.split);
        const sinceMs = since.get(rollout?.metadata.uid ?? '');
        const { canaryRevision } = rollout?.status ?? {};
        if (rollout === undefined || sinceMs === undefined || canaryRevision === undefined) return undefined;
        const canary = revisionName(rollout, canaryRevision);
        // What a stranger took out of the split is put right as ever.
        const isCorrection = shift.before !== undefined && witness.splitVersion(shift.before.metadata.resourceVersion)?.by === undefined;
        const isLate = (commit.by?.sentMs ?? 0) > sinceMs + staleMs(run) && !isCorrection;
        const [was, is] = [weightIn(shift.before, canary), weightIn(shift.split, canary)];
        return judge(isLate && is > was ? `the split gives ${canary} ${is} % instead of ${was} % while paused` : undefined);
      },
    };
  },
};
