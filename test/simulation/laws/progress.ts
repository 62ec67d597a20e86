import type { Law } from '../play/run.ts';
import {
  desiredOf,
  isSplit,
  isStalled,
  msOf,
  PerKey,
  type RolloutSeen,
  reasonsOf,
  revisionName,
  type SplitSeen,
  splitChange,
  statusChange,
  weightIn,
} from './seen.ts';
import { clockErrorMs, delayMs, type Witness, witnessOf } from './witness.ts';

/** Bounds count in the time in which a leader was at work; between two of its renewals it cannot be told. */
const grainMs = 4_000;

interface Cut {
  readonly canary: string;
  readonly atMs: number;
  readonly servedMs: number;
  readonly why: string;
}

export const quickCuts: Law = {
  id: 'L2',
  text: 'From the moment when status says that a canary with weight is to have less, or none, to the split that says so: 5 s of time in which a leader was at work, whoever leads, whatever metrics say.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const cuts = new Map<string, Cut>();
    const boundMs = () => 5_000 + delayMs(run);
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change !== undefined) {
          const { rollout, uid, before, after } = change;
          const revision = before.canaryRevision ?? '';
          const canary = revisionName(rollout, revision);
          const is = after.canaryRevision === revision ? desiredOf(after) : after.stableRevision === revision ? 100 : 0;
          if (weightIn(witness.splitOf(rollout), canary) > is && !cuts.has(uid))
            cuts.set(uid, { canary, atMs: commit.atMs, servedMs: witness.servedMs, why: after.abort?.reason ?? `${is} %` });
          return undefined;
        }
        if (commit.object.kind === 'Lease') {
          for (const [uid, { canary, servedMs, why }] of cuts) {
            const lastedMs = witness.servedMs - servedMs;
            if (lastedMs <= boundMs() + grainMs) continue;
            cuts.delete(uid);
            return judge(`${canary} still has weight ${Math.round(lastedMs / 1_000)} s after the decision (${why})`);
          }
          return undefined;
        }
        if (!isSplit(commit.object)) return undefined;
        const rollout = witness.rolloutOfSplit(commit.object as unknown as SplitSeen);
        const cut = cuts.get(rollout?.metadata.uid ?? '');
        if (rollout === undefined || cut === undefined) return undefined;
        const { canaryRevision } = rollout.status ?? {};
        const asked =
          canaryRevision !== undefined && revisionName(rollout, canaryRevision) === cut.canary ? desiredOf(rollout.status ?? {}) : 0;
        if (commit.type !== 'DELETED' && weightIn(splitChange(commit)?.split, cut.canary) > asked) return undefined;
        cuts.delete(rollout.metadata.uid);
        const tookMs = Math.min(commit.atMs - cut.atMs, witness.servedMs - cut.servedMs + grainMs);
        return judge(
          tookMs > boundMs() + grainMs ? `${cut.canary} was cut ${Math.round(tookMs)} ms after the decision (${cut.why})` : undefined,
        );
      },
    };
  },
};

const outageMs = 15_000;

export const lossesAreSeen: Law = {
  id: 'L3',
  text:
    'A canary that has weight in the split and not one ready endpoint loses its weight, or the Rollout is Stalled or says why, within 15 s of a leader’s time; of stable without one status says so by the progress deadline at the latest ' +
    '(api.md 1.1: stable short of pods is an alarm, never a shift).',
  watch(run, judge) {
    const witness = witnessOf(run);
    const since = new Map<string, number>();

    function lost(rollout: RolloutSeen, split: SplitSeen): string | undefined {
      const { status = {} } = rollout;
      const { namespace = '', deletionTimestamp } = rollout.metadata;
      for (const { service, weight = 0 } of split.spec?.backends ?? []) {
        const key = `${rollout.metadata.uid} ${service}`;
        const isLost =
          weight > 0 &&
          witness.ready(`${namespace}/${service}`) === 0 &&
          deletionTimestamp === undefined &&
          (rollout.spec.replicas ?? 1) > 0;
        if (!isLost) {
          since.delete(key);
          if (weight > 0) judge(undefined);
          continue;
        }
        const beganMs = since.get(key) ?? witness.servedMs;
        since.set(key, beganMs);
        const isCanary = service === revisionName(rollout, status.canaryRevision ?? '');
        const boundMs = (isCanary ? outageMs : msOf(rollout.spec.progressDeadline ?? '10m') + 60_000) + delayMs(run) + grainMs;
        const lastedMs = witness.servedMs - beganMs;
        const isTold =
          isStalled(status) || (!isCanary && status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'False'));
        const what = judge(
          lastedMs > boundMs && isTold !== true && !isHeld(status)
            ? `${service} has ${weight} % and no endpoint for ${Math.round(lastedMs / 1_000)} s`
            : undefined,
        );
        if (what !== undefined) return what;
      }
      return undefined;
    }
    return { onCommit: ({ object }) => (object.kind === 'Lease' ? eachSplit(witness, lost) : undefined) };
  },
};

const isHeld = (status: NonNullable<RolloutSeen['status']>): boolean => reasonsOf(status).includes('Contended');

function eachSplit(witness: Witness, judge: (rollout: RolloutSeen, split: SplitSeen) => string | undefined): string | undefined {
  for (const uid of witness.rolloutUids()) {
    const rollout = witness.rollout(uid);
    const split = rollout === undefined ? undefined : witness.splitOf(rollout);
    const what = rollout === undefined || split === undefined ? undefined : judge(rollout, split);
    if (what !== undefined) return what;
  }
  return undefined;
}

interface Wait {
  of: string;
  servedMs: number;
}

export const noSilentStall: Law = {
  id: 'L4',
  text:
    'A canary that waits for its pods or for the data plane, at one step and weight, for longer than progressDeadline (a minute more, in a leader’s time) is aborted, or the Rollout is Stalled with a reason. What waits for a person, for evidence, a window or a pause is not judged, ' +
    'and a crash loop does not count as progress.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const waits = new PerKey<Wait>(() => ({ of: '', servedMs: 0 }));

    function stalled(rollout: RolloutSeen, split: SplitSeen): string | undefined {
      const { status = {} } = rollout;
      const { canaryRevision, phase, step, attempt } = status;
      const wait = waits.of(rollout.metadata.uid);
      const waitsFor = canaryRevision === undefined || phase !== 'Progressing' || status.abort !== undefined ? undefined : openOf(status);
      const of =
        waitsFor === undefined
          ? ''
          : [canaryRevision, attempt, step?.index, desiredOf(status), waitsFor, status.run?.rounds?.steps].join(' ');
      if (wait.of !== of) {
        wait.of = of;
        wait.servedMs = witness.servedMs;
      }
      if (of === '') return undefined;
      const lastedMs = witness.servedMs - wait.servedMs;
      const boundMs = msOf(rollout.spec.progressDeadline ?? '10m') + 60_000 + delayMs(run) + clockErrorMs(run);
      void split;
      return judge(
        lastedMs > boundMs && !isStalled(status)
          ? `it waits for ${waitsFor} for ${Math.round(lastedMs / 1_000)} s, and says nothing`
          : undefined,
      );
    }
    return { onCommit: ({ object }) => (object.kind === 'Lease' ? eachSplit(witness, stalled) : undefined) };
  },
};

/** What the deadline counts. */
function openOf(status: NonNullable<RolloutSeen['status']>): string | undefined {
  const reasons = reasonsOf(status);
  if (reasons.includes('AwaitingPods')) return 'pods';
  return reasons.includes('AwaitingWeight') || reasons.includes('WeightNotApplied') ? 'the weight' : undefined;
}
