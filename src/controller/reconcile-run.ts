import { analysisRuns } from '../api/index.ts';
import type { AnalysisRun, BrokenRun, RolloutOfRun, RunSubject } from '../core/analysis/index.ts';
import { brokenPhase, isEnded, planRun } from '../core/analysis/index.ts';
import { revisionName } from '../core/names.ts';
import type { Rollout } from '../core/rollout.ts';
import { isDoneWith, measurableSinceMs } from '../core/rounds.ts';
import { isoOf } from '../core/time.ts';
import type { KubeClient, ReconcileOutcome } from '../kube/index.ts';
import { describeFailure, isCutOff } from '../kube/index.ts';
import type { Clock, Logger } from '../lib/index.ts';
import { mergePatch } from '../lib/index.ts';
import { routerOf } from '../traffic/index.ts';
import type { Cache } from './cache.ts';
import type { Confirmations } from './confirmations.ts';
import type { Conflicts } from './conflicts.ts';
import { unelected } from './controller-options.ts';
import type { Measurer } from './measurer.ts';
import type { Obstacles } from './obstacle.ts';
import { obstacleOf } from './obstacle.ts';
import type { RunRecord } from './run-records.ts';

export interface RunReconciler {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly epoch: () => number | undefined;
  readonly cache: Cache;
  readonly measurer: Measurer;
  readonly obstacles: Obstacles;
  readonly conflicts: Conflicts;
  readonly looksEarly: boolean;
  readonly confirmations: Confirmations;
  /** Discovery has been through: before it, a question about `mesh: auto` would be refused for good. */
  readonly isMeshKnown: () => boolean;
  /** The dialect of metrics of a Rollout's own mesh, for `mesh: auto`. */
  readonly dialectOf: (rollout: Rollout) => string | undefined;
  /** The run's verdict may have changed what its Rollout does: look at once. */
  readonly onVerdict: (rollout: string, isBad: boolean) => void;
}

const untilDiscoveredMs = 250;

/** One AnalysisRun: samples in, verdict recorded, questions out. The record comes before anything that follows from it. */
export async function reconcileRun(key: string, reconciler: RunReconciler, signal: AbortSignal): Promise<ReconcileOutcome> {
  const { cache, clock, log, measurer, looksEarly } = reconciler;
  const epoch = reconciler.epoch();
  if (epoch === undefined) return {};
  const record = cache.runs.get(key);
  if (record === undefined) {
    measurer.forget(key);
    reconciler.obstacles.passedByRun(key);
    reconciler.conflicts.passed(key);
    return {};
  }
  if (isOutdated(record, epoch, cache)) return {};
  if (!record.decoded.ok) return record.broken === undefined ? {} : endBroken(key, record.broken, reconciler, signal);
  const run = record.decoded.value;
  if (run.status.completedAt !== undefined) {
    measurer.forget(key);
    reconciler.obstacles.passedByRun(key);
    reconciler.conflicts.passed(key);
    return {};
  }
  // A status that cannot be read is an Error, too: it is written down as one, over whatever is there.
  if (isEnded(run.status.phase)) {
    const problem = run.status.message ?? 'the stored status cannot be read';
    return endBroken(key, { ...run, problem, rollout: run.spec.rollout }, reconciler, signal);
  }
  if (!reconciler.isMeshKnown()) return { wakeAtMs: clock.nowMs() + untilDiscoveredMs };
  const samples = measurer.peek(key).filter((sample) => sample.runUid === run.uid);
  const subject = run.spec.rollout === undefined ? undefined : subjectOf(run, run.spec.rollout, reconciler);
  const next = planRun({ nowMs: clock.nowMs(), run, samples, inFlight: measurer.inFlight(key, run.uid), subject, looksEarly });
  const patch = next.status === undefined ? undefined : mergePatch({ ...run.status }, { ...next.status });
  if (patch !== undefined) {
    const isBad = next.status?.phase === 'Failed' || next.status?.phase === 'Error';
    const failed = await write(key, run, { patch, isBad, rollout: run.spec.rollout?.name }, reconciler, signal);
    if (failed !== undefined) return failed;
    if (run.status.phase !== next.status?.phase)
      log.info({ run: key, from: run.status.phase, to: next.status?.phase, message: next.status?.message }, 'analysis run changed');
    if (run.spec.rollout !== undefined) reconciler.onVerdict(`${run.namespace}/${run.spec.rollout.name}`, isBad);
  }
  measurer.acknowledge(key, samples);
  const mesh = meshOf(run, reconciler);
  for (const { metric, question, windowStartedAtMs } of next.questions)
    measurer.ask({ run: key, runUid: run.uid, metric, question, windowStartedAtMs, ...mesh });
  return next.wakeAtMs === undefined ? {} : { wakeAtMs: next.wakeAtMs };
}

