import type { Law, Run, SeenCommit } from '../play/run.ts';
import {
  capAt,
  type DeploymentSeen,
  desiredOf,
  isSameTry,
  keyOf,
  ownerOf,
  PerKey,
  type RolloutSeen,
  revisionName,
  revisionOf,
  type SplitSeen,
  type StatusSeen,
  seenAs,
  splitChange,
  statusChange,
  stepsOf,
  weightIn,
} from './seen.ts';
import { newsMs, type Witness, witnessOf } from './witness.ts';

export const namesItsBackends: Law = {
  id: 'I1',
  text:
    'A split that a controller writes names the canary’s Service and stable’s, stable last, or stable’s alone, and its root. The Services of two revisions ' +
    'select by the revision, so that no pod is behind both; their selectors never change (revisions are immutable: no selector flips). (Of two processes of which one was told ' +
    'to do without an election, one may name what status said until the other one wrote it so shortly before that it had not heard of it.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    const written = new PerKey<{ last: SeenCommit | undefined }>(() => ({ last: undefined }));
    return {
      onCommit(commit) {
        const status = statusChange(commit);
        if (status !== undefined) written.of(status.uid).last = commit;
        const change = splitChange(commit);
        if (change?.isOurs === true) {
          const rollout = witness.rolloutOfSplit(change.split);
          const wrong = wrongNames(change.split, rollout);
          const { last } = written.of(rollout?.metadata.uid ?? '');
          if (wrong === undefined || !hadNotHeard(commit, last, newsMs(run))) return judge(wrong);
          return judge(wrongNames(change.split, seenAs<RolloutSeen>(last?.previous)));
        }
        const { object, previous, type, by } = commit;
        if (object.kind !== 'Service' || type === 'DELETED' || by === undefined) return undefined;
        const revision = object.metadata.labels?.['sluice.dev/revision'];
        const { selector } = object.spec as { selector?: Readonly<Record<string, string>> };
        if (revision === undefined) return undefined;
        const was = (previous?.spec as { selector?: object } | undefined)?.selector;
        if (previous !== undefined && JSON.stringify(was) !== JSON.stringify(selector))
          return judge(`the selector of Service ${object.metadata.name} became ${JSON.stringify(selector)}`);
        return judge(
          selector?.['sluice.dev/revision'] === revision ? undefined : `Service ${object.metadata.name} does not select its revision`,
        );
      },
    };
  },
};

function wrongNames(split: SplitSeen, rollout: RolloutSeen | undefined): string | undefined {
  if (rollout === undefined) return `the split ${split.metadata.name} is written for a Rollout that is not there`;
  const { stableRevision, canaryRevision } = rollout.status ?? {};
  const stable = revisionName(rollout, stableRevision ?? '');
  const canary = canaryRevision === undefined ? undefined : revisionName(rollout, canaryRevision);
  const backends = split.spec?.backends ?? [];
  const names = backends.map(({ service }) => service).join(',');
  // Some meshes are not told of a backend of weight 0: with all traffic the canary is alone.
  const isAlone = backends.length === 1 && Number(backends[0]?.weight) === 100;
  const allowed = canary === undefined ? [stable] : [stable, `${canary},${stable}`, ...(isAlone ? [canary] : [])];
  if (split.spec?.service !== rollout.spec.service.name) return `the root of the split is ${split.spec?.service}`;
  return allowed.includes(names) ? undefined : `the split names ${names}, and status ${allowed.join(' or ')}`;
}

export const wholeWeights: Law = {
  id: 'I2',
  text: 'Weights are whole numbers from 0, and their sum is 100 (so never all zero), in every version of a split that a controller stores.',
  watch: (_, judge) => ({
    onCommit(commit) {
      const change = splitChange(commit);
      if (change?.isOurs !== true) return undefined;
      const weights = (change.split.spec?.backends ?? []).map(({ weight }) => weight ?? 0);
      const isWhole = weights.every((weight) => Number.isInteger(weight) && weight >= 0);
      return judge(isWhole && weights.reduce((sum, weight) => sum + weight, 0) === 100 ? undefined : `weights ${weights.join(' and ')}`);
    },
  }),
};

