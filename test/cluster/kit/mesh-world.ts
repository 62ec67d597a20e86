import type { KubeObject } from './client.ts';
import type { Desired, Root } from './envoy.ts';
import { MESH_LABEL, type MeshMode } from './layout.ts';
import { clusterName, routeOf } from './mesh-modes.ts';
import type {
  EndpointSlice,
  RouteGroup,
  RouteInput,
  Service,
  ServicePort,
  ServiceProfile,
  TrafficSplit,
  VirtualService,
} from './mesh-types.ts';

export interface MeshWorld {
  readonly modeOf: (namespace: string) => MeshMode;
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, EndpointSlice>;
  readonly groups: ReadonlyMap<string, RouteGroup>;
  readonly profiles: ReadonlyMap<string, ServiceProfile>;
  readonly virtualServices: ReadonlyMap<string, VirtualService>;
  readonly splits: readonly { readonly namespace: string; readonly split: TrafficSplit }[];
  readonly servedVersions: ReadonlySet<string>;
}

/** Everything that Envoy should have: a cluster per Service port, a listener with a route per ClusterIP and port. */
export function desiredOf(world: MeshWorld): Desired {
  const slicesOf = groupBy(
    world.slices.values(),
    (slice) => `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name']}`,
  );
  const splitsOf = groupBy(world.splits, ({ namespace }) => namespace);
  const virtualOf = groupBy(world.virtualServices.values(), (each) => each.metadata.namespace ?? '');
  const clusters = new Map<string, readonly string[]>();
  const roots = new Map<string, Root>();
  for (const [key, service] of world.services) {
    const namespace = service.metadata.namespace ?? '';
    const host = service.spec.clusterIP;
    if (host === undefined || host === 'None' || host === '' || service.spec.selector === undefined) continue;
    const mode = service.metadata.annotations?.[MESH_LABEL] === 'false' ? 'none' : world.modeOf(namespace);
    for (const port of service.spec.ports ?? []) {
      const cluster = clusterName(service, port);
      clusters.set(cluster, targetsOf(slicesOf.get(key) ?? [], port));
      const input: RouteInput = {
        ...{ mode, root: service, port, servedVersions: world.servedVersions },
        splits: (splitsOf.get(namespace) ?? []).map(({ split }) => split),
        profile: world.profiles.get(`${namespace}/${service.metadata.name}.${namespace}.svc.cluster.local`),
        virtualServices: virtualOf.get(namespace) ?? [],
        service: (name) => world.services.get(`${namespace}/${name}`),
        routeGroup: (name) => world.groups.get(`${namespace}/${name}`),
        addresses: (name) => addressesOf(slicesOf.get(`${namespace}/${name}`) ?? []),
      };
      roots.set(`${key}|${port.port}`, { host, port: port.port, cluster, route: routeOf(input) });
    }
  }
  return { clusters, roots };
}

function groupBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}

/** Ready endpoints only; a Pod that is being deleted is not ready any more for the endpoint controller. */
function targetsOf(slices: readonly (EndpointSlice & KubeObject)[], port: ServicePort): string[] {
  const targets = slices.flatMap((slice) => {
    const number = slice.ports?.find(({ name = '' }) => name === (port.name ?? ''))?.port;
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    return number === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((address) => `${address}:${number}`));
  });
  return [...new Set(targets)].sort();
}

const addressesOf = (slices: readonly EndpointSlice[]): Set<string> =>
  new Set(slices.flatMap((slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses)));
