import { type Given, isFailure, linkerdBoundsMs, type MetricSpec, type Route } from './expose.ts';

/** What the server's proxy counts: whoever calls, the kubelet's probes too. */
const inbound = ({ server, namespace, client, status }: Route): Given | undefined =>
  server === undefined
    ? undefined
    : {
        direction: 'inbound',
        namespace,
        deployment: server.workload,
        pod: server.pod,
        route_name: client.kind === 'kubelet' ? 'probe' : 'default',
        tls: client.kind === 'meshed' ? 'true' : 'disabled',
        status_code: statusCode(status),
      };

/** What the client's proxy counts, of the leaf that it chose. */
const outbound = ({ server, namespace, backendService, port, client, status }: Route): Given | undefined =>
  client.kind !== 'meshed'
    ? undefined
    : {
        direction: 'outbound',
        namespace: client.namespace,
        deployment: client.workload,
        authority: `${backendService}.${namespace}.svc.cluster.local:${port}`,
        dst_namespace: namespace,
        dst_service: backendService,
        dst_deployment: server?.workload,
        dst_pod: server?.pod,
        tls: 'true',
        status_code: statusCode(status),
      };

const statusCode = (status: number): string | undefined => (status === 0 ? undefined : String(status));

const metricsOf = (labelsOf: (route: Route) => Given | undefined): readonly MetricSpec[] => [
  {
    kind: 'counter',
    name: 'response_total',
    labelsOf(route) {
      const labels = labelsOf(route);
      return labels && { ...labels, classification: isFailure(route.status) ? 'failure' : 'success' };
    },
  },
  { kind: 'histogram', name: 'response_latency_ms', boundsMs: linkerdBoundsMs, unitMs: 1, labelsOf },
];

/** Linkerd's proxies, scraped by linkerd-viz. */
export const linkerd = { inbound: metricsOf(inbound), outbound: metricsOf(outbound) };
