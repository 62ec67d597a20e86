import type { Split } from '../core/split.ts';
import type { AdapterView } from '../core/world.ts';
import type { KubeObject } from '../kube/index.ts';
import type { MeshRecord, ResourceName, ResourceNeed } from './router.ts';
import { plainServiceName, serviceKey } from './service-name.ts';

/**
 * The object that a mesh's SMI adapter writes from a split: the middle rung of the confirmation ladder. One file per adapter; it
 * says where the object is and what it means, and everything below is the same for all.
 */
export interface Adapter {
  readonly resource: ResourceNeed;
  /** Name of the object that the adapter writes for the split, in the split's namespace. */
  readonly objectName: (split: AdapterSplit) => string;
  /** What the object sends where; or why it cannot be following the split. */
  readonly targetsOf: (object: KubeObject) => AdapterTargets;
  /** All that the object sends anywhere, whether or not it follows a split. */
  readonly sendsOf: (object: KubeObject) => readonly AdapterWeight[];
  /** Root names that the object answers for. */
  readonly hostsOf: (object: KubeObject) => readonly string[];
  /** What the adapter makes of a split: some round. */
  readonly expected: (split: Split) => Split;
  /** Two such objects for one root undo each other. */
  readonly excludesOthers: boolean;
}

export interface AdapterSplit {
  readonly namespace: string;
  readonly name: string;
  readonly root: string;
  readonly clusterDomain: string;
}

export type AdapterTargets =
  | { readonly kind: 'weights'; readonly weights: readonly AdapterWeight[] }
  /** Why the object does not follow the split, to be read after its name. */
  | { readonly kind: 'unfit'; readonly message: string };

export interface AdapterWeight {
  readonly host: string;
  readonly milliWeight: number | undefined;
}

/** What is kept of an adapter's object. */
export interface AdapterRecord extends MeshRecord {
  readonly kind: string;
  readonly targets: AdapterTargets;
  readonly sends: readonly AdapterWeight[];
  readonly hosts: readonly string[];
}

export const resourceNameOf = ({ group, plural }: ResourceName): string => `${plural}.${group}`;

export const projectAdapterObject = (adapter: Adapter, object: KubeObject): AdapterRecord => ({
  resource: resourceNameOf(adapter.resource),
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
  uid: object.metadata.uid,
  resourceVersion: object.metadata.resourceVersion,
  kind: adapter.resource.kind,
  targets: adapter.targetsOf(object),
  sends: adapter.sendsOf(object),
  hosts: adapter.hostsOf(object),
});

/** Whether the adapter's object sends what the split says. No object: unseen, and the elapsed bound has to do. */
export function readAdapter(adapter: Adapter, split: Split, record: AdapterRecord | undefined): AdapterView {
  if (record === undefined) return { kind: 'unseen' };
  const object = `${record.kind} ${record.name}`;
  const { targets, namespace } = record;
  if (targets.kind === 'unfit') return { kind: 'contradicts', object, message: `${object} ${targets.message}` };
  const found = sharesOf(targets.weights.map(({ host, milliWeight }) => [serviceKey(host, namespace), milliWeight ?? Number.NaN]));
  const wanted = sharesOf(adapter.expected(split).backends.map(({ service, weight }) => [serviceKey(service, namespace), weight]));
  if (areAlike(found, wanted)) return { kind: 'agrees', object };
  return {
    kind: 'contradicts',
    object,
    message: `${object} sends ${sharesText(found, namespace)}, the TrafficSplit says ${sharesText(wanted, namespace)}`,
  };
}

/** Where there is no split (any more): whether the adapter's object still sends to one of these Services, which were behind it. */
export function readLeftover(services: readonly string[], record: AdapterRecord | undefined): AdapterView {
  if (record === undefined) return { kind: 'unseen' };
  const { namespace, sends } = record;
  const object = `${record.kind} ${record.name}`;
  const known = new Set(services.map((service) => serviceKey(service, namespace)));
  const shares = sharesOf(sends.map(({ host, milliWeight }) => [serviceKey(host, namespace), milliWeight ?? Number.NaN]));
  if (![...shares.keys()].some((key) => known.has(key))) return { kind: 'agrees', object };
  return {
    kind: 'contradicts',
    object,
    message: `${object} still sends ${sharesText(shares, namespace)}, though the TrafficSplit is gone`,
  };
}

/** Other objects of the adapter's kind that answer for the same root. */
export function adapterConflicts(adapter: Adapter, split: AdapterSplit, records: Iterable<AdapterRecord>): readonly string[] {
  if (!adapter.excludesOthers) return [];
  const root = serviceKey(split.root, split.namespace);
  const own = adapter.objectName(split);
  return [...records]
    .filter(({ namespace, name }) => namespace !== split.namespace || name !== own)
    .filter(({ hosts, namespace }) => hosts.some((host) => serviceKey(host, namespace) === root))
    .map(({ kind, namespace, name }) => `${kind} ${namespace}/${name} routes Service ${split.root} as well; which one wins is undefined`)
    .sort();
}

type Shares = ReadonlyMap<string, number>;

/** Percent of all weights, by Service; targets that get nothing are left out. NaN everywhere where a weight cannot be read. */
function sharesOf(weights: readonly (readonly [string, number])[]): Shares {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const shares = new Map<string, number>();
  for (const [service, weight] of weights) {
    if (weight !== 0) shares.set(service, (shares.get(service) ?? 0) + (100 * weight) / total);
  }
  return shares;
}

const tolerance = 1e-6;

const areAlike = (left: Shares, right: Shares): boolean =>
  left.size > 0 &&
  left.size === right.size &&
  [...left].every(([service, share]) => Math.abs(share - (right.get(service) ?? Number.NaN)) < tolerance);

function sharesText(shares: Shares, namespace: string): string {
  if (shares.size === 0) return 'nothing anywhere';
  return [...shares]
    .map(([key, share]) => `${Math.round(share * 100) / 100} % to ${plainServiceName(key.split('/').reverse().join('.'), namespace)}`)
    .join(', ');
}
