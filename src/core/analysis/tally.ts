import { clip } from '../../lib/index.ts';
import type { Judgement } from './judge.ts';
import type { Metric } from './metric.ts';
import type { Sample } from './question.ts';
import type { Measurement, MetricResult } from './run.ts';

/** How many measurements status keeps. */
const kept = 10;

export const isoTime = (ms: number): string => new Date(ms).toISOString();

export const emptyResult = (metric: Metric, dueAtMs: number): MetricResult => ({
  name: metric.name,
  phase: 'Running',
  dryRun: metric.dryRun,
  count: 0,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  noData: 0,
  error: 0,
  invalid: 0,
  consecutiveError: 0,
  consecutiveSuccess: 0,
  measurements: [],
  nextDueAt: isoTime(dueAtMs),
});

export type Times = Pick<Sample, 'startedAtMs' | 'finishedAtMs' | 'windowStartedAtMs'>;

export const measurementOf = ({ result, value, requests, message }: Judgement, times: Times): Measurement => ({
  result,
  ...(value === undefined ? {} : { value: clip(value, 256) }),
  ...(requests === undefined ? {} : { requests }),
  ...(message === undefined || message === '' ? {} : { message: clip(message, 1024) }),
  startedAt: isoTime(times.startedAtMs),
  finishedAt: isoTime(times.finishedAtMs),
  windowStartedAt: isoTime(times.windowStartedAtMs),
});

/**
 * The counters after one more measurement. Pass, Fail and Inconclusive advance `count`; NoData and Error do not, but for a
 * NoData that `noData.action` counts as a Fail or an Inconclusive.
 */
export function tally(metric: Metric, before: MetricResult, measurement: Measurement): MetricResult {
  const { result } = measurement;
  const counted = countsAs(metric, measurement);
  const plus = (isOne: boolean) => (isOne ? 1 : 0);
  const isPass = counted === 'Pass';
  const isCounted = isPass || counted === 'Fail' || counted === 'Inconclusive';
  return {
    ...before,
    count: before.count + plus(isCounted),
    successful: before.successful + plus(isPass),
    failed: before.failed + plus(counted === 'Fail'),
    inconclusive: before.inconclusive + plus(counted === 'Inconclusive'),
    noData: before.noData + plus(result === 'NoData'),
    error: before.error + plus(result === 'Error'),
    invalid: before.invalid + plus(result === 'Invalid'),
    consecutiveError: result === 'Error' ? before.consecutiveError + 1 : 0,
    consecutiveSuccess: isPass ? before.consecutiveSuccess + 1 : 0,
    measurements: [...before.measurements, measurement].slice(-kept),
    silentSince: silentSince(metric, before, measurement),
    passedWindowStartedAt: isPass ? later(before.passedWindowStartedAt, measurement.windowStartedAt) : before.passedWindowStartedAt,
  };
}

function countsAs({ noData }: Metric, { result }: Measurement): Measurement['result'] {
  return result === 'NoData' && noData.action !== 'Wait' ? noData.action : result;
}

/** The clock of `Wait`: starts at the first silence; only Pass and Fail stop it. */
function silentSince({ noData }: Metric, before: MetricResult, { result, finishedAt }: Measurement): string | undefined {
  if (result === 'Pass' || result === 'Fail') return undefined;
  return before.silentSince ?? (result === 'NoData' && noData.action === 'Wait' ? finishedAt : undefined);
}

/** ISO times of one form compare as text. */
const later = (left: string | undefined, right: string | undefined): string | undefined =>
  left === undefined || (right !== undefined && right > left) ? right : left;
