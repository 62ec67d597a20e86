// How each mesh reads a TrafficSplit: the quirks, as one pure function per mode (facts: the semantics matrix of the meshes).
import type { MeshMode } from './layout.ts';
import type { HttpMatch, Route, RouteInput, Service, ServicePort, Share, SplitBackend, TrafficSplit } from './mesh-types.ts';

export const clusterName = (service: Service, port: ServicePort): string =>
  `${service.metadata.namespace}/${service.metadata.name}|${typeof port.targetPort === 'number' ? port.targetPort : port.port}`;

/** Milli-units of a number or a Kubernetes quantity; undefined where it is neither. */
export function milliOf(weight: number | string | undefined): number | undefined {
  if (weight === undefined) return 0;
  if (typeof weight === 'number') return weight * 1_000;
  const match = /^(\d+(?:\.\d+)?)(m|k|M)?$/.exec(weight);
  const factor = { m: 1, k: 1_000_000, M: 1_000_000_000 }[match?.[2] ?? ''] ?? 1_000;
  return match === null ? undefined : Number(match[1]) * factor;
}

/** `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`: producers write all of them. */
export const plainName = (name: string): string => name.split('.')[0] ?? name;

/** The versions that the mesh's own client reads; where none of them is served it sees no split at all. */
const READS: Readonly<Record<MeshMode, readonly string[]>> = {
  strict: ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'],
  linkerd: ['v1alpha1'],
  osm: ['v1alpha2'],
  istio: ['v1alpha2'],
  'traefik-mesh': ['v1alpha3'],
  consul: ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'],
  nginx: ['v1alpha3'],
  none: [],
};

export const canRead = (mode: MeshMode, served: ReadonlySet<string>): boolean => READS[mode].some((version) => served.has(version));

export function routeOf(input: RouteInput): Route {
  if (input.mode === 'linkerd') return linkerd(input);
  if (input.mode === 'istio') return istio(input);
  if (!canRead(input.mode, input.servedVersions)) return toRoot(input);
  const split = input.splits
    .filter((each) => plainName(each.spec?.service ?? '') === input.root.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];
  // Clients with whole numbers in their types cannot decode the list any more, and stay with what they had.
  const whole = input.mode === 'osm' || input.mode === 'traefik-mesh' || input.mode === 'nginx';
  if (whole && input.splits.some(isFractional)) return { kind: 'keep' };
  if (split === undefined) return toRoot(input);
  switch (input.mode) {
    case 'strict':
      return strict(input, split);
    case 'osm':
      return osm(input, split);
    case 'traefik-mesh':
      return traefik(input, split);
    case 'consul':
      return consul(input, split);
    case 'nginx':
      return nginx(input, split);
    case 'none':
      return toRoot(input);
  }
}

const isFractional = (split: TrafficSplit): boolean =>
  backendsOf(split).some(({ weight }) => typeof weight === 'string' || !Number.isInteger(weight ?? 0));
const backendsOf = (split: TrafficSplit): readonly SplitBackend[] => split.spec?.backends ?? [];
const total = (shares: readonly Share[]): number => shares.reduce((sum, { weight }) => sum + weight, 0);
const isRoot = (input: RouteInput, name: string): boolean => name === input.root.metadata.name;

const toRoot = ({ root, port }: RouteInput): Route => ({
  kind: 'split',
  shares: [{ cluster: clusterName(root, port), backend: root.metadata.name, weight: 1 }],
});

/** The backend's share; where the Service or its port is missing: undefined, or (`failing`) a share that answers 503. */
function shareOf(input: RouteInput, name: string, milli: number, missing: 'excluded' | 'failing'): Share | undefined {
  const service = input.service(name);
  const port = service?.spec.ports?.find((each) => each.port === input.port.port);
  if (service !== undefined && port !== undefined) return { cluster: clusterName(service, port), backend: name, weight: milli };
  return missing === 'failing' ? { cluster: `missing/${input.root.metadata.namespace}/${name}`, backend: name, weight: milli } : undefined;
}

const shares = (input: RouteInput, split: TrafficSplit, missing: 'excluded' | 'failing'): Share[] =>
  backendsOf(split).flatMap(({ service, weight }) => shareOf(input, plainName(service), milliOf(weight) ?? 0, missing) ?? []);

