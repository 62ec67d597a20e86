import type { z } from 'zod';
import { formatDuration } from '../../lib/index.ts';
import type { Metric, MetricProvider } from './metric.ts';
import type { AnalysisRunSpec, analysisRunSpecSchema } from './run.ts';

/** The spec as users write it: durations as text again. Decoding it gives the same spec. */
export type WireAnalysisRunSpec = z.input<typeof analysisRunSpecSchema>;

export const encodeRunSpec = ({ metrics, args, terminate, rollout }: AnalysisRunSpec): WireAnalysisRunSpec => ({
  metrics: metrics.map(encodeMetric),
  args: [...args],
  ...(terminate ? { terminate } : {}),
  ...(rollout === undefined ? {} : { rollout }),
});

const encodeMetric = (metric: Metric): WireAnalysisRunSpec['metrics'][number] => ({
  ...metric,
  interval: text(metric.interval),
  initialDelay: text(metric.initialDelay),
  noData: { ...metric.noData, timeout: text(metric.noData.timeout) },
  provider: encodeProvider(metric.provider),
});

function encodeProvider({ prometheus, trafficMetrics, web }: MetricProvider): WireAnalysisRunSpec['metrics'][number]['provider'] {
  return {
    ...(prometheus === undefined ? {} : { prometheus: { ...prometheus, timeout: text(prometheus.timeout) } }),
    ...(trafficMetrics === undefined ? {} : { trafficMetrics: { ...trafficMetrics, window: text(trafficMetrics.window) } }),
    ...(web === undefined ? {} : { web: { ...web, timeout: text(web.timeout) } }),
  };
}

const text = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : formatDuration(ms));
