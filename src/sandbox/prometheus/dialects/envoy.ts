import { classOf, envoyBoundsMs, type Given, type MetricSpec, type Route } from './expose.ts';

/** Envoy's statistics of a cluster, whatever its labels are. An answer that Envoy gave itself took no upstream time. */
export const clusterMetrics = (labelsOf: (route: Route) => Given | undefined): readonly MetricSpec[] => [
  counter('envoy_cluster_upstream_rq_xx', labelsOf, (status) => ({ envoy_response_code_class: classOf(status) })),
  counter('envoy_cluster_upstream_rq', labelsOf, (status) => ({ envoy_response_code: String(status) })),
  {
    kind: 'histogram',
    name: 'envoy_cluster_upstream_rq_time',
    boundsMs: envoyBoundsMs,
    unitMs: 1,
    labelsOf: (route) => (route.server === undefined || route.status === 0 ? undefined : labelsOf(route)),
  },
];

/** A request that ended without a status is in no class. */
const counter = (name: string, labelsOf: (route: Route) => Given | undefined, more: (status: number) => Given): MetricSpec => ({
  kind: 'counter',
  name,
  labelsOf(route) {
    const labels = route.status === 0 ? undefined : labelsOf(route);
    return labels && { ...labels, ...more(route.status) };
  },
});

const clusterName = ({ namespace, backendService, port }: Route): string => `${namespace}/${backendService}|${port}`;

/** Clusters named as Open Service Mesh names them: the client's, and the server's twin. */
export const envoy = {
  outbound: clusterMetrics((route) => (route.client.kind === 'meshed' ? { envoy_cluster_name: clusterName(route) } : undefined)),
  local: clusterMetrics((route) =>
    route.server === undefined || route.client.kind === 'kubelet'
      ? undefined
      : { envoy_cluster_name: `${clusterName(route)}|local`, pod: route.server.pod },
  ),
};
