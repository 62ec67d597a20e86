import type { Law, SeenCommit } from '../play/run.ts';
import {
  desiredOf,
  isStalled,
  PerKey,
  type RolloutSeen,
  reasonsOf,
  revisionName,
  type SplitSeen,
  sendsAlike,
  splitChange,
  weightIn,
} from './seen.ts';
import { type Witness, witnessOf } from './witness.ts';

const windowMs = 300_000;
const limit = 3;
/** For so long a correction that was decided is written anew, at most. */
const refusedMs = 60_000;

export const fewFights: Law = {
  id: 'I36',
  text:
    'What somebody else wrote into the split or gave the workload in replicas is put right at most three times in five minutes (a cut, what is news of our own, and a share for a revision without endpoints beside), and is never progress (I3, I4). ' +
    'The workload counts from when its adoption has ended: what scales it to zero first is no correction, nor is a Rollout that came later and claims the same workload anything to it. ' +
    'The time of one is that of its decision, which is no earlier than the edit that it puts right, nor than five minutes after the third before it, nor by more than a minute than its write: that may have been refused at first. ' +
    'At rest the split says what status says, or status says who keeps changing it.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const corrections = new PerKey<{ decidedMs: number[]; foreignMs: number | undefined }>(() => ({ decidedMs: [], foreignMs: undefined }));
    return {
      onCommit(commit) {
        const edit = editOf(witness, commit);
        if (edit === undefined) return undefined;
        const state = corrections.of(commit.key + commit.object.kind);
        if (commit.by === undefined) {
          state.foreignMs = commit.atMs;
          return undefined;
        }
        const { foreignMs, decidedMs } = state;
        state.foreignMs = undefined;
        if (foreignMs === undefined || edit.isFree) return undefined;
        const times = 1 + decidedMs.filter((atMs) => atMs > commit.atMs - windowMs).length;
        const freeMs = (decidedMs.at(-limit) ?? Number.NEGATIVE_INFINITY) + windowMs;
        state.decidedMs = [...decidedMs, Math.min(commit.atMs, Math.max(foreignMs, freeMs, commit.atMs - refusedMs))].slice(-limit);
        return judge(times > limit ? `${commit.object.kind} ${commit.key} is put right ${times} times within five minutes` : undefined);
      },
      onRest() {
        for (const uid of witness.rolloutUids()) {
          const rollout = witness.rollout(uid);
          const { phase } = rollout?.status ?? {};
          if (rollout === undefined || (phase !== 'Healthy' && phase !== 'RolledBack')) continue;
          const what = judge(notAsRecorded(rollout, witness.splitOf(rollout)));
          if (what !== undefined) return what;
        }
        return undefined;
      },
    };
  },
};

/** A change of what a Rollout owns; `isFree`: one that may be made at any time. */
function editOf(witness: Witness, commit: SeenCommit): { readonly isFree: boolean } | undefined {
  const { object, previous } = commit;
  const change = splitChange(commit);
  if (change !== undefined) {
    const rollout = witness.rolloutOfSplit(change.before ?? change.split);
    if (rollout === undefined || change.before === undefined || sendsAlike(change.split, change.before)) return undefined;
    const canary = revisionName(rollout, rollout.status?.canaryRevision ?? '');
    const isCut = weightIn(change.split, canary) < weightIn(change.before, canary);
    const isNews = change.before.metadata.annotations?.['sluice.dev/wrote'] !== change.split.metadata.annotations?.['sluice.dev/wrote'];
    return { isFree: isCut || isNews || rollout.status?.phase === 'Terminating' || sentNowhere(witness, change.before, change.split) };
  }
  if (object.kind !== 'Deployment' || previous === undefined || commit.type === 'DELETED') return undefined;
  const [was, is] = [previous, object].map(({ spec }) => (spec as { replicas?: number }).replicas);
  const { namespace = '', name } = object.metadata;
  const isWorkload = [...witness.rolloutUids()].some((uid) => {
    const rollout = witness.rollout(uid);
    if (rollout?.metadata.namespace !== namespace || rollout.spec.workloadRef?.name !== name) return false;
    const { phase, stableRevision } = rollout.status ?? {};
    return phase !== 'Initializing' && stableRevision !== undefined && rollout.metadata.deletionTimestamp === undefined;
  });
  return isWorkload && was !== is ? { isFree: false } : undefined;
}

/** It gave a share to one of the revisions that has nobody to answer, and no longer does. */
function sentNowhere(witness: Witness, before: SplitSeen, after: SplitSeen): boolean {
  const { namespace = '' } = before.metadata;
  return (before.spec?.backends ?? []).some(
    ({ service, weight = 0 }) =>
      weight > 0 &&
      weightIn(after, service) === 0 &&
      witness.get('Service', `${namespace}/${service}`)?.metadata.labels?.['sluice.dev/revision'] !== undefined &&
      witness.mostReady(`${namespace}/${service}`, 2_000) === 0,
  );
}

function notAsRecorded(rollout: RolloutSeen, split: SplitSeen | undefined): string | undefined {
  const { status = {} } = rollout;
  if (isStalled(status) && status.phase !== 'RolledBack') return undefined;
  if (reasonsOf(status).includes('Contended')) return undefined;
  const stable = revisionName(rollout, status.stableRevision ?? '');
  const asked = 100 - desiredOf(status);
  if (split === undefined) return 'at rest there is no split';
  return weightIn(split, stable) === asked
    ? undefined
    : `at rest the split gives ${stable} ${weightIn(split, stable)} %, and status asks for ${asked} %`;
}
