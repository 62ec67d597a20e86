import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import type { Law, SeenCommit } from '../play/run.ts';
import {
  type DeploymentSeen,
  desiredOf,
  isPromotion,
  isSameTry,
  type MeasurementSeen,
  type MetricSeen,
  msOf,
  ownerOf,
  PerKey,
  type RolloutSeen,
  type RunSeen,
  reasonsOf,
  revisionOf,
  type StatusSeen,
  splitChange,
  statusChange,
  stepsOf,
  type TemplateRef,
} from './seen.ts';
import { clockErrorMs, newsMs, type Witness, witnessOf } from './witness.ts';

export const onlyPassPasses: Law = {
  id: 'I15',
  text:
    'A measurement that is noted as a Pass has a finite value, within the threshold where there is one, from as many requests as are asked for; a metric counts as many passes as it notes, and is ' +
    'Successful only with one.',
  watch: (_, judge) => ({
    onCommit({ object, previous, by, type }) {
      if (object.kind !== 'AnalysisRun' || by === undefined || type === 'DELETED' || object.status === previous?.status) return undefined;
      const { spec, status } = object as unknown as RunSeen;
      const before = (previous as unknown as RunSeen | undefined)?.status?.metricResults ?? [];
      for (const after of status?.metricResults ?? []) {
        const metric = spec.metrics.find(({ name }) => name === after.name);
        const was = before.find(({ name }) => name === after.name);
        if (metric === undefined) return judge(`there is no metric ${after.name}`);
        const known = new Set((was?.measurements ?? []).map(({ startedAt }) => startedAt));
        const fresh = (after.measurements ?? []).filter(({ startedAt }) => !known.has(startedAt));
        const passes = fresh.filter(({ result }) => result === 'Pass');
        const unearned = passes.map((pass) => wrongPass(metric, pass)).find((why) => why !== undefined);
        if (unearned !== undefined) return judge(`metric ${after.name} passed by ${unearned}`);
        const counted = after.successful - (was?.successful ?? 0);
        if (counted > passes.length) return judge(`metric ${after.name} counts ${counted} passes more, and notes ${passes.length}`);
        if (after.phase === 'Successful' && after.successful < 1 && after.dryRun !== true)
          return judge(`metric ${after.name} is Successful without a Pass`);
      }
      return judge(undefined);
    },
  }),
};

function wrongPass({ thresholdRange, minRequests }: MetricSeen, { value, requests }: MeasurementSeen): string | undefined {
  const number = Number(value);
  const isNumber = value !== undefined && value.trim() !== '' && !Number.isNaN(number);
  if (value === undefined || (isNumber && !Number.isFinite(number)) || value === 'NaN') return `the value ${value}`;
  if (requests !== undefined && (requests <= 0 || requests < (minRequests ?? 0))) return `${requests} requests`;
  if (thresholdRange === undefined || !isNumber) return undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = thresholdRange;
  return number >= min && number <= max ? undefined : `${value}, which is not within ${min} and ${max}`;
}

export const analysesAreReal: Law = {
  id: 'I16',
  text: 'A run that a controller makes has metrics, each with exactly one provider and a condition, from templates that exist; and an analysis step is left only with its own run Successful.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        const { object, type, by } = commit;
        if (object.kind === 'AnalysisRun' && type === 'ADDED' && by !== undefined) {
          const made = object as unknown as RunSeen;
          return judge(emptyMetric(made) ?? missingTemplate(witness, made));
        }
        const change = statusChange(commit);
        if (change === undefined || !isSameTry(change.before, change.after)) return undefined;
        const { rollout, uid, before, after } = change;
        const index = before.step?.index ?? 0;
        const isLeft = (after.step?.index ?? 0) > index && before.run?.rounds?.steps === after.run?.rounds?.steps;
        if (!isLeft || stepsOf(rollout)[index]?.kind !== 'analysis') return undefined;
        const isPassed = witness
          .runs(rollout)
          .map((each) => each as unknown as RunSeen)
          .some(
            ({ spec, status }) =>
              spec.rollout?.uid === uid &&
              spec.rollout.kind === 'Step' &&
              spec.rollout.step === index &&
              spec.rollout.revision === after.canaryRevision &&
              spec.rollout.attempt === (after.attempt ?? 1) &&
              status?.phase === 'Successful',
          );
        return judge(isPassed ? undefined : `the analysis of step ${index} is passed without its run`);
      },
    };
  },
};

