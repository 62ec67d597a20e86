import { clip, formatDuration } from '../../lib/index.ts';
import type { Metric } from './metric.ts';
import type { AnalysisRunPhase, MetricResult, RunKind } from './run.ts';

/** How a metric or a run ended, and why. */
export interface Verdict {
  readonly phase: Exclude<AnalysisRunPhase, 'Pending' | 'Running'>;
  readonly message: string;
}

export const isEnded = (phase: AnalysisRunPhase): phase is Verdict['phase'] => phase !== 'Pending' && phase !== 'Running';

const ended = (phase: Verdict['phase'], message: string): Verdict => ({ phase, message });

/**
 * After how many counted measurements the metric is done; undefined: not by their number. Without interval it is measured once.
 * A step must end, so that there an interval without count and without consecutiveSuccessLimit means one measurement too.
 */
export function totalOf({ count, interval, consecutiveSuccessLimit }: Metric, kind: RunKind | undefined): number | undefined {
  if (count !== undefined) return count;
  if (interval === undefined) return 1;
  return kind === 'Step' && consecutiveSuccessLimit === undefined ? 1 : undefined;
}

/** What the counters say of the metric after its latest measurement; undefined: go on. */
export function metricVerdict(metric: Metric, result: MetricResult, total: number | undefined): Verdict | undefined {
  const { failureLimit, inconclusiveLimit, consecutiveErrorLimit, consecutiveSuccessLimit } = metric;
  const { failed, inconclusive, consecutiveError, consecutiveSuccess } = result;
  const latest = result.measurements.at(-1)?.message;
  const detail = latest === undefined ? '' : `: ${latest}`;
  // A rejection of the test is final, whatever is tolerated.
  if (result.comparison?.verdict === 'worse') return ended('Failed', latest ?? 'worse than stable');
  if (failed > failureLimit) return ended('Failed', `failed ${failed} > failureLimit ${failureLimit}`);
  if (result.invalid > 0) return ended('Error', `invalid${detail}`);
  if (consecutiveError > consecutiveErrorLimit)
    return ended('Error', `consecutiveError ${consecutiveError} > consecutiveErrorLimit ${consecutiveErrorLimit}${detail}`);
  if (inconclusive > inconclusiveLimit)
    return ended('Inconclusive', `inconclusive ${inconclusive} > inconclusiveLimit ${inconclusiveLimit}`);
  if (consecutiveSuccessLimit !== undefined && consecutiveSuccess >= consecutiveSuccessLimit) {
    return ended('Successful', `consecutiveSuccess ${consecutiveSuccess} >= consecutiveSuccessLimit ${consecutiveSuccessLimit}`);
  }
  // What is not known yet does not advance count, and the windows are what was asked for.
  if (metric.compare !== undefined) {
    const isThrough = total !== undefined && (result.comparison?.windows ?? 0) >= total && result.comparison?.verdict === 'notWorse';
    return isThrough ? ended('Successful', `count ${total} reached${detail}`) : undefined;
  }
  if (total === undefined || result.count < total) return undefined;
  if (result.successful === 0) return ended('Inconclusive', `count ${total} reached without a Pass`);
  if (consecutiveSuccessLimit !== undefined) {
    return ended(
      'Inconclusive',
      `count ${total} reached, consecutiveSuccess ${consecutiveSuccess} < consecutiveSuccessLimit ${consecutiveSuccessLimit}`,
    );
  }
  return ended('Successful', `count ${total} reached`);
}

/** When the silence of a metric that waits for data ends it; undefined where its clock stands still. */
export function silenceEndsAtMs({ noData }: Metric, { silentSince }: MetricResult): number | undefined {
  return noData.action === 'Wait' && silentSince !== undefined ? Date.parse(silentSince) + noData.timeout : undefined;
}

/** What `noData.then` makes of a metric at `atMs`, where its time is up. */
export function silenceVerdict(metric: Metric, result: MetricResult, atMs: number): Verdict | undefined {
  const endsAtMs = silenceEndsAtMs(metric, result);
  if (endsAtMs === undefined || atMs < endsAtMs) return undefined;
  return ended(metric.noData.then === 'Fail' ? 'Failed' : 'Inconclusive', `no data for ${formatDuration(metric.noData.timeout)}`);
}

/** A metric that is ended from outside: never Successful without a Pass. */
export const closingVerdict = (result: MetricResult, why: string): Verdict =>
  result.successful > 0 && (result.comparison === undefined || result.comparison?.verdict === 'notWorse')
    ? ended('Successful', why)
    : ended('Inconclusive', `${why}, without a Pass`);

/** The metric result with its verdict, which does not change again. */
export const endMetric = (result: MetricResult, { phase, message }: Verdict): MetricResult => ({
  ...result,
  phase,
  message: clip(message, 2048),
  deciding: result.measurements.at(-1),
  nextDueAt: undefined,
  silentSince: undefined,
});

export type RunOutlook =
  | { readonly kind: 'ended'; readonly verdict: Verdict }
  /** A metric is Inconclusive: nothing new is asked, and the run ends once the measurements under way are in. */
  | { readonly kind: 'ending' }
  | { readonly kind: 'running' };

/**
 * What the metrics say of the run. The first Failed or Error ends it at once; at an Inconclusive what is under way comes in first.
 * Dry runs change no phase and hold nothing open.
 */
export function runOutlook(results: readonly MetricResult[], inFlight: readonly string[], kind: RunKind | undefined): RunOutlook {
  const judged = results.filter(({ dryRun }) => !dryRun);
  if (judged.length === 0) return holdsOpenDry(results, kind) ? { kind: 'running' } : { kind: 'ended', verdict: worstOf(results) };
  const has = (phase: AnalysisRunPhase) => judged.some((result) => result.phase === phase);
  if (has('Failed') || has('Error')) return { kind: 'ended', verdict: worstOf(results) };
  if (has('Inconclusive')) {
    const isAwaited = judged.some(({ name, phase }) => !isEnded(phase) && inFlight.includes(name));
    return isAwaited ? { kind: 'ending' } : { kind: 'ended', verdict: worstOf(results) };
  }
  return judged.every(({ phase }) => isEnded(phase)) ? { kind: 'ended', verdict: worstOf(results) } : { kind: 'running' };
}

/** A run of dry runs alone: beside a Rollout it goes on as long as they do; else one look at each is enough. */
const holdsOpenDry = (results: readonly MetricResult[], kind: RunKind | undefined): boolean =>
  results.some(
    ({ phase, measurements }) => !isEnded(phase) && (kind === 'Background' || kind === 'AfterPromotion' || measurements.length === 0),
  );

const severity = ['Failed', 'Error', 'Inconclusive'] as const;

/** Failed > Error > Inconclusive > Successful, the first metric of the worst kind in the order of the spec. */
export function worstOf(results: readonly MetricResult[]): Verdict {
  const judged = results.filter(({ dryRun }) => !dryRun);
  if (judged.length === 0) return ended('Successful', 'dry run only');
  for (const phase of severity) {
    const worst = judged.find((result) => result.phase === phase);
    if (worst !== undefined) return ended(phase, clip(`metric "${worst.name}" ${phase}: ${worst.message ?? ''}`, 2048));
  }
  return ended('Successful', judged.length === 1 ? 'the metric is successful' : `all ${judged.length} metrics are successful`);
}
