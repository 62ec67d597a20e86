// Resources of Envoy's file-based xDS, rendered. The weights live in routes (RDS), so that a change of weight drains no listener.
import { join } from 'node:path';
import { BUCKETS_MS } from './dialects.ts';
import { ENVOY_ADMIN } from './layout.ts';
import type { HttpMatch, Route } from './mesh-types.ts';

const type = (name: string): { '@type': string } => ({ '@type': `type.googleapis.com/envoy.${name}` });
const file = (path: string): object => ({ resource_api_version: 'V3', path_config_source: { path } });
const address = (host: string, port: number): object => ({ address: { socket_address: { address: host, port_value: port } } });

export interface Paths {
  readonly bootstrap: string;
  readonly clusters: string;
  readonly listeners: string;
  readonly routes: string;
  readonly failures: string;
}

export const pathsIn = (dir: string): Paths => ({
  bootstrap: join(dir, 'bootstrap.json'),
  clusters: join(dir, 'clusters.json'),
  listeners: join(dir, 'listeners.json'),
  routes: join(dir, 'routes.json'),
  failures: join(dir, 'failures.jsonl'),
});

export const bootstrap = (paths: Paths): object => ({
  node: { id: 'bed', cluster: 'bed' },
  admin: address(ENVOY_ADMIN.host, ENVOY_ADMIN.port),
  dynamic_resources: { lds_config: file(paths.listeners), cds_config: file(paths.clusters) },
  // Histograms are merged when they are asked for, so that a scrape each second sees each second.
  stats_flush_on_admin: true,
  stats_config: { histogram_bucket_settings: [{ match: { suffix: 'upstream_rq_time' }, buckets: [...BUCKETS_MS] }] },
});

export const discovery = (version: string, resources: readonly object[]): object => ({ version_info: version, resources });

/** Its endpoints are part of it: Envoy replaces a changed cluster and lets the requests under way end on the old connections. */
export const cluster = (name: string, targets: readonly string[]): object => ({
  ...type('config.cluster.v3.Cluster'),
  ...{ name, type: 'STATIC', connect_timeout: '1s', lb_policy: 'ROUND_ROBIN', common_lb_config: { healthy_panic_threshold: { value: 0 } } },
  circuit_breakers: { thresholds: [{ max_connections: 10_000, max_pending_requests: 10_000, max_requests: 10_000, max_retries: 100 }] },
  load_assignment: {
    cluster_name: name,
    endpoints: [
      { lb_endpoints: targets.map((target) => ({ endpoint: address(target.split(':')[0] ?? '', Number(target.split(':')[1])) })) },
    ],
  },
});

export const listener = (name: string, host: string, port: number, paths: Paths): object => ({
  ...type('config.listener.v3.Listener'),
  ...{ name, ...address(host, port) },
  filter_chains: [
    {
      filters: [
        {
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: {
            ...type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
            ...{
              stat_prefix: 'root',
              generate_request_id: false,
              rds: { route_config_name: ROUTES, config_source: file(paths.routes) },
            },
            early_header_mutation_extensions: [markRoot(name)],
            http_filters: [
              {
                name: 'envoy.filters.http.router',
                typed_config: { ...type('extensions.filters.http.router.v3.Router'), suppress_envoy_headers: true },
              },
            ],
            access_log: [failuresOnly(paths)],
          },
        },
      ],
    },
  ],
});

/** Requests that Envoy itself could not serve, with its reason: the first thing to read when a request was lost. */
const failuresOnly = (paths: Paths): object => ({
  name: 'envoy.access_loggers.file',
  filter: { response_flag_filter: {} },
  typed_config: {
    ...type('extensions.access_loggers.file.v3.FileAccessLog'),
    path: paths.failures,
    log_format: {
      json_format: {
        at: '%START_TIME%',
        route: '%ROUTE_NAME%',
        code: '%RESPONSE_CODE%',
        flags: '%RESPONSE_FLAGS%',
        cluster: '%UPSTREAM_CLUSTER%',
        host: '%UPSTREAM_HOST%',
        details: '%RESPONSE_CODE_DETAILS%',
      },
    },
  },
});

/** All listeners share one route configuration; a header that each sets says whose request it is, whatever host the client named. */
const ROUTES = 'roots';
const ROOT_HEADER = 'x-bed-root';
const hostOf = (name: string): string => name.replace(/[/|]/g, '.');
const markRoot = (name: string): object => ({
  name: 'envoy.http.early_header_mutation.header_mutation',
  typed_config: {
    ...type('extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation'),
    mutations: [{ append: { header: { key: ROOT_HEADER, value: hostOf(name) }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' } }],
  },
});

export const routeConfiguration = (hosts: readonly object[]): object => ({
  ...type('config.route.v3.RouteConfiguration'),
  ...{ name: ROUTES, vhost_header: ROOT_HEADER, request_headers_to_remove: [ROOT_HEADER], virtual_hosts: hosts },
});

export type ConcreteRoute = Exclude<Route, { kind: 'keep' }>;

/** `rootCluster` takes what a split with matches does not concern. */
export function virtualHost(name: string, route: ConcreteRoute, rootCluster: string): object {
  const everything = { prefix: '/' };
  const rest = { name, match: everything, route: { cluster: rootCluster, timeout: '30s' } };
  const action =
    route.kind === 'fail'
      ? { direct_response: { status: route.status } }
      : {
          route: {
            timeout: '30s',
            weighted_clusters: { clusters: route.shares.map(({ cluster: to, weight }) => ({ name: to, weight: Math.round(weight) })) },
          },
        };
  const matches = route.kind === 'split' ? route.matches : undefined;
  const routes =
    matches === undefined
      ? [{ name, match: everything, ...action }]
      : [...matches.map((match) => ({ name, match: envoyMatch(match), ...action })), rest];
  return { name, domains: [hostOf(name)], routes };
}

/** Anchored at the start of the path, headers searched: the reading of the two meshes that honour matches. */
function envoyMatch({ pathRegex = '', methods = [], headers = [] }: HttpMatch): object {
  const path = pathRegex.replace(/^\^/, '').replace(/\$$/, '');
  const wanted = methods.filter((method) => method !== '*');
  const method = { name: ':method', string_match: { safe_regex: { regex: wanted.join('|') } } };
  const others = headers
    .flatMap((each) => Object.entries(each))
    .map(([name, regex]) => ({
      name: name.toLowerCase(),
      string_match: { safe_regex: { regex: `.*(${regex.replace(/^\^|\$$/g, '')}).*` } },
    }));
  return {
    safe_regex: { regex: `${path === '' ? '/' : path}.*` },
    headers: [...(wanted.length > 0 && wanted.length === methods.length ? [method] : []), ...others],
  };
}
