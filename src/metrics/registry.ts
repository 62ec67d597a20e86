import type { ResolvedProvider } from '../core/analysis/question.ts';
import { createComparisonSource } from './comparison.ts';
import { createPrometheusSource } from './prometheus.ts';
import { createBuiltinSource } from './prometheus-builtin.ts';
import type { MetricSource } from './source.ts';
import { createTrafficMetricsSource } from './traffic-metrics.ts';
import { createWebSource } from './web.ts';

/** The registry of metric sources: one line per kind of provider. */
const factories: { readonly [Kind in ResolvedProvider['kind']]: (sources: MetricSources) => MetricSource<Kind> } = {
  comparison: createComparisonSource,
  prometheus: createPrometheusSource,
  prometheusBuiltin: createBuiltinSource,
  trafficMetrics: createTrafficMetricsSource,
  web: createWebSource,
};

export const sourceKinds = Object.keys(factories) as readonly ResolvedProvider['kind'][];

/** Every source, ready to be asked. What a source remembers lives as long as the returned set. */
export type MetricSources = (kind: ResolvedProvider['kind']) => MetricSource;

export function createSources(): MetricSources {
  const sources = new Map<ResolvedProvider['kind'], MetricSource>();
  const sourceOf: MetricSources = (kind) => {
    const known = sources.get(kind);
    if (known !== undefined) return known;
    // The table proves that each factory makes the source of its own kind; a union of sources cannot say that any longer.
    const made = factories[kind](sourceOf) as MetricSource;
    sources.set(kind, made);
    return made;
  };
  return sourceOf;
}
