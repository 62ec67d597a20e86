import { classOf, type Given, linkerdBoundsMs, type MetricSpec, type Route } from './expose.ts';

/** The client's sidecar, of the servers that answered it. */
const labelsOf = ({ client, namespace, backendService, server, status }: Route): Given | undefined =>
  client.kind !== 'meshed' || server === undefined || status === 0
    ? undefined
    : {
        src_namespace: client.namespace,
        src_deployment: client.workload,
        dst_namespace: namespace,
        dst_deployment: server.workload,
        dst_service: backendService,
        dst_pod: server.pod,
      };

/** NGINX Service Mesh: the counter lacks `_total` and knows classes of codes, the histogram exact ones. */
export const nginx: readonly MetricSpec[] = [
  {
    kind: 'counter',
    name: 'nginxplus_upstream_server_responses',
    labelsOf(route) {
      const labels = labelsOf(route);
      return labels && { ...labels, code: `${classOf(route.status)}xx` };
    },
  },
  {
    kind: 'histogram',
    name: 'nginxplus_upstream_server_response_latency_ms',
    boundsMs: linkerdBoundsMs,
    unitMs: 1,
    labelsOf(route) {
      const labels = labelsOf(route);
      return labels && { ...labels, code: String(route.status) };
    },
  },
];
