import { envoyBoundsMs, type Given, type MetricSpec, type Route } from './expose.ts';

/**
 * The WASM statistics of the client's Envoy. What it knows of the destination comes out of the answer's headers, so that answers of
 * its own (no endpoint, refused) name none: a dead canary is missing from its own error rate.
 */
const labelsOf = ({ client, namespace, server, status }: Route): Given | undefined =>
  client.kind !== 'meshed'
    ? undefined
    : {
        source_namespace: client.namespace,
        source_kind: 'Deployment',
        source_name: client.workload,
        destination_namespace: server === undefined ? 'unknown' : namespace,
        destination_kind: server === undefined ? 'unknown' : 'Deployment',
        destination_name: server?.workload ?? 'unknown',
        destination_pod: server === undefined ? 'unknown' : server.pod,
        response_code: String(status),
      };

export const osm: readonly MetricSpec[] = [
  { kind: 'counter', name: 'osm_request_total', labelsOf },
  {
    kind: 'histogram',
    name: 'osm_request_duration_ms',
    boundsMs: envoyBoundsMs,
    unitMs: 1,
    labelsOf(route) {
      const labels = labelsOf(route);
      return labels && { ...labels, response_code: undefined };
    },
  },
];
