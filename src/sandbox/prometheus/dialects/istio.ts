import { envoyBoundsMs, type Given, type MetricSpec, type Route } from './expose.ts';

/** The server's sidecar; the kubelet's probes go past it. */
function destination(route: Route): Given | undefined {
  if (route.server === undefined || route.client.kind === 'kubelet') return undefined;
  return labelsOf('destination', route, route.status === 0 ? 'DC' : '-');
}

/** The client's sidecar: it alone saw the requests that reached nobody. */
function source(route: Route): Given | undefined {
  if (route.client.kind !== 'meshed') return undefined;
  const flags = route.server !== undefined ? '-' : route.status === 0 ? 'UF' : 'UH';
  return labelsOf('source', route, flags);
}

const labelsOf = (reporter: string, { client, namespace, backendService, server, status }: Route, flags: string): Given => ({
  reporter,
  source_workload: client.kind === 'meshed' ? client.workload : 'unknown',
  source_workload_namespace: client.kind === 'meshed' ? client.namespace : 'unknown',
  destination_workload: server?.workload ?? 'unknown',
  destination_workload_namespace: server === undefined ? 'unknown' : namespace,
  destination_service: `${backendService}.${namespace}.svc.cluster.local`,
  destination_service_name: backendService,
  destination_service_namespace: namespace,
  request_protocol: 'http',
  response_code: String(status),
  response_flags: flags,
  connection_security_policy: reporter === 'source' ? 'unknown' : client.kind === 'meshed' ? 'mutual_tls' : 'none',
  // The pod whose sidecar was scraped: a label of the scrape, not of the metric.
  pod: reporter === 'destination' ? server?.pod : undefined,
});

const metricsOf = (of: (route: Route) => Given | undefined): readonly MetricSpec[] => [
  { kind: 'counter', name: 'istio_requests_total', labelsOf: of },
  { kind: 'histogram', name: 'istio_request_duration_milliseconds', boundsMs: envoyBoundsMs, unitMs: 1, labelsOf: of },
];

export const istio = { destination: metricsOf(destination), source: metricsOf(source) };
