import type { Given, MetricSpec, Route } from './expose.ts';

/** Only those who call the mesh's own names are routed, and counted, by it. */
const countedBy =
  (serviceOf: (route: Route) => string | undefined) =>
  (route: Route): Given | undefined => {
    const service = route.client.kind === 'meshed' ? serviceOf(route) : undefined;
    // 499: the client went before the answer came.
    return service === undefined
      ? undefined
      : { service, code: String(route.status === 0 ? 499 : route.status), method: 'GET', protocol: 'http' };
  };

/** The leaf of a split, as seen where the split is; and the Service itself, on the second hop or without a split. */
const leaf = ({ namespace, rootService, split, port, backendService }: Route): string | undefined =>
  split === undefined ? undefined : `${namespace}-${rootService}-${split}-${port}-${backendService}-traffic-split-backend@http`;
const service = ({ namespace, backendService, port }: Route): string => `${namespace}-${backendService}-${port}@http`;

/** Traefik's defaults, too coarse for percentiles. */
const boundsMs: readonly number[] = [100, 300, 1_200, 5_000];

const metricsOf = (labelsOf: (route: Route) => Given | undefined): readonly MetricSpec[] => [
  { kind: 'counter', name: 'traefik_service_requests_total', labelsOf },
  { kind: 'histogram', name: 'traefik_service_request_duration_seconds', boundsMs, unitMs: 1000, labelsOf },
];

export const traefikMesh: readonly MetricSpec[] = [...metricsOf(countedBy(leaf)), ...metricsOf(countedBy(service))];