/** A newer leader has written the Rollout of this run, and its runs are that one's, too; the Rollout's own pass says so, and ends this process. */
function isOutdated({ namespace, rolloutName }: RunRecord, epoch: number, cache: Cache): boolean {
  const decoded = rolloutName === undefined ? undefined : cache.rollouts.get(`${namespace}/${rolloutName}`)?.decoded;
  return epoch !== unelected && decoded?.ok === true && (decoded.value.status.epoch ?? 0) > epoch;
}

/** One that does not decode, or whose status does not, is over: an Error that says why, in one write. Nothing is measured for it any more. */
async function endBroken(key: string, run: BrokenRun, reconciler: RunReconciler, signal: AbortSignal): Promise<ReconcileOutcome> {
  const { clock, log, measurer } = reconciler;
  measurer.forget(key);
  if (run.isDeleting || run.status.completedAt !== undefined) return {};
  const at = isoOf(clock.nowMs());
  const patch = { phase: brokenPhase(run.status), message: run.problem, startedAt: run.status.startedAt ?? at, completedAt: at };
  const failed = await write(key, run, { patch, isBad: true, rollout: run.rollout?.name }, reconciler, signal);
  if (failed !== undefined) return failed;
  log.warn({ run: key, message: run.problem }, 'an analysis run cannot be read; it ends as an Error');
  if (run.rollout !== undefined) reconciler.onVerdict(`${run.namespace}/${run.rollout.name}`, true);
  return {};
}

type Stored = Pick<BrokenRun, 'namespace' | 'name' | 'uid' | 'resourceVersion'>;

interface Verdict {
  readonly patch: object;
  readonly isBad: boolean;
  /** The name of the Rollout that waits for it. */
  readonly rollout: string | undefined;
}

/** What to do next where the status could not be written; undefined where it was. */
async function write(
  key: string,
  run: Stored,
  { patch, isBad, rollout }: Verdict,
  { client, clock, log, cache, obstacles, conflicts }: RunReconciler,
  signal: AbortSignal,
): Promise<ReconcileOutcome | undefined> {
  const body = { metadata: { uid: run.uid, resourceVersion: run.resourceVersion }, status: patch };
  const priority = isBad ? 'cut' : 'normal';
  const written = await client.patch(analysisRuns, run, body, { type: 'merge', subresource: 'status', priority }, signal);
  if (written.ok) {
    cache.absorb(analysisRuns, written.value);
    obstacles.passedByRun(key);
    conflicts.passed(key);
    return undefined;
  }
  const { kind } = written.failure;
  if (kind === 'conflict') return { wakeAtMs: clock.nowMs() + conflicts.met(key, isBad) };
  if (kind === 'notFound' || kind === 'aborted') return {};
  log.warn({ run: key, failure: describeFailure(written.failure) }, 'a verdict could not be recorded');
  const obstacle = obstacleOf(written.failure);
  if (obstacle !== undefined && rollout !== undefined) obstacles.metByRun(key, `${run.namespace}/${rollout}`, obstacle);
  return isCutOff(written.failure) ? { cutOff: isBad ? 'urgent' : 'patient' } : 'retry';
}

/** What the Rollout says of itself now. Undefined while it cannot be read: then nothing is asked. */
function subjectOf(run: AnalysisRun, made: RolloutOfRun, { cache, clock, confirmations }: RunReconciler): RunSubject | undefined {
  const key = `${run.namespace}/${made.name}`;
  const record = cache.rollouts.get(key);
  if (record === undefined || record.uid !== made.uid || !record.decoded.ok) return undefined;
  const rollout = record.decoded.value;
  const { status, spec } = rollout;
  const { router, config } = routerOf(spec.traffic);
  const canary = revisionName(rollout.name, made.revision);
  const stable = revisionName(rollout.name, made.stableRevision ?? '');
  const sinceMs = measurableSinceMs(rollout, made);
  return {
    args: {
      namespace: rollout.namespace,
      rollout: rollout.name,
      service: spec.service.name,
      canaryService: canary,
      stableService: stable,
      canaryWorkload: canary,
      stableWorkload: stable,
      revision: made.revision,
    },
    weight: status.weight?.desired ?? 0,
    step: status.step?.index ?? 0,
    split: router.objectName(config, spec.service.name),
    // Without the weight that it is about there is nothing to watch; silence then is no news.
    windowsSinceMs: sinceMs === undefined ? undefined : confirmations.since(key, sinceMs, clock.nowMs()),
    isOver: isDoneWith(rollout, made),
  };
}

function meshOf(run: AnalysisRun, { cache, dialectOf }: RunReconciler): { mesh?: string } {
  const decoded = run.spec.rollout === undefined ? undefined : cache.rollouts.get(`${run.namespace}/${run.spec.rollout.name}`)?.decoded;
  const mesh = decoded?.ok ? dialectOf(decoded.value) : undefined;
  return mesh === undefined ? {} : { mesh };
}