/** The spec's text: relative weights, what does not fit is not included, a split of itself is refused, all zero is no split. */
function strict(input: RouteInput, split: TrafficSplit): Route {
  if (backendsOf(split).some(({ service }) => isRoot(input, plainName(service)))) return toRoot(input);
  const included = shares(input, split, 'excluded');
  return total(included) > 0 ? matched(input, split, included) : toRoot(input);
}

/** Only what the adaptor wrote into the ServiceProfile counts. Zero is dropped, all zero is the apex, a missing backend fails. */
function linkerd(input: RouteInput): Route {
  const targets = (input.profile?.spec?.dstOverrides ?? []).flatMap(({ authority, weight }) => {
    const milli = milliOf(weight) ?? 0;
    return milli > 0 ? (shareOf(input, plainName(authority), milli, 'failing') ?? []) : [];
  });
  return targets.length > 0 ? { kind: 'split', shares: targets } : toRoot(input);
}

/** The VirtualService counts. All zero is refused, so the old one goes on; a missing host fails for its weight. */
function istio(input: RouteInput): Route {
  const virtual = input.virtualServices.find((each) => each.spec?.hosts?.some((host) => plainName(host) === input.root.metadata.name));
  if (virtual === undefined) return toRoot(input);
  const routes = virtual.spec?.http?.[0]?.route ?? [];
  const targets = routes.flatMap(
    ({ destination, weight = 0 }) => shareOf(input, plainName(destination.host), weight * 1_000, 'failing') ?? [],
  );
  return total(targets) > 0 ? { kind: 'split', shares: targets } : { kind: 'keep' };
}

/** A sum below 1 makes no route, and the old one stays; missing backends are skipped; the root's selector must match the leaf's pods. */
function osm(input: RouteInput, split: TrafficSplit): Route {
  const rootAddresses = input.addresses(input.root.metadata.name);
  const included = shares(input, split, 'excluded').map((share) => {
    const leaf = [...input.addresses(share.backend)];
    const foreign = leaf.length > 0 && !leaf.some((address) => rootAddresses.has(address));
    return foreign ? { ...share, cluster: `unmatched/${input.root.metadata.namespace}/${share.backend}` } : share;
  });
  return total(included) >= 1_000 ? { kind: 'split', shares: included } : { kind: 'keep' };
}

/** Missing or mismatched backends are dropped, all zero is an empty pool (500), a missing route group or a cycle drops the split. */
function traefik(input: RouteInput, split: TrafficSplit): Route {
  if (backendsOf(split).some(({ service }) => isRoot(input, plainName(service)))) return toRoot(input);
  if (split.spec?.matches?.some(({ name }) => input.routeGroup(name) === undefined)) return toRoot(input);
  const included = shares(input, split, 'excluded').filter(({ weight }) => weight > 0);
  return included.length > 0 ? matched(input, split, included) : { kind: 'fail', status: 500 };
}

/** A splitter whose sum is not 100 is refused, and the old one stays. */
function consul(input: RouteInput, split: TrafficSplit): Route {
  const included = shares(input, split, 'failing');
  return total(included) === 100_000 ? { kind: 'split', shares: included } : { kind: 'keep' };
}

/** Weight 0 is the same as no backend. */
function nginx(input: RouteInput, split: TrafficSplit): Route {
  const included = shares(input, split, 'failing').filter(({ weight }) => weight > 0);
  return included.length > 0 ? matched(input, split, included) : toRoot(input);
}

/** With `matches` the split concerns the matching requests only; the rest goes to the root's own endpoints. */
function matched(input: RouteInput, split: TrafficSplit, included: readonly Share[]): Route {
  const visible = input.servedVersions.has('v1alpha3') || input.servedVersions.has('v1alpha4');
  const groups = visible ? (split.spec?.matches ?? []) : [];
  if (groups.length === 0) return { kind: 'split', shares: included };
  const matches: HttpMatch[] = groups.flatMap(({ name }) => input.routeGroup(name)?.spec?.matches ?? []);
  return { kind: 'split', shares: included, matches };
}
