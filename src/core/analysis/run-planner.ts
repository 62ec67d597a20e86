import { clip, sameJson } from '../../lib/index.ts';
import type { AskContext } from './ask.ts';
import { judgeComparison } from './comparison.ts';
import { conditionProblemsIn } from './condition.ts';
import { judge } from './judge.ts';
import type { Metric } from './metric.ts';
import { problemText } from './problem.ts';
import type { Question, Sample } from './question.ts';
import type { AnalysisRun, AnalysisRunStatus, MetricResult, RunKind } from './run.ts';
import { nextDueMs, secondLookMs, slotOf, windowsSinceOf } from './schedule.ts';
import type { PredefinedArgs, Scope } from './scope.ts';
import { scopeOf } from './scope.ts';
import { emptyResult, isoTime, measurementOf, tally } from './tally.ts';
import type { Verdict } from './verdict.ts';
import {
  closingVerdict,
  endMetric,
  isEnded,
  metricVerdict,
  runOutlook,
  silenceEndsAtMs,
  silenceVerdict,
  totalOf,
  worstOf,
} from './verdict.ts';

/** What the Rollout that a run was made for says of itself at this moment. */
export interface RunSubject {
  readonly args: PredefinedArgs;
  readonly weight: number;
  readonly step: number;
  /** The name of the split; absent: the root Service's. */
  readonly split?: string;
  /** When the current weight was confirmed: no window may begin before it. Undefined: nothing is measured now. */
  readonly windowsSinceMs: number | undefined;
  /** The Rollout is done with this run: it ends Successful, or Inconclusive without a Pass. */
  readonly isOver: boolean;
}

/** All that the run's next step depends on: plain data, time included. */
export interface RunWorld {
  readonly nowMs: number;
  readonly run: AnalysisRun;
  /** Finished measurements. Those that status has counted already are known by their start and are not counted again. */
  readonly samples: readonly Sample[];
  /** Names of the metrics that are being asked now. */
  readonly inFlight: readonly string[];
  /** False: every measurement waits for its interval. By default the first look at a weight, and the one after a first failure, come early. */
  readonly looksEarly?: boolean;
  /** Absent for runs made by hand. A run made for a Rollout asks nothing without it. */
  readonly subject: RunSubject | undefined;
}

export interface RunQuestion {
  readonly metric: string;
  readonly question: Question;
  readonly windowStartedAtMs: number;
}

export interface RunPlan {
  /** The whole next status; absent where it is the stored one. Written before any question is asked. */
  readonly status?: AnalysisRunStatus;
  readonly questions: readonly RunQuestion[];
  readonly wakeAtMs?: number;
}

const idle: RunPlan = { questions: [] };

/** One step of an AnalysisRun: samples are counted, verdicts drawn, due questions asked. Nothing is measured after the end. */
export function planRun(world: RunWorld): RunPlan {
  const { run, subject } = world;
  if (run.isDeleting || isEnded(run.status.phase)) return idle;
  const frame = frameOf(world);
  const results = run.spec.metrics.map((metric) => expire(frame, metric, count(frame, metric, resultOf(frame, metric))));
  const asked = run.spec.metrics.map((metric, index) => askMetric(frame, metric, results[index] ?? emptyResult(metric, frame.startedAtMs)));
  const refused = asked.map(({ result }) => result);
  const outlook = runOutlook(refused, world.inFlight, frame.kind);
  if (outlook.kind === 'ended') return end(frame, refused, { why: 'ended with the run', verdict: outlook.verdict });
  if (run.spec.terminate) return end(frame, refused, { why: 'terminated' });
  if (subject?.isOver === true) return end(frame, refused, { why: 'the Rollout is done with it' });
  const isEnding = outlook.kind === 'ending';
  const questions = isEnding ? [] : asked.flatMap(({ question }) => question ?? []);
  const wakes = asked
    .flatMap(({ wakeAtMs, silenceEndsMs }) => [...(isEnding ? [] : [wakeAtMs]), silenceEndsMs])
    .filter((ms) => ms !== undefined);
  const status: AnalysisRunStatus = { phase: 'Running', startedAt: isoTime(frame.startedAtMs), metricResults: refused };
  return { ...changed(run.status, status), questions, ...(wakes.length === 0 ? {} : { wakeAtMs: Math.min(...wakes) }) };
}

