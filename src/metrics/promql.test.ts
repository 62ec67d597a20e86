import { describe, expect, it } from 'vitest';
import { substitutePromql } from '../core/analysis/promql.ts';
import { scopeOf } from '../core/analysis/scope.ts';
import { dialectOf, dialects } from './dialects.ts';
import { builtinQuery, windowText } from './promql.ts';

const subject = { namespace: 'test', workload: 'web-canary', service: 'web-canary', rootService: 'web', split: 'web' };
const minuteMs = 60_000;

/** As executed on Prometheus 2.42 against each mesh's schema. */
const executed: Readonly<Record<string, { readonly successRate: string; readonly p99: string }>> = {
  linkerd: {
    successRate:
      '(sum(rate(response_total{namespace="test",deployment="web-canary",direction="inbound",route_name!="probe",classification="success"}[1m])) or vector(0)) / sum(rate(response_total{namespace="test",deployment="web-canary",direction="inbound",route_name!="probe"}[1m]))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(response_latency_ms_bucket{namespace="test",deployment="web-canary",direction="inbound",route_name!="probe"}[1m])))',
  },
  istio: {
    successRate:
      '(sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="test",destination_workload="web-canary",response_code!~"5..|0"}[1m])) or vector(0)) / sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="test",destination_workload="web-canary"}[1m]))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{reporter="destination",destination_workload_namespace="test",destination_workload="web-canary"}[1m])))',
  },
  osm: {
    successRate:
      '(sum(rate(osm_request_total{destination_namespace="test",destination_kind="Deployment",destination_name="web-canary",response_code!~"5.."}[1m])) or vector(0)) / sum(rate(osm_request_total{destination_namespace="test",destination_kind="Deployment",destination_name="web-canary"}[1m]))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(osm_request_duration_ms_bucket{destination_namespace="test",destination_kind="Deployment",destination_name="web-canary"}[1m])))',
  },
  'traefik-mesh': {
    successRate:
      '(sum(rate(traefik_service_requests_total{service=~"test-web-web-[0-9]+-web-canary-traffic-split-backend@http",code!~"5.."}[1m])) or vector(0)) / sum(rate(traefik_service_requests_total{service=~"test-web-web-[0-9]+-web-canary-traffic-split-backend@http"}[1m]))',
    p99: '1000 * histogram_quantile(0.99, sum by (le) (rate(traefik_service_request_duration_seconds_bucket{service=~"test-web-web-[0-9]+-web-canary-traffic-split-backend@http"}[1m])))',
  },
  consul: {
    successRate:
      '(sum(rate(envoy_cluster_upstream_rq_xx{consul_destination_service="web-canary",consul_destination_namespace="default",envoy_response_code_class!="5"}[1m])) or vector(0)) / sum(rate(envoy_cluster_upstream_rq_xx{consul_destination_service="web-canary",consul_destination_namespace="default"}[1m]))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket{consul_destination_service="web-canary",consul_destination_namespace="default"}[1m])))',
  },
  nginx: {
    successRate:
      '(sum(rate(nginxplus_upstream_server_responses{dst_namespace="test",dst_deployment="web-canary",code=~"[1-4]xx"}[1m])) or vector(0)) / sum(rate(nginxplus_upstream_server_responses{dst_namespace="test",dst_deployment="web-canary"}[1m]))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(nginxplus_upstream_server_response_latency_ms_bucket{dst_namespace="test",dst_deployment="web-canary"}[1m])))',
  },
  envoy: {
    successRate:
      '(sum(rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"test/web-canary\\\\|[0-9]+",envoy_response_code_class!="5"}[1m])) or vector(0)) / sum(rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"test/web-canary\\\\|[0-9]+"}[1m]))',
    p99: 'histogram_quantile(0.99, sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=~"test/web-canary\\\\|[0-9]+"}[1m])))',
  },
};

describe('builtin queries', () => {
  it.each(dialects.map((dialect) => [dialect.mesh, dialect] as const))('of %s are those that were executed', (mesh, dialect) => {
    for (const metric of ['successRate', 'p99'] as const) {
      expect(builtinQuery(dialect, metric, subject, minuteMs).query).toBe(executed[mesh]?.[metric]);
    }
    const { query, countQuery } = builtinQuery(dialect, 'requests', subject, minuteMs);
    expect(query).toBe(countQuery);
    expect(builtinQuery(dialect, 'p50', subject, minuteMs).query).toContain('histogram_quantile(0.5, ');
    expect(builtinQuery(dialect, 'p90', subject, minuteMs).query).toContain('histogram_quantile(0.9, ');
  });

  it('exist for every mesh that has a table', () => {
    expect(dialects.map((dialect) => dialect.mesh)).toEqual(Object.keys(executed));
    expect(dialectOf('generic')).toBeUndefined();
  });

  it('keep hostile names inside their strings', () => {
    const hostile = { ...subject, workload: 'a"} or up{x="\\', service: 'a.b|c' };
    expect(builtinQuery(dialects[0] ?? expect.fail(), 'requests', hostile, minuteMs).query).toContain(
      'deployment="a\\"} or up{x=\\"\\\\",',
    );
    const envoy = dialectOf('envoy') ?? expect.fail();
    expect(builtinQuery(envoy, 'requests', hostile, minuteMs).query).toContain('"test/a\\\\.b\\\\|c\\\\|[0-9]+"');
  });

  it('escape what a template would escape, control characters included', () => {
    const strange = 'a"b\\c\nd\re\tf\u0000g\u007f';
    const { query } = builtinQuery(dialects[0] ?? expect.fail(), 'requests', { ...subject, workload: strange }, minuteMs);
    const scope = scopeOf([], { canaryWorkload: strange });
    const written = substitutePromql('x{deployment="{{args.canaryWorkload}}"}', scope);
    if (!written.ok) return expect.fail(written.failure.join());
    expect(query).toContain(written.value.slice(2, -1));
  });

  it.each([
    [0, '1s'],
    [1, '1s'],
    [10_000, '10s'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
  ])('a window of %s ms is [%s]', (ms, text) => {
    expect(windowText(ms)).toBe(text);
  });
});