function emptyMetric({ metadata, spec }: RunSeen): string | undefined {
  if (spec.metrics.length === 0) return `${metadata.name} has no metrics`;
  const bare = spec.metrics.find(
    ({ thresholdRange, successCondition, failureCondition, compare, provider }) =>
      [thresholdRange, successCondition, failureCondition, compare].every((condition) => condition === undefined) ||
      Object.keys(provider).length !== 1,
  );
  return bare === undefined ? undefined : `metric ${bare.name} of ${metadata.name} asks for nothing`;
}

function missingTemplate(witness: Witness, { metadata, spec }: RunSeen): string | undefined {
  const rollout = witness.rollout(spec.rollout?.uid);
  if (rollout === undefined || spec.rollout === undefined) return undefined;
  const missing = templatesOf(rollout, spec.rollout).find(({ name, clusterScope }) => {
    const [kind, key] = clusterScope === true ? ['ClusterAnalysisTemplate', name] : ['AnalysisTemplate', `${metadata.namespace}/${name}`];
    // One that was deleted a moment ago was there when it was read.
    return witness.get(kind, key) === undefined && !witness.wasDeleted(kind, key);
  });
  return missing === undefined ? undefined : `${metadata.name} is made without the template ${missing.name}`;
}

function templatesOf({ spec, ...rollout }: RolloutSeen, { kind, step }: NonNullable<RunSeen['spec']['rollout']>): readonly TemplateRef[] {
  const { analysis, afterPromotion } = spec.strategy.canary;
  if (kind === 'Background') return analysis?.templates ?? [];
  if (kind === 'AfterPromotion') return afterPromotion?.analysis?.templates ?? [];
  return stepsOf({ spec, ...rollout })[step ?? 0]?.templates ?? [];
}

export const freshEvidence: Law = {
  id: 'I17',
  text:
    'A raise from a weight above 0 under PerStep evidence has, of each background metric that counts, a Pass whose window began after that weight was confirmed in status, and after the split said it; ' +
    'and each run that a controller makes is bound to the revision and attempt that status has.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const weights = new PerKey<{ sinceMs: number }>(() => ({ sinceMs: 0 }));
    return {
      onCommit(commit) {
        const { object, type, by } = commit;
        if (object.kind === 'AnalysisRun' && type === 'ADDED' && by !== undefined) {
          const { metadata, spec } = object as unknown as RunSeen;
          const status = witness.rollout(spec.rollout?.uid)?.status;
          const isBound = status?.canaryRevision === spec.rollout?.revision && (status?.attempt ?? 1) === spec.rollout?.attempt;
          return judge(
            spec.rollout === undefined || isBound
              ? undefined
              : `${metadata.name} is made for ${spec.rollout.revision}, attempt ${spec.rollout.attempt}`,
          );
        }
        const shift = splitChange(commit);
        if (shift !== undefined) {
          const rollout = witness.rolloutOfSplit(shift.split);
          const isShift = witness.shifts(commit.key).at(-1)?.atMs === commit.atMs;
          if (rollout !== undefined && isShift) weights.of(rollout.metadata.uid).sinceMs = run.sim.clock.nowMs();
          return undefined;
        }
        const change = statusChange(commit);
        if (change === undefined || !isSameTry(change.before, change.after)) return undefined;
        const { rollout, uid, before, after } = change;
        const { analysis } = rollout.spec.strategy.canary;
        const steps = stepsOf(rollout);
        const isWatched = (before.step?.index ?? 0) >= Math.min(analysis?.startingStep ?? 0, steps.length);
        const isRaise = desiredOf(before) > 0 && desiredOf(after) > desiredOf(before);
        if (analysis === undefined || analysis.evidence === 'Running' || !isRaise || !isWatched) return undefined;
        const confirmedMs = Date.parse(before.weight?.confirmedAt ?? '');
        if (Number.isNaN(confirmedMs)) return judge(`raised from ${desiredOf(before)} %, which is not confirmed`);
        // Status tells times in whole milliseconds.
        const splitMs = Math.floor(weights.of(uid).sinceMs - clockErrorMs(run));
        return judge(staleEvidence(witness, rollout, after, Math.max(confirmedMs, splitMs)));
      },
    };
  },
};

