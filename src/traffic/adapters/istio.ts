import type { Split } from '../../core/split.ts';
import type { KubeObject } from '../../kube/index.ts';
import { isObject } from '../../lib/index.ts';
import type { Adapter, AdapterTargets, AdapterWeight } from '../adapter.ts';
import { decodeWeight } from '../smi/weight.ts';

/** smi-adapter-istio turns a split into the VirtualService `<split>-vs`. */
export const istioAdapter: Adapter = {
  resource: {
    group: 'networking.istio.io',
    plural: 'virtualservices',
    kind: 'VirtualService',
    namespaced: true,
    versions: ['v1', 'v1beta1', 'v1alpha3'],
    verbs: ['list', 'watch'],
  },
  objectName: ({ name }) => `${name}-vs`,
  targetsOf,
  sendsOf: ({ spec }) => routesOf(spec).flatMap(destinationsOf),
  hostsOf,
  expected: istioPercents,
  excludesOthers: true,
};

/**
 * The adapter's own arithmetic: each weight to a whole percent, halves up, and the last backend takes the remainder. 995/5 comes out
 * as 100/0: a small share that is listed last is lost, so stable is last. Whole percents come out as they went in.
 */
export function istioPercents({ root, backends }: Split): Split {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  const percents = backends.map(({ weight }) => (total === 0 ? 0 : Math.round((100 * weight) / total)));
  const before = percents.slice(0, -1).reduce((sum, percent) => sum + percent, 0);
  const last = total === 0 ? 0 : 100 - before;
  return {
    root,
    backends: backends.map(({ service }, index) => ({ service, weight: index === backends.length - 1 ? last : (percents[index] ?? 0) })),
  };
}

const listOf = (value: unknown): readonly Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : []);

function targetsOf({ spec }: KubeObject): AdapterTargets {
  const routes = routesOf(spec);
  const [first] = routes;
  if (first === undefined || routes.length > 1)
    return { kind: 'unfit', message: `has ${routes.length} http routes; the SMI adapter writes exactly one` };
  return { kind: 'weights', weights: destinationsOf(first) };
}

const routesOf = (spec: unknown) => listOf(isObject(spec) ? spec.http : undefined);

function destinationsOf({ route }: Record<string, unknown>): readonly AdapterWeight[] {
  const destinations = listOf(route);
  return destinations.map((destination) => weightOf(destination, destinations.length === 1));
}

/** Protobuf's JSON leaves a zero out; a single destination without weight gets everything. */
function weightOf({ destination, weight }: Record<string, unknown>, isOnly: boolean): AdapterWeight {
  const host = isObject(destination) && typeof destination.host === 'string' ? destination.host : '';
  return { host, milliWeight: weight === undefined || weight === null ? (isOnly ? 100_000 : 0) : decodeWeight(weight) };
}

/** Only routes of sidecars can clash with a split: a VirtualService for gateways alone says nothing inside the mesh. */
function hostsOf({ spec }: KubeObject): readonly string[] {
  if (!isObject(spec)) return [];
  const gateways = strings(spec.gateways);
  return gateways.length > 0 && !gateways.includes('mesh') ? [] : strings(spec.hosts);
}

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);
