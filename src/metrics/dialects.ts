/**
 * How each mesh names its metrics: data only. Sources and pitfalls of every row: docs of the meshes, checked on Prometheus 2.42.
 * A `value` may hold `$namespace`, `$workload`, `$service`, `$rootService` and `$split`; promql.ts escapes what takes their place.
 */
export interface Dialect {
  readonly mesh: string;
  /** The counter of finished requests. */
  readonly total: string;
  readonly selector: readonly Matcher[];
  /**
   * Of the same counter, only what a client's proxy sent to one revision: what the share of a split is read from. A client outside the
   * mesh never meets the split; the server's side counts it all the same, and would show a share that no weight ever was.
   */
  readonly splitSelector: readonly Matcher[];
  /** Which of them succeeded. */
  readonly success: Matcher;
  readonly latency: { readonly bucket: string; readonly toMs: 1 | 1000 };
}

export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

const is = (label: string, value: string): Matcher => ({ label, op: '=', value });
const isNot = (label: string, value: string): Matcher => ({ label, op: '!=', value });
const matches = (label: string, value: string): Matcher => ({ label, op: '=~', value });
const matchesNot = (label: string, value: string): Matcher => ({ label, op: '!~', value });

/** Of a mesh whose counters are the clients' in the first place. */
const ofClients = (...selector: readonly Matcher[]): Pick<Dialect, 'selector' | 'splitSelector'> => ({ selector, splitSelector: selector });

export const dialects: readonly Dialect[] = [
  {
    // Server side: without `direction` inbound and outbound would add up. Kubelet probes are inbound too; proxies before 2.12 have
    // no route_name, and a missing label is not "probe".
    mesh: 'linkerd',
    total: 'response_total',
    selector: [is('namespace', '$namespace'), is('deployment', '$workload'), is('direction', 'inbound'), isNot('route_name', 'probe')],
    // By whose pods were reached: while the split is not followed, the Service is the root, and no series would be of either revision. A caller of a pod's own
    // address has no dst_service, and never met the split.
    splitSelector: [
      is('direction', 'outbound'),
      is('dst_namespace', '$namespace'),
      is('dst_deployment', '$workload'),
      isNot('dst_service', ''),
    ],
    success: is('classification', 'success'),
    latency: { bucket: 'response_latency_ms_bucket', toMs: 1 },
  },
  {
    // Without `reporter` every request counts twice.
    mesh: 'istio',
    total: 'istio_requests_total',
    selector: [is('reporter', 'destination'), is('destination_workload_namespace', '$namespace'), is('destination_workload', '$workload')],
    // A gateway of the mesh is a source too. By the workload: while the split is not followed, the Service is the root.
    splitSelector: [is('reporter', 'source'), is('destination_workload_namespace', '$namespace'), is('destination_workload', '$workload')],
    success: matchesNot('response_code', '5..|0'),
    latency: { bucket: 'istio_request_duration_milliseconds_bucket', toMs: 1 },
  },
  {
    mesh: 'osm',
    total: 'osm_request_total',
    ...ofClients(is('destination_namespace', '$namespace'), is('destination_kind', 'Deployment'), is('destination_name', '$workload')),
    success: matchesNot('response_code', '5..'),
    latency: { bucket: 'osm_request_duration_ms_bucket', toMs: 1 },
  },
  {
    // Only the first hop names the split; the second hop's series mix in direct traffic.
    mesh: 'traefik-mesh',
    total: 'traefik_service_requests_total',
    ...ofClients(matches('service', '$namespace-$rootService-$split-[0-9]+-$service-traffic-split-backend@http')),
    success: matchesNot('code', '5..'),
    latency: { bucket: 'traefik_service_request_duration_seconds_bucket', toMs: 1000 },
  },
  {
    // Seen from the callers' sidecars. The Consul namespace is `default` everywhere but in Enterprise.
    mesh: 'consul',
    total: 'envoy_cluster_upstream_rq_xx',
    ...ofClients(is('consul_destination_service', '$service'), is('consul_destination_namespace', 'default')),
    success: isNot('envoy_response_code_class', '5'),
    latency: { bucket: 'envoy_cluster_upstream_rq_time_bucket', toMs: 1 },
  },
  {
    mesh: 'nginx',
    total: 'nginxplus_upstream_server_responses',
    ...ofClients(is('dst_namespace', '$namespace'), is('dst_deployment', '$workload')),
    success: matches('code', '[1-4]xx'),
    latency: { bucket: 'nginxplus_upstream_server_response_latency_ms_bucket', toMs: 1 },
  },
  {
    // Clusters named `<namespace>/<service>|<port>`, as Open Service Mesh names them; anchored, so that `...|local` stays out.
    mesh: 'envoy',
    total: 'envoy_cluster_upstream_rq_xx',
    ...ofClients(matches('envoy_cluster_name', '$namespace/$service\\|[0-9]+')),
    success: isNot('envoy_response_code_class', '5'),
    latency: { bucket: 'envoy_cluster_upstream_rq_time_bucket', toMs: 1 },
  },
];

/** The dialect of a mesh; undefined for `generic` and for anything unknown, where guessing would measure nothing. */
export const dialectOf = (mesh: string): Dialect | undefined => dialects.find((dialect) => dialect.mesh === mesh);
