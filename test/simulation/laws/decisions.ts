import type { Law, Run } from '../play/run.ts';
import {
  capAt,
  desiredOf,
  isPromotion,
  isSameTry,
  isSplit,
  keyOf,
  type MetricResultSeen,
  maxLagMs,
  msOf,
  PerKey,
  type RolloutSeen,
  type RunSeen,
  revisionName,
  type StatusSeen,
  type StepSeen,
  splitChange,
  statusChange,
  stepsOf,
  weightIn,
} from './seen.ts';
import { clockErrorMs, delayMs, staleMs, type Witness, witnessOf } from './witness.ts';

/** Runs of this revision and attempt. */
function runsOf(witness: Witness, rollout: RolloutSeen, { canaryRevision, attempt = 1 }: StatusSeen): readonly RunSeen[] {
  return witness
    .runs(rollout)
    .map((run) => run as unknown as RunSeen)
    .filter(
      ({ spec }) =>
        spec.rollout?.uid === rollout.metadata.uid && spec.rollout.revision === canaryRevision && spec.rollout.attempt === attempt,
    );
}

export const rollbackStays: Law = {
  id: 'I13',
  text:
    'An abort that is stored for a revision and attempt stays, word for word, with weight 0, until another revision or attempt takes its place; and a controller ' +
    'lowers a canary’s weight in the split only once status, stored before, says the lower weight (design.md, law 2: status first, for a cut too), so that a crash undoes nothing.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        const status = statusChange(commit);
        if (status !== undefined) {
          const { before, after } = status;
          if (before.abort === undefined || !isSameTry(before, after)) return undefined;
          if (after.abort?.at !== before.abort.at || after.abort.reason !== before.abort.reason)
            return judge(`the abort (${before.abort.reason}) becomes ${after.abort?.reason ?? 'none'}`);
          return judge(desiredOf(after) > 0 ? `${desiredOf(after)} % after the abort` : undefined);
        }
        const change = splitChange(commit);
        if (change?.isOurs !== true) return undefined;
        const rollout = witness.rolloutOfSplit(change.split);
        const { canaryRevision } = rollout?.status ?? {};
        if (rollout === undefined || canaryRevision === undefined) return undefined;
        const canary = revisionName(rollout, canaryRevision);
        const [is, asked] = [weightIn(change.split, canary), desiredOf(rollout.status ?? {})];
        return judge(is < asked ? `${canary} gets ${is} %, and the status stored before asks for ${asked} %` : undefined);
      },
    };
  },
};

/** Every metric that counts has passed at least once. */
const hasPassed = (results: readonly MetricResultSeen[] = []): boolean =>
  results.length > 0 && results.every(({ dryRun, successful }) => dryRun === true || successful > 0);

export const promotionIsEarned: Law = {
  id: 'I14',
  text:
    'A promotion comes after the last step, at a confirmed 100 %, without an abort or a failed verdict, with a Pass of each metric of the background analysis and of the bake, and with the own ' +
    'successful run of each analysis step, all of this revision and attempt. (Steps that are edited once all are through, with all traffic, stay behind it, as ADR 7 has it: the ones that count are those that it went through.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    /** By uid: the steps that the present try has behind it. */
    const through = new Map<string, readonly StepSeen[]>();
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        const { rollout, uid, before, after } = change;
        if (!isPromotion(before, after)) {
          const index = after.step?.index ?? 0;
          const passed = isSameTry(before, after) ? through.get(uid) : undefined;
          const steps = stepsOf(rollout);
          if (index >= steps.length && desiredOf(after) === 100) through.set(uid, passed ?? steps);
          else if (passed === undefined || index < passed.length) through.delete(uid);
          return undefined;
        }
        if (before.phase === 'Initializing') return undefined;
        const steps = through.get(uid) ?? stepsOf(rollout);
        return judge(unearned(rollout, steps, before, runsOf(witness, rollout, before)) ?? unfollowed(run, witness, rollout, before));
      },
    };
  },
};

