// How each mesh reads a TrafficSplit: its quirks, as one pure function a mode.
import type { Service, ServicePort } from '../objects/index.ts';
import type { HttpMatch, MeshMode, Reading, Route, RouteInput, Share, SplitBackend, TrafficSplit } from './types.ts';
import { milliOf, plainName } from './weights.ts';

export const clusterName = ({ metadata: { namespace, name } }: Service, { port, targetPort }: ServicePort): string =>
  `${namespace}/${name}|${typeof targetPort === 'number' ? targetPort : port}`;

interface Mode {
  /** The versions that the mesh's own client reads; where none of them is served it sees no split at all. */
  readonly reads: readonly string[];
  /** Its client has whole numbers in its types: one broken weight, and it cannot decode the list any more. */
  readonly isWhole?: boolean;
  readonly read: (input: RouteInput, split: TrafficSplit | undefined) => Reading;
}

const allVersions = ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'];

const modes: Readonly<Record<MeshMode, Mode>> = {
  strict: { reads: allVersions, read: ifSplit(strict) },
  linkerd: { reads: ['v1alpha1'], read: linkerd },
  osm: { reads: ['v1alpha2'], isWhole: true, read: ifSplit(osm) },
  istio: { reads: ['v1alpha2'], read: istio },
  'traefik-mesh': { reads: ['v1alpha3'], isWhole: true, read: ifSplit(traefik) },
  consul: { reads: allVersions, read: ifSplit(consul) },
  nginx: { reads: ['v1alpha3'], isWhole: true, read: ifSplit(nginx) },
  none: { reads: [], read: toRoot },
};

export const canRead = (mode: MeshMode, served: ReadonlySet<string>): boolean => modes[mode].reads.some((version) => served.has(version));

export function readingOf(input: RouteInput): Reading {
  const { read, isWhole = false } = modes[input.mode];
  // What an adapter has written stays in force, whatever it can read today.
  if (input.mode === 'linkerd' || input.mode === 'istio') return read(input, undefined);
  if (!canRead(input.mode, input.servedVersions)) return toRoot(input);
  if (isWhole && input.splits.some(isFractional)) return { kind: 'keep' };
  return read(input, firstFor(input));
}

/** The split of this root; of several, the first by name. */
function firstFor({ splits, root }: RouteInput): TrafficSplit | undefined {
  let first: TrafficSplit | undefined;
  for (const split of splits) {
    if (plainName(split.spec?.service ?? '') !== root.metadata.name) continue;
    if (first === undefined || split.metadata.name < first.metadata.name) first = split;
  }
  return first;
}

const backendsOf = ({ spec }: TrafficSplit): readonly SplitBackend[] => spec?.backends ?? [];
const isFractional = (split: TrafficSplit): boolean =>
  backendsOf(split).some(({ weight = 0 }) => typeof weight === 'string' || !Number.isInteger(weight));
const total = (shares: readonly Share[]): number => shares.reduce((sum, { weight }) => sum + weight, 0);
const namesRoot = ({ root }: RouteInput, split: TrafficSplit): boolean =>
  backendsOf(split).some(({ service }) => plainName(service) === root.metadata.name);

function ifSplit(read: (input: RouteInput, split: TrafficSplit) => Reading): Mode['read'] {
  return (input, split) => {
    if (split === undefined) return toRoot(input);
    const reading = read(input, split);
    if (reading.kind === 'keep' || isToRoot(input.root.metadata.name, reading)) return reading;
    return { ...reading, split: { name: split.metadata.name, resourceVersion: split.metadata.resourceVersion } };
  };
}

/** The root's own endpoints, as if there were no split. */
export function toRoot({ root, port }: Pick<RouteInput, 'root' | 'port'>): Route {
  return { kind: 'split', shares: [{ cluster: clusterName(root, port), backend: root.metadata.name, weight: 1 }] };
}
export const isToRoot = (root: string, route: Route): boolean =>
  route.kind === 'split' && route.shares.length === 1 && route.shares[0]?.backend === root;

/** The backend's share; where the Service or its port is missing: none, or one that fails. */
function shareOf(input: RouteInput, name: string, milli: number, missing: 'excluded' | 'failing'): readonly Share[] {
  const service = input.service(name);
  const port = service?.spec.ports?.find((each) => each.port === input.port.port);
  if (service !== undefined && port !== undefined) return [{ cluster: clusterName(service, port), backend: name, weight: milli }];
  return missing === 'failing' ? [{ cluster: `missing/${input.root.metadata.namespace}/${name}`, backend: name, weight: milli }] : [];
}

