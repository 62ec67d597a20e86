import { type Measured, type MetricName, metricNames } from './measure.ts';
import { goDuration, quantityOf, sentinel } from './quantity.ts';
import type { Quirks } from './quirks.ts';

export interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What an object says beside its numbers. */
export interface ObjectFacts {
  readonly version: string;
  readonly plural: string;
  readonly resource: Reference;
  readonly edge: { readonly direction: 'to' | 'from'; readonly side?: 'client' | 'server' | ''; readonly resource: Reference | null };
  readonly backend?: { readonly apex: string; readonly name: string; readonly weight: string };
  /** When it was measured, and the window before it. */
  readonly atMs: number;
  readonly windowMs: number;
}

export const group = 'metrics.smi-spec.io';

/** A time as metav1.Time prints it: whole seconds. */
const timeText = (atMs: number): string => new Date(Math.floor(atMs / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');

/** One TrafficMetrics object. `without`: a metric that is left out. */
export function trafficMetrics(facts: ObjectFacts, values: Measured['values'], quirks: Quirks, without?: string): unknown {
  const { version, plural, resource, edge, backend, atMs, windowMs } = facts;
  const selfLink = `/apis/${group}/${version}/namespaces/${resource.namespace}/${plural}/${resource.name}`;
  return {
    kind: 'TrafficMetrics',
    apiVersion: `${group}/${version}`,
    metadata: { name: resource.name, namespace: resource.namespace, selfLink, creationTimestamp: timeText(atMs) },
    timestamp: timeText(atMs),
    window: goDuration(windowMs),
    resource,
    edge: edgeOf(edge, version),
    ...(backend === undefined ? {} : { backend }),
    metrics: metricNames.filter((name) => name !== without).map((name) => metricOf(name, values[name], quirks)),
  };
}

/** v1alpha1 knows no side. */
const edgeOf = ({ direction, side, resource }: ObjectFacts['edge'], version: string): unknown =>
  version === 'v1alpha1' ? { direction, resource } : { direction, side: side ?? '', resource };

function metricOf(name: MetricName, value: number | undefined, { unit, counts, notANumber }: Quirks): unknown {
  if (name.endsWith('_count')) return { name, value: textOf(counts === 'whole' ? Math.round(value ?? 0) : (value ?? 0), notANumber) };
  const scaled = unit === 'ms' ? value : (value ?? 0) / 1_000;
  return { name, unit, value: textOf(scaled ?? 0, notANumber) };
}

const textOf = (value: number, notANumber: Quirks['notANumber']): string => {
  const text = quantityOf(value);
  return text === sentinel && notANumber === 'zero' ? '0' : text;
};

export const trafficMetricsList = (version: string, plural: string, items: readonly unknown[]): unknown => ({
  kind: 'TrafficMetricsList',
  apiVersion: `${group}/${version}`,
  metadata: { selfLink: `/apis/${group}/${version}/${plural}` },
  items,
});

/** An error of the API machinery, as opposed to one of smi-metrics. */
export const statusObject = (code: number, reason: string, message: string): unknown => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  code,
});