function unearned(rollout: RolloutSeen, steps: readonly StepSeen[], before: StatusSeen, runs: readonly RunSeen[]): string | undefined {
  const { analysis, afterPromotion } = rollout.spec.strategy.canary;
  const passed = (kind: string, step?: number) =>
    runs.some(
      ({ spec, status }) =>
        spec.rollout?.kind === kind && (step === undefined || spec.rollout.step === step) && hasPassed(status?.metricResults),
    );
  if (before.abort !== undefined) return `promoted after an abort (${before.abort.reason})`;
  if ((before.step?.index ?? 0) < steps.length) return `promoted at step ${before.step?.index ?? 0} of ${steps.length}`;
  if (desiredOf(before) !== 100) return `promoted at ${desiredOf(before)} %`;
  const bad = runs.find(({ status }) => status?.phase === 'Failed');
  if (bad !== undefined) return `promoted though ${bad.metadata.name} is ${bad.status?.phase}`;
  if (analysis !== undefined && !passed('Background')) return 'promoted without a Pass of the background analysis';
  if (afterPromotion?.analysis !== undefined && !passed('AfterPromotion')) return 'promoted without a Pass of the bake';
  const open = steps.findIndex(({ kind }, index) => kind === 'analysis' && !passed('Step', index));
  return open < 0 ? undefined : `promoted without the analysis of step ${open}`;
}

/** The lag bound counts from when a split is sent off, which is what its stamp tells; one that is under way for longer than this shortens it in earnest. */
const mostUnderwayMs = 500;

/** Not confirmed by the state before: then by the plan that promotes, and the data plane had taken the split over, or had its time. */
function unfollowed(run: Run, witness: Witness, rollout: RolloutSeen, before: StatusSeen): string | undefined {
  const split = witness.splitOf(rollout);
  if (before.weight?.confirmedAt !== undefined || split === undefined || witness.isTakenOver(split)) return undefined;
  const { atMs: storedMs = 0, by } = witness.shifts(keyOf(split)).at(-1) ?? {};
  const sinceMs = Math.max(by?.sentMs ?? storedMs, storedMs - mostUnderwayMs);
  return run.elapsedMs() - sinceMs >= maxLagMs(rollout) ? undefined : 'promoted though the data plane has not taken the split over';
}

interface Verdict {
  readonly name: string;
  readonly uid: string;
  readonly revision: string;
  readonly attempt: number;
  readonly servedMs: number;
  readonly atMs: number;
}

export const verdictsAct: Law = {
  id: 'I18',
  text: 'A run that Failed, of a canary that is on its way, whatever its phase (paused, waiting for pods, promoting, baking), leads to its abort: the next states that a controller writes have it, soon.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const open = new Map<string, Verdict>();
    return {
      onCommit(commit) {
        const { object, previous, atMs } = commit;
        if (object.kind === 'AnalysisRun') {
          const { spec, status, metadata } = object as unknown as RunSeen;
          const isNews = status?.phase === 'Failed' && (previous as unknown as RunSeen | undefined)?.status?.phase !== 'Failed';
          if (!isNews || spec.rollout === undefined) return undefined;
          const { uid, revision, attempt } = spec.rollout;
          if (!isAbout(witness.rollout(uid)?.status, revision, attempt)) return undefined;
          open.set(metadata.name, { name: metadata.name, uid, revision, attempt, servedMs: witness.servedMs, atMs });
          return undefined;
        }
        if (open.size === 0) return undefined;
        if (object.kind === 'Lease') return overdue();
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        for (const verdict of [...open.values()]) {
          if (verdict.uid !== change.uid) continue;
          const { after, before } = change;
          if (!isAbout(after, verdict.revision, verdict.attempt)) {
            open.delete(verdict.name);
            judge(undefined);
          } else if (desiredOf(after) > desiredOf(before) && change.sentMs > verdict.atMs + staleMs(run))
            return judge(`raised to ${desiredOf(after)} % after ${verdict.name} had failed`);
        }
        return undefined;
      },
      onRest: overdueAtRest,
    };

    function overdue(): string | undefined {
      const bound = 10_000 + delayMs(run);
      for (const { name, servedMs } of open.values()) {
        if (witness.servedMs - servedMs > bound)
          return judge(`${name} failed ${Math.round((witness.servedMs - servedMs) / 1_000)} s ago, and the release goes on`);
      }
      return undefined;
    }
    function overdueAtRest(): string | undefined {
      for (const { name, uid, revision, attempt } of open.values())
        if (isAbout(witness.rollout(uid)?.status, revision, attempt))
          return judge(`at rest, ${name} failed, and the release was not aborted`);
      return undefined;
    }
  },
};