export const withinTheStep: Law = {
  id: 'I3',
  text:
    'The canary’s weight in status is at most what its step allows, and its weight in a split that a controller writes at most what the status stored before it ' +
    'says (design.md, law 2: status goes first), crashes or not. No other revision but stable has any.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        const status = statusChange(commit);
        if (status !== undefined) {
          const { rollout, after } = status;
          if (after.canaryRevision === undefined) return undefined;
          const cap = capAt(stepsOf(rollout), after.step?.index ?? 0);
          return judge(desiredOf(after) > cap ? `status asks for ${desiredOf(after)} %, its step allows ${cap} %` : undefined);
        }
        const change = splitChange(commit);
        if (change?.isOurs !== true) return undefined;
        const rollout = witness.rolloutOfSplit(change.split);
        return rollout === undefined ? undefined : judge(tooMuch(change.split, rollout));
      },
    };
  },
};

function tooMuch({ spec }: SplitSeen, rollout: RolloutSeen): string | undefined {
  const { stableRevision = '', canaryRevision = '', weight } = rollout.status ?? {};
  const stable = revisionName(rollout, stableRevision);
  const canary = revisionName(rollout, canaryRevision);
  const wrong = (spec?.backends ?? []).find(
    ({ service, weight: written = 0 }) => service !== stable && written > (service === canary ? (weight?.desired ?? 0) : 0),
  );
  return wrong === undefined
    ? undefined
    : `${wrong.service} gets ${wrong.weight} %, and the status stored before asks for ${weight?.desired ?? 0} % for ${canary}`;
}

export const stepByStep: Law = {
  id: 'I4',
  text:
    'The canary’s weight rises only to the weight of its step, by the steps in order: none with another weight in between is passed over, and none that was ' +
    'left comes again, but where the steps were edited or the release begins anew. After an outage of the canary the weight that it lost comes back first.',
  watch(_, judge) {
    const steps = new PerKey<{ text: string }>(() => ({ text: '' }));
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        const { rollout, uid, before, after } = change;
        const state = steps.of(uid);
        const text = JSON.stringify(stepsOf(rollout));
        const isEdited = state.text !== text;
        state.text = text;
        if (!isSameTry(before, after)) return undefined;
        const isBegunAgain = isEdited || before.run?.rounds?.steps !== after.run?.rounds?.steps;
        return judge(isBegunAgain ? undefined : outOfOrder(rollout, before, after));
      },
    };
  },
};

function outOfOrder(rollout: RolloutSeen, before: StatusSeen, after: StatusSeen): string | undefined {
  const steps = stepsOf(rollout);
  const [from, to] = [before.step?.index ?? 0, after.step?.index ?? 0];
  if (to < from) return `from step ${from} back to step ${to}`;
  const [was, is] = [desiredOf(before), desiredOf(after)];
  const lost = before.run?.lost;
  const held = Math.max(was, lost ?? 0);
  const between = Array.from({ length: Math.max(0, to - from - 1) }, (_, at) => capAt(steps, from + 1 + at));
  const skipped = between.find((weight) => weight !== held && weight !== capAt(steps, from));
  if (skipped !== undefined) return `the step of ${skipped} % is passed over, from step ${from} to ${to}`;
  if (is <= was) return undefined;
  const cap = capAt(steps, to);
  const allowed = [cap, Math.min(cap, lost ?? cap)];
  return allowed.includes(is) ? undefined : `raised from ${was} % to ${is} % at step ${to}, which stands for ${cap} %`;
}

interface Condemned {
  readonly revisions: Map<string, string>;
  /** The last abort of the Rollout. */
  aborted: SeenCommit | undefined;
}

