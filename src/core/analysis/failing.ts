import type { Metric } from './metric.ts';
import type { AnalysisRun, Measurement, MetricResult } from './run.ts';

/** What failed the run, for people: `error-rate 0.31 > 0.05, 3 of 3 samples failed`. Undefined where no measurement did. */
export function failingText({ spec, status }: Pick<AnalysisRun, 'spec' | 'status'>): string | undefined {
  const result = status.metricResults.find(({ phase, dryRun }) => phase === 'Failed' && !dryRun);
  const metric = spec.metrics.find(({ name }) => name === result?.name);
  if (result === undefined || metric === undefined || result.failed === 0) return undefined;
  return `${result.name}${measuredText(metric, latestFailure(result))}, ${result.failed} of ${result.count} samples failed`;
}

/** The deciding one, unless that was a silence after it. */
const latestFailure = ({ deciding, measurements }: MetricResult): Measurement | undefined =>
  deciding?.result === 'Fail' ? deciding : (measurements.findLast(({ result }) => result === 'Fail') ?? deciding);

function measuredText({ thresholdRange }: Metric, measurement: Measurement | undefined): string {
  const value = Number(measurement?.value ?? Number.NaN);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = thresholdRange ?? {};
  if (value < min) return ` ${rounded(value, min)} < ${min}`;
  if (value > max) return ` ${rounded(value, max)} > ${max}`;
  return measurement?.message === undefined ? '' : `: ${measurement.message}`;
}

/** As short as it may be without looking like the threshold that it missed. */
const rounded = (value: number, threshold: number): number => {
  const short = Number(value.toPrecision(3));
  return short === threshold ? value : short;
};