/** It is this try, and nobody has ended it. */
const isAbout = (status: StatusSeen | undefined, revision: string, attempt: number): boolean =>
  status?.canaryRevision === revision && (status.attempt ?? 1) === attempt && status.abort === undefined && status.phase !== 'Terminating';

interface Dwell {
  enteredMs: number;
  confirmedMs: number;
  index: number;
}

export const stepsLast: Law = {
  id: 'I19',
  text:
    'A timed pause, and the bake, last as long as the spec says when they end, in real time, from the moment when the controller sent that it entered the step, at its confirmed weight: over ' +
    'restarts, leaders and edits. Wall clocks that jump or differ change nothing of that, but for the seconds within which they are taken for the same (docs/adr/0011).',
  watch(run, judge) {
    const dwells = new PerKey<Dwell>(() => ({ enteredMs: 0, confirmedMs: 0, index: 0 }));
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        const { rollout, uid, before, after, sentMs } = change;
        const dwell = dwells.of(uid);
        const isSame = isSameTry(before, after) && before.run?.rounds?.steps === after.run?.rounds?.steps;
        const [from, to] = [before.step?.index ?? 0, after.step?.index ?? 0];
        const lasted = sentMs - Math.max(dwell.enteredMs, dwell.confirmedMs);
        const isBakeOver = isPromotion(before, after) && before.step?.kind === 'bake';
        // It comes after all steps, however many there are: a list that is edited meanwhile changes its number, and not its time.
        const isBaking = before.step?.kind === 'bake' && after.step?.kind === 'bake';
        const step = stepsOf(rollout)[from];
        const wanted = isBakeOver
          ? msOf(rollout.spec.strategy.canary.afterPromotion?.duration ?? '0s')
          : isSame && to > from && step?.kind === 'pause' && !isBaking
            ? step.durationMs
            : undefined;
        let wrong: string | undefined;
        if (wanted !== undefined) {
          const isEarly = lasted < wanted - 100 - clockErrorMs(run);
          wrong = judge(isEarly ? `step ${from} lasted ${Math.round(lasted)} of ${wanted} ms` : undefined);
        }
        if (!isSame || (from !== to && !isBaking) || before.step?.kind !== after.step?.kind) dwell.enteredMs = sentMs;
        if (before.weight?.confirmedAt !== after.weight?.confirmedAt) dwell.confirmedMs = sentMs;
        return wrong;
      },
    };
  },
};

export const oneCanaryAtATime: Law = {
  id: 'I21',
  text:
    'Another revision becomes the canary only once the one before it is at a confirmed 0 %, and begins at 0 % at the first step, without abort, gates or rounds of the last; while it has weight no other revision ' +
    'but stable has any in the split.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change !== undefined) {
          const { before, after, rollout } = change;
          if (after.canaryRevision === undefined || isSameTry(before, after)) return undefined;
          const begun = `${after.canaryRevision} (attempt ${after.attempt ?? 1}) begins`;
          if (desiredOf(after) > 0) return judge(`${begun} at ${desiredOf(after)} %`);
          if (after.abort !== undefined) return judge(`${begun} with an abort`);
          if ((after.step?.index ?? 0) > 0 && capAt(stepsOf(rollout), after.step?.index ?? 0) > 0)
            return judge(`${begun} at step ${after.step?.index}`);
          const isOpen = before.canaryRevision !== undefined && (desiredOf(before) > 0 || before.weight?.confirmedAt === undefined);
          return judge(isOpen && !isConfirmedNow(after) ? `${begun}, and ${before.canaryRevision} is not at a confirmed 0 %` : undefined);
        }
        const shift = splitChange(commit);
        if (shift?.isOurs !== true || !isSplit(commit.object)) return undefined;
        const rollout = witness.rolloutOfSplit(shift.split);
        if (rollout?.status?.canaryRevision === undefined) return undefined;
        const own = [rollout.status.canaryRevision, rollout.status.stableRevision ?? ''].map((revision) => revisionName(rollout, revision));
        const other = (shift.split.spec?.backends ?? []).find(({ service, weight = 0 }) => weight > 0 && !own.includes(service));
        return judge(other === undefined ? undefined : `${other.service} has ${other.weight} % beside the canary in ${keyOf(shift.split)}`);
      },
    };
  },
};

/** The plan that ends the one and begins the other has confirmed the cut itself. */
const isConfirmedNow = ({ weight }: StatusSeen): boolean => weight?.desired === 0 && weight.confirmedAt !== undefined;
