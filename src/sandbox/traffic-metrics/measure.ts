import type { Quirks } from './quirks.ts';
import type { Ask, Samples } from './samples.ts';

/** The five numbers of one object. A latency is undefined where nothing was measured. */
export interface Measured {
  /** The labels that tell this object from the others of the answer. */
  readonly labels: ReadonlyMap<string, string>;
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
}

export const metricNames = [
  'p99_response_latency',
  'p90_response_latency',
  'p50_response_latency',
  'success_count',
  'failure_count',
] as const;
export type MetricName = (typeof metricNames)[number];

const quantiles: Readonly<Partial<Record<MetricName, string>>> = {
  p99_response_latency: '0.99',
  p90_response_latency: '0.90',
  p50_response_latency: '0.50',
};

export interface Wanted {
  /** Which of Linkerd's series. */
  readonly selector: string;
  /** What makes an object of its own. */
  readonly by: readonly string[];
  readonly window: string;
  readonly atMs: number;
}

/**
 * Asks Linkerd's series for all five numbers, as smi-metrics does, one query each: an object exists as soon as any of them has a row.
 * Undefined where a query failed.
 */
export function measure(wanted: Wanted, latency: Quirks['latency'], ask: Ask): readonly Measured[] | undefined {
  const found = new Map<string, { readonly labels: ReadonlyMap<string, string>; readonly values: Partial<Record<MetricName, number>> }>();
  for (const name of metricNames) {
    const samples = ask(queryFor(name, wanted, latency), wanted.atMs);
    if (samples === undefined) return undefined;
    addAll(found, name, samples, wanted.by);
  }
  return [...found.values()];
}

function addAll(
  found: Map<string, { readonly labels: ReadonlyMap<string, string>; readonly values: Partial<Record<MetricName, number>> }>,
  name: MetricName,
  samples: Samples,
  by: readonly string[],
): void {
  for (const { labels, value } of samples) {
    const key = JSON.stringify(by.map((label) => labels.get(label) ?? ''));
    const measured = found.get(key) ?? { labels, values: {} };
    measured.values[name] = value;
    found.set(key, measured);
  }
}

function queryFor(name: MetricName, { selector, by, window }: Wanted, latency: Quirks['latency']): string {
  const quantile = quantiles[name];
  const labels = by.join(', ');
  if (quantile === undefined) {
    const classification = name === 'success_count' ? 'success' : 'failure';
    return `sum(increase(response_total{${selector}, classification="${classification}"}[${window}])) by (${labels})`;
  }
  return `histogram_quantile(${quantile}, sum(${latency}(response_latency_ms_bucket{${selector}}[${window}])) by (${labels}, le))`;
}