const sharesOf = (input: RouteInput, split: TrafficSplit, missing: 'excluded' | 'failing'): readonly Share[] =>
  backendsOf(split).flatMap(({ service, weight }) => shareOf(input, plainName(service), milliOf(weight) ?? 0, missing));

const above0 = (shares: readonly Share[]): readonly Share[] => shares.filter(({ weight }) => weight > 0);

/** The spec's text: relative weights, what does not fit is not included, a split of itself is refused, all zero is no split. */
function strict(input: RouteInput, split: TrafficSplit): Reading {
  if (namesRoot(input, split)) return toRoot(input);
  const included = sharesOf(input, split, 'excluded');
  return total(included) > 0 ? matched(input, split, included) : toRoot(input);
}

/** Only what the adaptor wrote into the ServiceProfile counts. Zero is dropped, all zero is the apex, a missing backend fails. */
function linkerd(input: RouteInput): Reading {
  const targets = (input.profile?.spec?.dstOverrides ?? []).flatMap(({ authority, weight }) =>
    shareOf(input, plainName(authority), milliOf(weight) ?? 0, 'failing'),
  );
  const dropped = above0(targets);
  return dropped.length > 0 ? { kind: 'split', shares: dropped } : toRoot(input);
}

/** The VirtualService counts. All zero is refused, so the old one goes on; a missing host fails for its weight. */
function istio(input: RouteInput): Reading {
  const rules = input.virtualServices.find(({ spec }) => spec?.hosts?.some((host) => plainName(host) === input.root.metadata.name));
  if (rules === undefined) return toRoot(input);
  const targets = (rules.spec?.http?.[0]?.route ?? []).flatMap(({ destination, weight = 0 }) =>
    shareOf(input, plainName(destination.host), weight * 1_000, 'failing'),
  );
  return total(targets) > 0 ? { kind: 'split', shares: targets } : { kind: 'keep' };
}

/** A sum below 1 makes no route, and the old one stays; missing backends are skipped; the root's selector must match the leaf's pods. */
function osm(input: RouteInput, split: TrafficSplit): Reading {
  const ofRoot = input.addresses(input.root.metadata.name);
  const included = sharesOf(input, split, 'excluded').map((share) => {
    const leaf = [...input.addresses(share.backend)];
    if (leaf.length === 0 || leaf.some((address) => ofRoot.has(address))) return share;
    return { ...share, cluster: `unmatched/${input.root.metadata.namespace}/${share.backend}` };
  });
  return total(included) >= 1_000 ? { kind: 'split', shares: included } : { kind: 'keep' };
}

/** Missing or mismatched backends are dropped, all zero is an empty pool (500), a missing route group or a cycle drops the split. */
function traefik(input: RouteInput, split: TrafficSplit): Reading {
  if (namesRoot(input, split)) return toRoot(input);
  if (split.spec?.matches?.some(({ name }) => input.routeGroup(name) === undefined)) return toRoot(input);
  const included = above0(sharesOf(input, split, 'excluded'));
  return included.length > 0 ? matched(input, split, included) : { kind: 'fail', status: 500 };
}

/** A splitter whose sum is not 100 is refused, and the old one stays. */
function consul(input: RouteInput, split: TrafficSplit): Reading {
  const included = sharesOf(input, split, 'failing');
  return total(included) === 100_000 ? { kind: 'split', shares: included } : { kind: 'keep' };
}

/** Weight 0 is the same as no backend. */
function nginx(input: RouteInput, split: TrafficSplit): Reading {
  const included = above0(sharesOf(input, split, 'failing'));
  return included.length > 0 ? matched(input, split, included) : toRoot(input);
}

/** With `matches` the split concerns the matching requests only; the rest goes to the root's own endpoints. */
function matched(input: RouteInput, split: TrafficSplit, shares: readonly Share[]): Reading {
  const isVisible = input.servedVersions.has('v1alpha3') || input.servedVersions.has('v1alpha4');
  const groups = isVisible ? (split.spec?.matches ?? []) : [];
  if (groups.length === 0) return { kind: 'split', shares };
  const matches: readonly HttpMatch[] = groups.flatMap(({ name }) => input.routeGroup(name)?.spec?.matches ?? []);
  return { kind: 'split', shares, matches };
}
