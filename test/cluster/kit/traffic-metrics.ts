// SMI TrafficMetrics out of Prometheus, as smi-metrics computes and prints them, its oddities included.
import { request } from 'undici';
import type { ApiClient } from './client.ts';
import { PROMETHEUS, urlOf } from './layout.ts';
import type { TrafficSplit } from './mesh-types.ts';

export class NoSeries extends Error {}

export interface TrafficMetricsRequest {
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string | undefined;
  readonly window: string | null;
}

export async function trafficMetrics(client: ApiClient, ask: TrafficMetricsRequest): Promise<unknown> {
  // A window that is no duration counts as the default, silently.
  const window = /^\d+(ms|s|m|h)$/.test(ask.window ?? '') ? (ask.window ?? '') : '30s';
  const { apiVersion, namespace } = ask;
  const list = (items: readonly unknown[]) => ({ kind: 'TrafficMetricsList', apiVersion, metadata: { selfLink: '' }, items });
  if (ask.resource === 'trafficsplits') {
    const split = await client.get<TrafficSplit>(`/apis/split.smi-spec.io/v1alpha4/namespaces/${namespace}/trafficsplits/${ask.name}`);
    // As the clients' proxies see it; a backend that nobody has called has no object.
    const items = await Promise.all(
      (split.spec?.backends ?? []).map(async ({ service, weight }) => {
        const seen = await found(`dst_namespace="${namespace}",dst_service="${service}",direction="outbound"`, window);
        return seen === undefined
          ? []
          : {
              ...shown(apiVersion, namespace, service, window, seen),
              ...{
                resource: { kind: 'TrafficSplit', namespace, name: ask.name },
                edge: { direction: 'from', side: 'client', resource: null },
              },
              backend: { apex: split.spec?.service, name: service, weight: String(weight ?? 0) },
            };
      }),
    );
    return list(items.flat());
  }
  if (ask.name !== undefined) return item(apiVersion, namespace, ask.name, window);
  const series = await query(`sum by (deployment) (increase(response_total{namespace="${namespace}",direction="inbound"}[${window}]))`);
  return list(await Promise.all(series.map(({ metric }) => item(apiVersion, namespace, metric.deployment ?? '', window))));
}

async function item(apiVersion: string, namespace: string, deployment: string, window: string): Promise<object> {
  const seen = await found(`namespace="${namespace}",deployment="${deployment}",direction="inbound"`, window);
  if (seen === undefined) throw new NoSeries();
  return shown(apiVersion, namespace, deployment, window, seen);
}

/** The five numbers of the series that match; undefined where none count anything. */
async function found(selector: string, window: string): Promise<readonly object[] | undefined> {
  const count = (classification: string) =>
    query(`sum(increase(response_total{${selector},classification="${classification}"}[${window}]))`);
  const quantile = (q: number) => query(`histogram_quantile(${q}, sum by (le) (rate(response_latency_ms_bucket{${selector}}[${window}])))`);
  const [success, failure, p99, p90, p50] = await Promise.all([
    count('success'),
    count('failure'),
    quantile(0.99),
    quantile(0.9),
    quantile(0.5),
  ]);
  if (success.length === 0 && failure.length === 0) return undefined;
  const metric = (name: string, series: readonly Series[], unit?: string) => ({
    name,
    ...(unit === undefined ? {} : { unit }),
    value: quantity(series[0]),
  });
  return [
    ...[metric('p99_response_latency', p99, 'ms'), metric('p90_response_latency', p90, 'ms'), metric('p50_response_latency', p50, 'ms')],
    ...[metric('success_count', success), metric('failure_count', failure)],
  ];
}

function shown(apiVersion: string, namespace: string, deployment: string, window: string, metrics: readonly object[]): object {
  return {
    kind: 'TrafficMetrics',
    apiVersion,
    metadata: { name: deployment, namespace, selfLink: '', creationTimestamp: new Date().toISOString() },
    resource: { kind: 'Deployment', namespace, name: deployment },
    edge: { direction: 'from', resource: null },
    timestamp: new Date().toISOString(),
    window,
    metrics,
  };
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A Kubernetes quantity; a number that is none becomes the smallest one, as Go's conversion makes it; nothing becomes 0. */
export function quantity(series: Series | undefined): string {
  if (series === undefined) return '0';
  const value = Number(series.value[1]);
  if (!Number.isFinite(value)) return '-9223372036854775808m';
  const milli = Math.round(value * 1_000);
  if (milli % 1_000 !== 0) return `${milli}m`;
  const whole = milli / 1_000;
  if (whole !== 0 && whole % 1_000_000 === 0) return `${whole / 1_000_000}M`;
  return whole !== 0 && whole % 1_000 === 0 ? `${whole / 1_000}k` : String(whole);
}

async function query(text: string): Promise<readonly Series[]> {
  const response = await request(`${urlOf(PROMETHEUS)}/api/v1/query?query=${encodeURIComponent(text)}`, { headersTimeout: 10_000 });
  const answer = (await response.body.json()) as { readonly data?: { readonly result: readonly Series[] } };
  if (answer.data === undefined) throw new Error(`Prometheus: ${response.statusCode}`);
  return answer.data.result;
}
