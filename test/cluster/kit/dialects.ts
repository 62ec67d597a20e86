// Envoy's own series, renamed at scrape time to what each mesh's proxies expose (facts: metric schemas of the meshes).
// A cluster is named `<namespace>/<service>|<port>`; a Service and its Deployment share their name, as Sluice's revisions do.
import { ENVOY_ADMIN } from './layout.ts';

export const DIALECTS = ['envoy', 'linkerd', 'istio', 'osm', 'traefik', 'consul', 'nginx'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** Upper bounds in ms, fine enough for every mesh's own buckets: one list for Envoy's configuration and for the renaming. */
export const BUCKETS_MS = [
  1, 2, 3, 4, 5, 10, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 2000, 5000, 10000,
] as const;

interface Relabel {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: 'replace' | 'keep' | 'drop' | 'labeldrop' | 'labelmap';
}

const CODES = 'envoy_cluster_upstream_rq';
const CLASSES = 'envoy_cluster_upstream_rq_xx';
const BUCKET = 'envoy_cluster_upstream_rq_time_bucket';
const CLUSTER = '([^/]+)/([^|]+)\\|(.+)';

const keep = (...names: readonly string[]): Relabel => ({ source_labels: ['__name__'], regex: names.join('|'), action: 'keep' });
const rename = (from: string, to: string): Relabel => ({
  source_labels: ['__name__'],
  regex: from,
  target_label: '__name__',
  replacement: to,
});
/** `$1` namespace, `$2` service, `$3` port. */
const fromCluster = (label: string, replacement: string): Relabel => ({
  source_labels: ['envoy_cluster_name'],
  regex: CLUSTER,
  target_label: label,
  replacement,
});
const fixed = (label: string, value: string): Relabel => ({ target_label: label, replacement: value });
const copy = (from: string, to: string, regex = '(.+)', replacement = '$1'): Relabel => ({
  source_labels: [from],
  regex,
  target_label: to,
  replacement,
});
const dropLabels = (pattern: string): Relabel => ({ regex: pattern, action: 'labeldrop' });
const ENVOY_LABELS = 'envoy_(cluster_name|response_code|response_code_class)';
const routed: Relabel = { source_labels: ['envoy_cluster_name'], regex: CLUSTER, action: 'keep' };

const linkerd = (labels: readonly Relabel[]): Relabel[] => [
  ...[keep(CODES, BUCKET), routed, ...labels],
  ...[
    copy('envoy_response_code', 'status_code'),
    copy('envoy_response_code', 'classification', '5..', 'failure'),
    copy('envoy_response_code', 'classification', '[1-4]..', 'success'),
  ],
  ...[rename(CODES, 'response_total'), rename(BUCKET, 'response_latency_ms_bucket'), dropLabels(ENVOY_LABELS)],
];

const seconds: Relabel[] = BUCKETS_MS.map((ms) => copy('le', 'le', String(ms), String(ms / 1000)));

const RULES: Readonly<Record<Dialect, readonly (readonly Relabel[])[]>> = {
  envoy: [[keep(CODES, CLASSES, BUCKET), routed]],
  // A request is seen by the server's proxy and by the client's: two jobs, so that the label `direction` matters.
  linkerd: [
    linkerd([fixed('direction', 'inbound'), fixed('tls', 'true'), fromCluster('namespace', '$1'), fromCluster('deployment', '$2')]),
    linkerd([
      fixed('direction', 'outbound'),
      fixed('tls', 'true'),
      fromCluster('dst_namespace', '$1'),
      fromCluster('dst_service', '$2'),
      fromCluster('dst_deployment', '$2'),
    ]),
  ],
  istio: ['destination', 'source'].map((reporter) => [
    ...[keep(CODES, BUCKET), routed, fixed('reporter', reporter)],
    // Whoever sends through Envoy is in the mesh; the source does not know how its connection was secured.
    fixed('connection_security_policy', reporter === 'source' ? 'unknown' : 'mutual_tls'),
    ...[
      fromCluster('destination_workload_namespace', '$1'),
      fromCluster('destination_workload', '$2'),
      fromCluster('destination_service_name', '$2'),
    ],
    ...[fromCluster('destination_service_namespace', '$1'), copy('envoy_response_code', 'response_code')],
    ...[rename(CODES, 'istio_requests_total'), rename(BUCKET, 'istio_request_duration_milliseconds_bucket'), dropLabels(ENVOY_LABELS)],
  ]),
  osm: [
    [
      ...[
        keep(CODES, BUCKET),
        routed,
        fromCluster('destination_namespace', '$1'),
        fixed('destination_kind', 'Deployment'),
        fromCluster('destination_name', '$2'),
      ],
      ...[
        copy('envoy_response_code', 'response_code'),
        rename(CODES, 'osm_request_total'),
        rename(BUCKET, 'osm_request_duration_ms_bucket'),
        dropLabels(ENVOY_LABELS),
      ],
    ],
  ],
  // The split and the root are not in a cluster's name; Sluice names both after the root, and its revisions `<root>-<hash>`.
  traefik: [
    [
      ...[keep(CODES, BUCKET), routed, fromCluster('service', '$1-$2-$3-$2-traffic-split-backend@http')],
      copy('envoy_cluster_name', 'service', '([^/]+)/(.+)-([^-|]+)\\|(.+)', '$1-$2-$2-$4-$2-$3-traffic-split-backend@http'),
      ...[copy('envoy_response_code', 'code'), rename(CODES, 'traefik_service_requests_total'), ...seconds],
      ...[rename(BUCKET, 'traefik_service_request_duration_seconds_bucket'), dropLabels(ENVOY_LABELS)],
    ],
  ],
  // Consul's community edition knows one namespace, `default`; the real one is kept beside it for the bed's many scenarios.
  consul: [
    [
      ...[keep(CLASSES, BUCKET), routed, fromCluster('consul_destination_service', '$2'), fixed('consul_destination_namespace', 'default')],
      ...[fromCluster('consul_destination_kube_namespace', '$1'), dropLabels('envoy_cluster_name')],
    ],
  ],
  nginx: [
    [
      ...[
        keep(CLASSES, BUCKET),
        routed,
        fromCluster('dst_namespace', '$1'),
        fromCluster('dst_deployment', '$2'),
        copy('envoy_response_code_class', 'code', '(.)', '${1}xx'),
      ],
      ...[
        rename(CLASSES, 'nginxplus_upstream_server_responses'),
        rename(BUCKET, 'nginxplus_upstream_server_response_latency_ms_bucket'),
        dropLabels(ENVOY_LABELS),
      ],
    ],
  ],
};

const FILTER = '^cluster\\..+\\.upstream_rq_([1-5]xx|[1-5][0-9][0-9]|time)$';

/** Prometheus reads JSON as the YAML it is. */
export function scrapeConfig(): unknown {
  const jobs = DIALECTS.flatMap((dialect) =>
    RULES[dialect].map((rules, at) => ({
      job_name: at === 0 ? dialect : `${dialect}-${at}`,
      metrics_path: '/stats/prometheus',
      params: { filter: [FILTER], usedonly: [''] },
      static_configs: [{ targets: [`${ENVOY_ADMIN.host}:${ENVOY_ADMIN.port}`], labels: { dialect } }],
      metric_relabel_configs: rules,
    })),
  );
  return { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs };
}
