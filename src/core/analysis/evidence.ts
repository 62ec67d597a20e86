import { unreachable } from '../../lib/index.ts';
import type { RunView } from '../world.ts';
import { askingOf } from './ask.ts';
import { failingText } from './failing.ts';
import type { Argument, Metric } from './metric.ts';
import type { AnalysisRun, BrokenRun, Measurement, MetricResult, RunKind } from './run.ts';
import { minWindowMs, ownWindowMs, sampleArgs, scopeOf, withWindow } from './scope.ts';
import { isEnded, metricVerdict, totalOf } from './verdict.ts';

/**
 * Of every metric that is not a dry run: the start of the window of its latest Pass; one that lies ahead is of a clock that was set back since, and none.
 * Exempt, so that a raise does not wait for it: a metric still in its initialDelay, and one that has had all the measurements it asks for and ended
 * Successful. One that somebody ended by hand has not; nor is one in its delay that was measured already, or whose run began in the future: the clock was set
 * back, and it is measured at once.
 */
export function evidenceOf({ spec, status }: AnalysisRun, nowMs: number): RunView['evidence'] {
  const startedAtMs = status.startedAt === undefined ? nowMs : Date.parse(status.startedAt);
  return spec.metrics
    .filter(({ dryRun }) => !dryRun)
    .map((metric) => {
      const result = status.metricResults.find(({ name }) => name === metric.name);
      const passedMs = Date.parse(result?.passedWindowStartedAt ?? '');
      const firstAsk = isEnded(result?.phase ?? status.phase) ? undefined : firstAskOf(metric, spec.args, status.startedAt);
      return {
        metric: metric.name,
        passedWindowStartedAtMs: passedMs <= nowMs ? passedMs : undefined,
        isExempt: (result !== undefined && isThrough(metric, result, spec.rollout?.kind)) || isDelayed(metric, result, nowMs - startedAtMs),
        ...(firstAsk === undefined ? {} : { firstAsk }),
        ...lackingIn(metric, result),
      };
    });
}

function lackingIn(metric: Metric, result: MetricResult | undefined): Pick<RunView['evidence'][number], 'lacking'> {
  const latest = result?.measurements.at(-1);
  const why = latest === undefined ? undefined : whyNoPass(metric, latest);
  return latest === undefined || why === undefined ? {} : { lacking: { why, atMs: Date.parse(latest.startedAt) } };
}

/** Without the numbers of the day, which would cost the Rollout a write with each measurement; the run has them. */
function whyNoPass({ minRequests }: Metric, { result, requests }: Measurement): string | undefined {
  switch (result) {
    case 'Pass':
      return undefined;
    case 'Fail':
      return 'its latest measurement failed, within failureLimit';
    case 'Inconclusive':
      return 'its latest measurement was inconclusive';
    case 'NoData':
      return minRequests !== undefined && requests !== undefined && requests < minRequests
        ? `fewer than ${minRequests} requests in its window`
        : 'no data in its window';
    case 'Error':
    case 'Invalid':
      return 'it could not be measured';
    default:
      return unreachable(result);
  }
}

/** A window of its own fits behind the confirmation no sooner; the names in its query do not matter for that. */
function firstAskOf(metric: Metric, args: readonly Argument[], startedAt: string | undefined): FirstAsk | undefined {
  const scope = scopeOf(args, sampleArgs);
  const asking = askingOf(metric, withWindow(scope, Math.min(ownWindowMs(scope) ?? minWindowMs, minWindowMs)), { namespace: 'x' });
  if (!asking.ok) return undefined;
  const { windowMs } = asking.value;
  if (metric.initialDelay === 0) return { windowMs };
  return startedAt === undefined ? undefined : { windowMs, notBeforeMs: Date.parse(startedAt) + metric.initialDelay };
}

type FirstAsk = NonNullable<RunView['evidence'][number]['firstAsk']>;

const isThrough = (metric: Metric, result: MetricResult, kind: RunKind | undefined): boolean =>
  result.phase === 'Successful' && metricVerdict(metric, result, totalOf(metric, kind))?.phase === 'Successful';

const isDelayed = ({ initialDelay }: Metric, result: MetricResult | undefined, sinceStartMs: number): boolean =>
  sinceStartMs >= 0 && sinceStartMs < initialDelay && (result === undefined || result.measurements.length === 0);

/** The run as the Rollout's planner sees it; undefined where it was made by hand. */
export function runView(run: AnalysisRun, nowMs: number): RunView | undefined {
  const { rollout, terminate } = run.spec;
  if (rollout === undefined) return undefined;
  return {
    name: run.name,
    uid: run.uid,
    resourceVersion: run.resourceVersion,
    kind: rollout.kind,
    revision: rollout.revision,
    attempt: rollout.attempt,
    round: rollout.round,
    step: rollout.step,
    phase: run.status.phase,
    message: run.status.message ?? '',
    isTerminating: terminate || run.isDeleting,
    isDeleting: run.isDeleting,
    evidence: evidenceOf(run, nowMs),
    ...(run.status.phase === 'Failed' ? { failing: failingText(run) } : {}),
  };
}

/** What such a run ends as. */
export const brokenPhase = ({ phase }: BrokenRun['status']): 'Failed' | 'Error' => (phase === 'Failed' ? 'Failed' : 'Error');

/** One that does not decode is an Error, whatever it had seen so far, unless it had failed before; nothing of it is evidence. */
export function brokenRunView({ rollout, name, uid, resourceVersion, isDeleting, problem, status }: BrokenRun): RunView | undefined {
  if (rollout === undefined) return undefined;
  const { kind, revision, attempt, round, step } = rollout;
  const phase = brokenPhase(status);
  return {
    ...{ name, uid, resourceVersion, kind, revision, attempt, round, step },
    phase,
    message: phase === 'Failed' ? (status.message ?? '') : problem,
    isTerminating: isDeleting,
    isDeleting,
    evidence: [],
  };
}
