import type { Split } from '../core/split.ts';
import type { Traffic } from '../core/world.ts';
import type { KubeObject, Resource } from '../kube/index.ts';
import type { JsonObject, Result } from '../lib/index.ts';
import type { WriteStamp } from './smi/stamp.ts';

/**
 * A router translates between the core's Split and the objects of a mesh: pure, both ways. Add one: its config in
 * core/rollout.ts, a file here, and a line in registry.ts; watches, permissions and contract tests follow from `resources`.
 *
 *   project  object -> record      what a store keeps; raw objects are never held
 *   keysOf   record -> keys        the store's index
 *   resolve  config, mesh -> target  which version, which provider; or why none
 *   keysFor  subject -> keys       which records `read` wants to see
 *   read     records -> reading    the world's view of the traffic
 *   render   split -> write        one write per transition
 */
export interface TrafficRouter<Config = unknown> {
  readonly resources: readonly ResourceNeed[];
  project(resource: ResourceName, object: KubeObject): MeshRecord | undefined;
  keysOf(record: MeshRecord): readonly string[];
  /** Names that a config asks of a mesh; the same for every Rollout with that config. `began`: the provider of the run under way, for when the signs of another come up. */
  resolve(config: Config, mesh: MeshFacts, began?: string): Result<RouterTarget, Unusable>;
  keysFor(config: Config, target: RouterTarget, subject: RouterSubject): readonly string[];
  /** `records` may hold more than was asked for. */
  read(config: Config, target: RouterTarget, subject: RouterSubject, records: Iterable<MeshRecord>): TrafficReading;
  render(config: Config, target: RouterTarget, order: RouterOrder): MeshWrite;
  /** Where `render` writes: for deletes. */
  objectName(config: Config, root: string): string;
}

export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}

/** A resource that a router may watch or write. */
export interface ResourceNeed extends ResourceName {
  readonly kind: string;
  readonly namespaced: boolean;
  /** In order of preference. */
  readonly versions: readonly string[];
  readonly verbs: readonly ('get' | 'list' | 'watch' | 'create' | 'patch' | 'delete')[];
}

/** The least that a store keeps of an object. */
export interface MeshRecord {
  /** `plural.group`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What discovery knows of the cluster. */
export interface MeshFacts {
  /** API groups that are served. */
  readonly groups: readonly string[];
  /** Versions of TrafficSplit that are served, by discovery. */
  readonly splitVersions: readonly string[];
  /** The CRD of TrafficSplit; undefined where there is none or it may not be read. */
  readonly crd: SplitCrd | undefined;
  /** Deployments that may be a mesh's; empty where they may not be listed. */
  readonly deployments: readonly DeploymentFacts[];
  /** `cluster.local` nearly everywhere. */
  readonly clusterDomain: string;
}

export interface SplitCrd {
  readonly servedVersions: readonly string[];
  readonly storageVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The schema of the newest served version has `spec.matches`. */
  readonly hasMatches: boolean;
}

export interface DeploymentFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

type Usable = Extract<Traffic, { kind: 'usable' }>;

export type Unusable = Omit<Extract<Traffic, { kind: 'unusable' }>, 'kind'>;
/** It is not sure who reads what is written: enough to cut, not to raise. */
export type Doubt = NonNullable<Usable['held']>;

/** How a config's traffic is written and read in this cluster. */
export interface RouterTarget {
  readonly provider: string;
  /** What is written and watched. */
  readonly resource: Resource;
  /** The adapter's own object, where the provider has one: watched, never written. */
  readonly adapter: ResourceNeed | undefined;
  /** The built-in queries that fit this mesh; undefined where it is a guess which mesh that is. */
  readonly dialect: string | undefined;
  readonly held?: Doubt | undefined;
  readonly clusterDomain: string;
}

export interface RouterSubject {
  readonly namespace: string;
  readonly root: string;
  readonly rollout: { readonly uid: string; readonly name: string };
  /** The Services of the Rollout's revisions. */
  readonly services: readonly string[];
}

/** The world's view of the traffic, but for the share that metrics show. */
export type TrafficReading = Omit<Usable, 'share' | 'kind'>;

export interface RouterOrder {
  readonly split: Split;
  readonly owner: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly stamp: WriteStamp;
  /** The object that the decision was made on; undefined: make it. */
  readonly current: { readonly uid: string; readonly resourceVersion: string } | undefined;
}

/** One write: a create, or a JSON merge patch that carries its preconditions. */
export interface MeshWrite {
  readonly kind: 'create' | 'patch';
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly body: JsonObject;
}
