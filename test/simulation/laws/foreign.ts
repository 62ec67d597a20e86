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

export const fewFights: Law = {
  id: 'I36',
  text:
    'What somebody else wrote into the split or gave the workload in replicas is put right at most three times in five minutes (a cut, what is news of our own, and a share for a revision without endpoints beside), and is never progress (I3, I4). ' +
    'At rest the split says what status says, or status says who keeps changing it.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const corrections = new PerKey<{ atMs: number[]; isForeign: boolean }>(() => ({ atMs: [], isForeign: false }));
    return {
      onCommit(commit) {
        const edit = editOf(witness, commit);
        if (edit === undefined) return undefined;
        const state = corrections.of(commit.key + commit.object.kind);
        if (commit.by === undefined) {
          state.isForeign = true;
          return undefined;
        }
        const isCorrection = state.isForeign && !edit.isFree;
        state.isForeign = false;
        if (!isCorrection) return undefined;
        state.atMs = [...state.atMs.filter((atMs) => atMs > commit.atMs - windowMs), commit.atMs];
        return judge(
          state.atMs.length > limit
            ? `${commit.object.kind} ${commit.key} is put right ${state.atMs.length} times within five minutes`
            : undefined,
        );
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
    const isLiving = rollout?.status?.phase !== 'Initializing' && rollout?.metadata.deletionTimestamp === undefined;
    return rollout?.metadata.namespace === namespace && rollout.spec.workloadRef?.name === name && isLiving;
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
