import { clusterMetrics } from './envoy.ts';
import type { Route } from './expose.ts';

const trustDomain = 'internal.11111111-2222-3333-4444-555555555555.consul';

/** Consul's community edition knows one namespace, whatever Kubernetes calls it: equal names in two namespaces are one service. */
export const consul = {
  upstream: clusterMetrics((route: Route) =>
    route.client.kind !== 'meshed'
      ? undefined
      : {
          // Of the pod that was scraped, the caller's.
          namespace: route.client.namespace,
          consul_destination_service: route.backendService,
          consul_destination_namespace: 'default',
          consul_destination_datacenter: 'dc1',
          envoy_cluster_name: `${route.backendService}.default.dc1.${trustDomain}`,
        },
  ),
  local: clusterMetrics((route: Route) =>
    route.server === undefined || route.client.kind === 'kubelet'
      ? undefined
      : { namespace: route.namespace, local_cluster: route.backendService, envoy_cluster_name: 'local_app', pod: route.server.pod },
  ),
};