/** What is the same for every metric of one plan. */
interface Frame {
  readonly world: RunWorld;
  readonly kind: RunKind | undefined;
  readonly startedAtMs: number;
  readonly scope: Scope;
  readonly context: AskContext;
}

function frameOf(world: RunWorld): Frame {
  const { run, subject, nowMs } = world;
  const live = subject === undefined ? {} : { ...subject.args, weight: String(subject.weight), step: String(subject.step) };
  return {
    world,
    kind: run.spec.rollout?.kind,
    startedAtMs: run.status.startedAt === undefined ? nowMs : Date.parse(run.status.startedAt),
    scope: scopeOf(run.spec.args, { ...live, namespace: run.namespace }),
    context: { namespace: run.namespace, split: subject?.split },
  };
}

function resultOf({ world, startedAtMs }: Frame, metric: Metric): MetricResult {
  const stored = world.run.status.metricResults.find(({ name }) => name === metric.name);
  return stored === undefined ? emptyResult(metric, startedAtMs + metric.initialDelay) : afterClockStep(stored, world.nowMs);
}

/**
 * A measurement that begins in the future tells that the clock was set back. What would be waited for until the clock has caught up is due now, and a Pass of
 * that time is no evidence: it could be taken for one of a weight that was confirmed after the step.
 */
function afterClockStep(stored: MetricResult, nowMs: number): MetricResult {
  const isAhead = (iso: string | undefined) => iso !== undefined && Date.parse(iso) > nowMs;
  const { nextDueAt, passedWindowStartedAt, silentSince } = stored;
  if (!isAhead(stored.measurements.at(-1)?.startedAt)) return stored;
  return {
    ...stored,
    // Once: with each moment that passes before it is asked it would be another status to write.
    nextDueAt: isAhead(nextDueAt) ? isoTime(nowMs) : nextDueAt,
    passedWindowStartedAt: isAhead(passedWindowStartedAt) ? undefined : passedWindowStartedAt,
    silentSince: isAhead(silentSince) ? isoTime(nowMs) : silentSince,
  };
}

/** True where the status has counted this sample: then the shell may forget it. */
export function isCounted(status: AnalysisRunStatus, sample: Sample): boolean {
  const result = status.metricResults.find(({ name }) => name === sample.metric);
  return isEnded(status.phase) || (result !== undefined && (isEnded(result.phase) || isCountedIn(result, sample)));
}

/** By its start, which is its own: times of a clock that may be set back have no order. More are kept than can be unread. */
const isCountedIn = ({ measurements }: MetricResult, { startedAtMs }: Sample): boolean => {
  const startedAt = isoTime(startedAtMs);
  return measurements.some((measurement) => measurement.startedAt === startedAt);
};

/** Folds the metric's new samples in the order of their start, whatever order they came in. */
function count({ world, kind, scope }: Frame, metric: Metric, stored: MetricResult): MetricResult {
  const own = world.samples
    .filter((sample) => sample.runUid === world.run.uid && sample.metric === metric.name)
    .sort((left, right) => left.startedAtMs - right.startedAtMs || left.finishedAtMs - right.finishedAtMs);
  return own.reduce((before, sample) => {
    if (isEnded(before.phase) || isCountedIn(before, sample)) return before;
    const silence = silenceVerdict(metric, before, sample.finishedAtMs);
    if (silence !== undefined) return endMetric(before, silence);
    const tallied = {
      ...tallyOf(metric, before, sample, scope),
      ...(sample.asked === undefined ? {} : { query: clip(sample.asked, 2048) }),
    };
    const verdict = metricVerdict(metric, tallied, totalOf(metric, kind));
    if (verdict !== undefined) return endMetric(tallied, verdict);
    const dueMs = nextDueMs(metric, before, sample, windowsSinceOf(before, world.subject?.windowsSinceMs));
    const isFirstFailure = tallied.measurements.at(-1)?.result === 'Fail' && before.measurements.at(-1)?.result !== 'Fail';
    const looksAgain = isFirstFailure && world.looksEarly !== false;
    return { ...tallied, nextDueAt: isoTime(looksAgain ? secondLookMs(metric, sample, dueMs) : dueMs) };
  }, stored);
}