export const neverAgain: Law = {
  id: 'I11',
  text:
    'After an abort, a failed verdict or the end of its run without promotion the weight of that revision never rises again in a split that a controller ' +
    'writes, until status begins another attempt with it; and after its abort no controller gives it pods again. (Pods are not judged where a controller stood ' +
    'still or read old states, nor, of a process that was told to do without an election or beside one, where another process had aborted so shortly before it sent them that it had not ' +
    'heard of it: what it had ready lands, and is put right by whoever leads.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    const states = new PerKey<Condemned>(() => ({ revisions: new Map(), aborted: undefined }));
    return {
      onCommit(commit) {
        const status = statusChange(commit);
        if (status !== undefined) {
          const state = states.of(status.uid);
          if (status.before.abort === undefined && status.after.abort !== undefined) state.aborted = commit;
          note(state.revisions, status.before, status.after);
          return undefined;
        }
        const revived = revivedBy(witness, commit);
        if (revived !== undefined) {
          const { aborted } = states.of(ownerOf(commit.object) ?? '');
          return judge(wasMisled(run) || hadNotHeard(commit, aborted, newsMs(run)) ? undefined : revived);
        }
        const change = splitChange(commit);
        if (change?.isOurs !== true) return undefined;
        const rollout = witness.rolloutOfSplit(change.split);
        if (rollout === undefined) return undefined;
        const risen = (change.split.spec?.backends ?? []).filter(
          ({ service, weight = 0 }) =>
            weight > weightIn(change.before, service) && service !== revisionName(rollout, rollout.status?.stableRevision ?? ''),
        );
        for (const { service } of risen) {
          for (const [revision, why] of states.of(rollout.metadata.uid).revisions)
            if (service === revisionName(rollout, revision)) return judge(`${service} rises in ${keyOf(change.split)} after ${why}`);
        }
        return judge(undefined);
      },
    };
  },
};

/** Two processes act at once, since one of them goes by no lease, and the other one has just written that. */
function hadNotHeard({ by }: SeenCommit, of: SeenCommit | undefined, withinMs: number): boolean {
  const writer = of?.by?.replica;
  if (by === undefined || of === undefined || writer === undefined || writer.identity === by.replica.identity) return false;
  return !(by.replica.isElected && writer.isElected) && by.sentMs - of.atMs < withinMs;
}

const wasMisled = ({ strikes }: Run): boolean => ['F4', 'F9', 'F10'].some((kind) => (strikes[kind] ?? 0) > 0);

/** A canary that was aborted has more pods than before, by a controller's own write. */
function revivedBy(witness: Witness, { object, previous, type, by }: SeenCommit): string | undefined {
  if (object.kind !== 'Deployment' || type === 'DELETED' || by === undefined) return undefined;
  const { status, metadata } = witness.rollout(ownerOf(object)) ?? {};
  if (status?.abort === undefined || revisionOf(object) !== status.canaryRevision || metadata?.deletionTimestamp !== undefined)
    return undefined;
  const [from, to] = [previous, object].map((each) => (each as unknown as DeploymentSeen | undefined)?.spec.replicas ?? 0);
  return (to ?? 0) > (from ?? 0) ? `${object.metadata.name} gets pods again (${from} to ${to}) after its abort` : undefined;
}

function note(condemned: Map<string, string>, before: StatusSeen, after: StatusSeen): void {
  const { canaryRevision, abort } = after;
  if (canaryRevision !== undefined && !isSameTry(before, after)) condemned.delete(canaryRevision);
  if (canaryRevision !== undefined && abort !== undefined) condemned.set(canaryRevision, `its abort (${abort.reason})`);
  const last = after.history?.at(-1);
  const isNew = last !== undefined && last.finishedAt !== before.history?.at(-1)?.finishedAt;
  if (
    isNew &&
    last.outcome !== 'Promoted' &&
    last.revision === before.canaryRevision &&
    (canaryRevision !== last.revision || isSameTry(before, after))
  )
    condemned.set(last.revision, `its end as ${last.outcome}`);
}