function staleEvidence(
  witness: Witness,
  rollout: RolloutSeen,
  { canaryRevision, attempt = 1 }: StatusSeen,
  sinceMs: number,
): string | undefined {
  const runs = witness
    .runs(rollout)
    .map((each) => each as unknown as RunSeen)
    .filter(({ spec }) => spec.rollout?.uid === rollout.metadata.uid && spec.rollout.kind === 'Background')
    .filter(({ spec }) => spec.rollout?.revision === canaryRevision && spec.rollout?.attempt === attempt);
  if (runs.length === 0) return 'raised without a background analysis';
  const isFresh = runs.some(({ spec, status }) =>
    spec.metrics
      .filter(({ dryRun, initialDelay = '0s' }) => dryRun !== true && msOf(initialDelay) === 0)
      .every(({ name }) => {
        const result = status?.metricResults?.find((each) => each.name === name);
        return Date.parse(result?.passedWindowStartedAt ?? '') >= sinceMs;
      }),
  );
  return isFresh ? undefined : `raised without a Pass since ${new Date(sinceMs).toISOString()}`;
}

/** A Deployment of a revision that no controller had begun to remove. */
const isTakenByOthers = ({ object, previous, by, type }: SeenCommit): boolean =>
  object.kind === 'Deployment' &&
  by === undefined &&
  previous !== undefined &&
  previous.metadata.deletionTimestamp === undefined &&
  (type === 'DELETED' || object.metadata.deletionTimestamp !== undefined);

const templateText = (object: ApiObject): string => JSON.stringify((object as unknown as DeploymentSeen).spec.template);

export const promotedAsAnalysed: Law = {
  id: 'I20',
  text:
    'No controller changes the template of a revision’s Deployment or the content of its copies of configuration; and at its promotion both are as they were when the revision got its first weight, whoever might have changed them, ' +
    'and the Deployment is the same one, unless somebody else took that one away: one that is made again of the same template, and analysed at the weight that was lost, is what was analysed.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const analysed = new Map<string, { readonly text: string; readonly uid: string | undefined }>();
    /** Deployments that somebody else took away, by uid. */
    const taken = new Set<string>();
    const textOf = (rollout: RolloutSeen, revision: string): string => {
      const { namespace = '' } = rollout.metadata;
      const deployment = witness.deploymentOf(rollout, revision);
      const copies = (['ConfigMap', 'Secret'] as const).flatMap((kind) =>
        witness
          .list(kind, namespace)
          .filter((copy) => ownerOf(copy) === rollout.metadata.uid && revisionOf(copy) === revision)
          .map(({ metadata, data, binaryData }) => ({ kind, name: metadata.name, data, binaryData })),
      );
      return JSON.stringify([deployment?.spec.template, copies]);
    };
    const isSame = (rollout: RolloutSeen, revision: string, { text, uid }: { readonly text: string; readonly uid: string | undefined }) =>
      text === textOf(rollout, revision) && (taken.has(uid ?? '') || uid === witness.deploymentOf(rollout, revision)?.metadata.uid);
    return {
      onCommit(commit) {
        const { object, previous, by, type } = commit;
        if (isTakenByOthers(commit)) taken.add(object.metadata.uid);
        if (by === undefined) return undefined;
        if (
          object.kind === 'Deployment' &&
          type === 'MODIFIED' &&
          previous !== undefined &&
          revisionOf(object) !== undefined &&
          previous.spec !== object.spec
        )
          return judge(templateText(object) === templateText(previous) ? undefined : `the template of ${object.metadata.name} changes`);
        const isCopy = (object.kind === 'ConfigMap' || object.kind === 'Secret') && type === 'MODIFIED' && revisionOf(object) !== undefined;
        if (isCopy && ownerOf(previous ?? object) !== undefined)
          return judge(
            JSON.stringify(object.data) === JSON.stringify(previous?.data) ? undefined : `the copy ${object.metadata.name} changes`,
          );
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        const { rollout, uid, before, after } = change;
        const key = `${uid} ${after.canaryRevision ?? before.canaryRevision ?? ''} ${after.attempt ?? before.attempt ?? 1}`;
        // A revision that was stable, or left, and was removed since is made again and analysed anew in a run of its own.
        if (after.canaryRevision !== undefined && after.canaryRevision !== before.canaryRevision) analysed.delete(key);
        if (after.canaryRevision !== undefined && desiredOf(before) === 0 && desiredOf(after) > 0 && !analysed.has(key))
          analysed.set(key, {
            text: textOf(rollout, after.canaryRevision),
            uid: witness.deploymentOf(rollout, after.canaryRevision)?.metadata.uid,
          });
        const begun = analysed.get(key);
        if (!isPromotion(before, after) || before.canaryRevision === undefined || begun === undefined) return undefined;
        return judge(
          isSame(rollout, before.canaryRevision, begun) ? undefined : `${before.canaryRevision} is promoted, and is not what was analysed`,
        );
      },
    };
  },
};