function tallyOf(metric: Metric, before: MetricResult, sample: Sample, scope: Scope): MetricResult {
  if (metric.compare === undefined) return tally(metric, before, measurementOf(judge(metric, sample.answer, scope), sample));
  const { judgement, test } = judgeComparison(metric, before.comparison, sample.answer);
  const tallied = tally(metric, before, measurementOf(judgement, sample));
  if (test === undefined) return tallied;
  return { ...tallied, comparison: { ...test, until: isoTime(sample.finishedAtMs), windows: (before.comparison?.windows ?? 0) + 1 } };
}

function expire({ world }: Frame, metric: Metric, result: MetricResult): MetricResult {
  const silence = isEnded(result.phase) ? undefined : silenceVerdict(metric, result, world.nowMs);
  return silence === undefined ? result : endMetric(result, silence);
}

interface Asked {
  readonly result: MetricResult;
  readonly question?: RunQuestion;
  readonly wakeAtMs?: number | undefined;
  readonly silenceEndsMs?: number | undefined;
}

/** The metric's question, where it is due; a metric whose question cannot be made ends as Invalid, and nothing is sent. */
function askMetric(frame: Frame, metric: Metric, result: MetricResult): Asked {
  const { world, startedAtMs, scope, context } = frame;
  if (isEnded(result.phase)) return { result };
  const { nowMs, subject, run } = world;
  const silenceEndsMs = silenceEndsAtMs(metric, result);
  if (run.spec.rollout !== undefined && subject === undefined) return { result, silenceEndsMs };
  const slot = slotOf({
    nowMs,
    metric,
    result,
    // A run that began in the future began before the clock was set back: its delay is not waited for until that time comes again.
    earliestMs: startedAtMs > nowMs ? nowMs : startedAtMs + metric.initialDelay,
    windowsSinceMs: subject?.windowsSinceMs,
    looksEarly: world.looksEarly !== false,
    scope,
    context,
  });
  if (!slot.ok) return { result: refuse(metric, result, { nowMs, message: slot.failure.map(problemText).join('; ') }) };
  const isUnconfirmed = subject !== undefined && subject.windowsSinceMs === undefined;
  if (isUnconfirmed || world.inFlight.includes(metric.name)) return { result, silenceEndsMs };
  const { askAtMs, asking } = slot.value;
  if (asking === undefined) return { result, wakeAtMs: askAtMs, silenceEndsMs };
  // Nothing is sent that could not be judged.
  const unjudged = conditionProblemsIn(metric, scope);
  if (unjudged.length > 0) return { result: refuse(metric, result, { nowMs, message: unjudged.map(problemText).join('; ') }) };
  return {
    result,
    question: { metric: metric.name, question: asking.question, windowStartedAtMs: nowMs - asking.windowMs },
    silenceEndsMs,
  };
}

function refuse(
  metric: Metric,
  result: MetricResult,
  { nowMs, message }: { readonly nowMs: number; readonly message: string },
): MetricResult {
  const times = { startedAtMs: nowMs, finishedAtMs: nowMs, windowStartedAtMs: nowMs };
  const tallied = tally(metric, result, measurementOf({ result: 'Invalid', message }, times));
  return endMetric(tallied, metricVerdict(metric, tallied, undefined) ?? { phase: 'Error', message });
}

/** The last status: metrics that were still open are closed, never Successful without a Pass. */
function end(
  { world, startedAtMs }: Frame,
  results: readonly MetricResult[],
  { why, verdict }: { readonly why: string; readonly verdict?: Verdict },
): RunPlan {
  const closed = results.map((result) => (isEnded(result.phase) ? result : endMetric(result, closingVerdict(result, why))));
  const { phase, message } = verdict ?? worstOf(closed);
  const status: AnalysisRunStatus = {
    phase,
    message,
    startedAt: isoTime(startedAtMs),
    completedAt: isoTime(world.nowMs),
    metricResults: closed,
  };
  return { ...changed(world.run.status, status), questions: [] };
}

const changed = (stored: AnalysisRunStatus, next: AnalysisRunStatus): { readonly status?: AnalysisRunStatus } =>
  sameJson(stored, next) ? {} : { status: next };