/** What a status says is not there, and where it would be. */
const absences: Readonly<Record<string, (rollout: RolloutSeen) => readonly (readonly [kind: string, key: string])[]>> = {
  WorkloadNotFound: ({ metadata, spec }) => [['Deployment', `${metadata.namespace}/${spec.workloadRef?.name ?? ''}`]],
  ServiceNotFound: ({ metadata, spec }) => [['Service', `${metadata.namespace}/${spec.service.name}`]],
  AnalysisTemplateNotFound: ({ metadata, spec, ...rollout }) =>
    [
      ...(spec.strategy.canary.analysis?.templates ?? []),
      ...(spec.strategy.canary.afterPromotion?.analysis?.templates ?? []),
      ...stepsOf({ metadata, spec, ...rollout }).flatMap(({ templates = [] }) => templates),
    ].map(({ name, clusterScope }) =>
      clusterScope === true ? ['ClusterAnalysisTemplate', name] : ['AnalysisTemplate', `${metadata.namespace}/${name}`],
    ),
};

export const absenceIsSeen: Law = {
  id: 'I22',
  text:
    'A failed or partial read is no change: a revision begins only after somebody has changed the template, the configuration or the Rollout (more of it than its count) since the last one began; a deletion only once it was asked for; ' +
    'and status calls nothing absent that has been there all the time, unless news of it never came (F5): that is not to be told from what is not there, until the next list.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const hasMissedNews = () => run.struckNames.has('event-dropped');
    const begun = new PerKey<{ atMs: number }>(() => ({ atMs: Number.NEGATIVE_INFINITY }));
    /** The last edit by people, by namespace: of workloads, configuration, Rollouts. */
    const edits = new PerKey<{ atMs: number }>(() => ({ atMs: Number.NEGATIVE_INFINITY }));
    return {
      onCommit(commit) {
        if (isEdit(commit)) edits.of(commit.object.metadata.namespace ?? '').atMs = commit.atMs;
        const change = statusChange(commit);
        if (change === undefined) return undefined;
        const { rollout, uid, before, after } = change;
        const { namespace = '', deletionTimestamp } = rollout.metadata;
        if (after.phase === 'Terminating' && deletionTimestamp === undefined) return judge('it terminates, and nobody has deleted it');
        for (const reason of reasonsOf(after)) {
          const places = absences[reason]?.(rollout);
          if (places === undefined || reasonsOf(before).includes(reason) || hasMissedNews()) continue;
          const isReal = places.some(([kind, key]) => witness.get(kind, key) === undefined || witness.wasAbsent(kind, key));
          const what = judge(
            isReal ? undefined : `status says ${reason}, and all of it has been there: ${places.map(([, key]) => key).join(', ')}`,
          );
          if (what !== undefined) return what;
        }
        const state = begun.of(uid);
        const isFirst = before.stableRevision === undefined && after.stableRevision !== undefined;
        const isBegun = after.canaryRevision !== undefined && after.canaryRevision !== before.canaryRevision;
        if (!isFirst && !isBegun) return undefined;
        // What was changed while the last one was on its way to be written down may not have been seen by it.
        const isNews = edits.of(namespace).atMs >= state.atMs - newsMs(run);
        state.atMs = change.sentMs;
        return judge(isNews ? undefined : `${after.canaryRevision} begins, and nobody has changed anything`);
      },
    };
  },
};

/** How many pods are wanted is no part of a revision, and changes by the minute where an autoscaler says it. */
const withoutCount = (rollout: SeenCommit['previous']): string =>
  JSON.stringify({ ...(rollout?.spec as object | undefined), replicas: undefined });

/** By somebody else than a controller: what a revision is made of. */
function isEdit({ object, previous, by, type }: SeenCommit): boolean {
  if (by !== undefined || revisionOf(object) !== undefined) return false;
  switch (object.kind) {
    case 'ConfigMap':
    case 'Secret':
      return true;
    case 'Rollout':
      return type !== 'MODIFIED' || withoutCount(object) !== withoutCount(previous);
    case 'Deployment':
      return (
        type !== 'MODIFIED' || previous === undefined || (object.spec !== previous.spec && templateText(object) !== templateText(previous))
      );
    default:
      return false;
  }
}
