import type { Change, Contact, KubeClient, KubeFailure, KubeObject, Resource, Versioned } from '../kube/index.ts';
import { apiVersionOf, describeFailure, discover, Reflector, Store } from '../kube/index.ts';
import type { Clock, Logger, Random, Result } from '../lib/index.ts';
import { fail, isObject, ok } from '../lib/index.ts';
import type { DeploymentFacts, MeshFacts, MeshRecord, ResourceNeed, RouterTarget, SplitCrd, TrafficRouter } from '../traffic/index.ts';
import { detectProvider, providers } from '../traffic/index.ts';
import type { Refusals } from './refusals.ts';
import type { Settling } from './settling.ts';

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const splitCrdName = 'trafficsplits.split.smi-spec.io';
const splitGroup = 'split.smi-spec.io';

export interface MeshWatchOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly refusals: Refusals;
  readonly contact: Contact;
  readonly settling: Settling;
  readonly namespaces: readonly string[];
  readonly clusterDomain: string;
  readonly deployments: () => readonly DeploymentFacts[];
  /** Keys of mesh records that changed. */
  readonly onKeys: (keys: readonly string[]) => void;
  /** What the cluster serves has changed: everything must look again. */
  readonly onDiscovery: () => void;
}

/** What the stores say of a Rollout's mesh. */
export type MeshRecords =
  /** `unreadable`: kinds that may not be read, or no longer: what is known of them is nothing, or old. */
  | { readonly kind: 'records'; readonly records: readonly MeshRecord[]; readonly unreadable: readonly string[] }
  /** The watch that brings the splits has not synced. */
  | { readonly kind: 'unsynced' }
  /** Nor will it: they may not be read. */
  | { readonly kind: 'refused'; readonly unreadable: readonly string[] };

/** One object of a mesh. */
export interface MeshObject {
  readonly resource: Resource;
  readonly name: string;
}

interface WatchedResource {
  readonly resource: Resource;
  readonly store: Store<MeshRecord>;
  readonly reflectors: readonly Reflector<MeshRecord>[];
  readonly stop: AbortController;
}

/** Discovery of the mesh, and a watch on each of its resources that some Rollout needs, in the version that it needs. */
export class MeshWatch {
  readonly #options: MeshWatchOptions;
  readonly #watched = new Map<string, WatchedResource>();
  readonly #crdWatch: Reflector<Versioned>;
  #facts: MeshFacts | undefined;
  #failure: KubeFailure | undefined;
  #versionsOf: ReadonlyMap<string, readonly string[]> = new Map();
  #signal: AbortSignal | undefined;
  #running: Promise<void>[] = [];
  #rediscover: () => void = () => {};

  constructor(options: MeshWatchOptions) {
    this.#options = options;
    const { client, clock, random, log, contact } = options;
    this.#crdWatch = new Reflector<Versioned>({
      client,
      resource: crds,
      metadataOnly: true,
      project: ({ metadata: { uid, resourceVersion } }) => ({ uid, resourceVersion }),
      store: new Store<Versioned>(),
      clock,
      random,
      log,
      contact,
      onChange: (change) => {
        if (this.#facts === undefined) return;
        // Only the coming and going of kinds says something about a mesh, and every change of the one we write.
        if (change.type !== 'updated' || change.key === splitCrdName) this.#rediscover();
      },
    });
  }

  get facts(): MeshFacts | undefined {
    return this.#facts;
  }

  /** Why the last discovery failed; the facts are those of the last that did not. */
  get failure(): KubeFailure | undefined {
    return this.#failure;
  }

  /** The dialect of metrics of the mesh that the cluster shows signs of; undefined where there are none, or several. */
  detectedDialect(): string | undefined {
    if (this.#facts === undefined) return undefined;
    const detected = detectProvider({ ...this.#facts, configured: 'auto' });
    return detected.kind === 'provider' ? providers[detected.provider].dialect : undefined;
  }

  /** Signs of a mesh have come or gone. */
  lookAgain(): void {
    this.#rediscover();
  }

  /** By name, for health. */
  get reflectors(): Readonly<Record<string, Pick<Reflector<never>, 'health'>>> {
    const named = [...this.#watched].flatMap(([name, { reflectors }]) =>
      reflectors.map((reflector, index) => [index === 0 ? name : `${name}-${index}`, reflector] as const),
    );
    return { customresourcedefinitions: this.#crdWatch, ...Object.fromEntries(named) };
  }

  /** First discovery, then a new one whenever kinds come or go. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const watching = this.#crdWatch.run(signal);
    while (!signal.aborted) {
      const due = new Promise<void>((resolve) => {
        this.#rediscover = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      const isDone = await this.#discover(signal);
      const again = isDone ? undefined : this.#options.clock.after(2_000, () => this.#rediscover());
      await due;
      again?.();
    }
    await watching;
    await Promise.all(this.#running);
  }

  /** The records that `keys` name, for a Rollout of this namespace. */
  records(router: TrafficRouter, target: RouterTarget, { keys, namespace }: { keys: readonly string[]; namespace: string }): MeshRecords {
    const splits = this.#ensure(router, target.resource);
    const adapter = target.adapter === undefined ? undefined : this.#ensureNeed(router, target.adapter);
    const stores = [splits, ...(adapter === undefined ? [] : [adapter])];
    const unreadable = this.#options.refusals.among(
      stores.map(({ resource }) => resource),
      namespace,
    );
    const found: MeshRecord[] = [];
    for (const watched of stores) {
      const unsynced = watched.reflectors.filter((reflector) => !reflector.hasSynced && !isRefusedElsewhere(reflector, namespace));
      // The adapter's object is a rung that may be missing; one that cannot be read must not hold up a cut.
      if (watched === adapter && unsynced.some((reflector) => reflector.health().failing !== undefined)) continue;
      if (unsynced.length > 0) return unreadable.length > 0 ? { kind: 'refused', unreadable } : { kind: 'unsynced' };
      for (const key of keys) found.push(...watched.store.byIndex('key', key));
    }
    return { kind: 'records', records: [...new Set(found)], unreadable };
  }

  /** Every object of a namespace that the stores have by these keys. */
  seen(keys: readonly string[], namespace: string): readonly MeshObject[] {
    return [...this.#watched.values()].flatMap(({ resource, store }) =>
      [...new Set(keys.flatMap((key) => [...store.byIndex('key', key)]))]
        .filter((record) => record.namespace === namespace)
        .map(({ name }) => ({ resource, name })),
    );
  }

  absorb(resource: Resource, object: KubeObject): void {
    for (const reflector of this.#watched.get(nameOf(resource))?.reflectors ?? []) reflector.absorb(object);
  }

  #ensureNeed(router: TrafficRouter, need: ResourceNeed): WatchedResource | undefined {
    const served = this.#versionsOf.get(need.group) ?? [];
    const version = need.versions.find((candidate) => served.includes(candidate)) ?? served[0];
    return version === undefined
      ? undefined
      : this.#ensure(router, { group: need.group, version, plural: need.plural, kind: need.kind, namespaced: need.namespaced });
  }

  #ensure(router: TrafficRouter, resource: Resource): WatchedResource {
    const name = nameOf(resource);
    const known = this.#watched.get(name);
    if (known !== undefined) return known;
    const { client, clock, random, log, contact, settling, namespaces, refusals, onKeys } = this.#options;
    const store = new Store<MeshRecord>({ indexes: { key: (record) => router.keysOf(record) } });
    const onChange = ({ before, after }: Change<MeshRecord>) =>
      onKeys([...new Set([before, after].flatMap((record) => (record === undefined ? [] : router.keysOf(record))))]);
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    const reflectors = scopes.map(
      (namespace) =>
        new Reflector<MeshRecord>({
          client,
          resource,
          namespace,
          project: (object) => settling.interner.compact(router.project(resource, object)),
          texts: settling.interner,
          onListed: () => settling.listed(),
          store,
          clock,
          random,
          log,
          contact,
          onChange,
          onHealth: refusals.listener(resource, namespace),
        }),
    );
    const watched = { resource, store, reflectors, stop: new AbortController() };
    this.#watched.set(name, watched);
    for (const reflector of reflectors) this.#start(reflector, watched.stop);
    return watched;
  }

  #start(reflector: Reflector<MeshRecord>, stop: AbortController): void {
    const signal = this.#signal;
    if (signal === undefined || signal.aborted) return;
    signal.addEventListener('abort', () => stop.abort(), { once: true });
    this.#running.push(reflector.run(stop.signal));
    this.#running.push(reflector.synced.then(() => this.#options.onDiscovery()).catch(() => undefined));
  }

  async #discover(signal: AbortSignal): Promise<boolean> {
    const { client, onDiscovery } = this.#options;
    const groups = await discover(client, signal);
    if (!groups.ok) return this.#failed(groups.failure, signal);
    const versionsOf = new Map(groups.value.map(({ name, versions }) => [name, versions]));
    const splitVersions = versionsOf.get(splitGroup) ?? [];
    const crd = splitVersions.length === 0 ? ok(undefined) : await this.#splitCrd(signal);
    if (!crd.ok) return this.#failed(crd.failure, signal);
    const { deployments, clusterDomain } = this.#options;
    const names = groups.value.map(({ name }) => name);
    this.#versionsOf = versionsOf;
    this.#facts = { groups: names, splitVersions, crd: crd.value, deployments: deployments(), clusterDomain };
    this.#failure = undefined;
    this.#dropUnserved();
    onDiscovery();
    return true;
  }

  #failed(failure: KubeFailure, signal: AbortSignal): false {
    const isNews = this.#failure?.kind !== failure.kind;
    this.#failure = failure;
    if (isNews && !signal.aborted) this.#options.log.warn({ failure: describeFailure(failure) }, 'discovery failed');
    return false;
  }

  /** A version that is no longer served would be asked for in vain for ever. */
  #dropUnserved(): void {
    for (const [name, watched] of this.#watched) {
      const [, group = '', version = ''] = /^[^.]+\.(.*)\/([^/]+)$/.exec(name) ?? [];
      if (this.#versionsOf.get(group)?.includes(version)) continue;
      watched.stop.abort();
      this.#watched.delete(name);
    }
  }

  /** What the CRD of TrafficSplit tells of the mesh. One that is not there, or may not be read, tells nothing; no answer is no word on it. */
  async #splitCrd(signal: AbortSignal): Promise<Result<SplitCrd | undefined, KubeFailure>> {
    const found = await this.#options.client.get(crds, { name: splitCrdName }, signal);
    if (!found.ok) return found.failure.kind === 'notFound' || found.failure.kind === 'forbidden' ? ok(undefined) : fail(found.failure);
    if (!isObject(found.value.spec) || !Array.isArray(found.value.spec.versions)) return ok(undefined);
    const versions = found.value.spec.versions.filter(isObject);
    const served = versions.filter(({ served }) => served === true).map(({ name }) => String(name));
    const newest = versions
      .filter(({ served }) => served === true)
      .toSorted((left, right) => (String(left.name) < String(right.name) ? 1 : -1))[0];
    return ok({
      servedVersions: served,
      storageVersion: String(versions.find(({ storage }) => storage === true)?.name ?? ''),
      labels: found.value.metadata.labels ?? {},
      hasMatches: JSON.stringify(newest?.schema ?? {}).includes('"matches"'),
    });
  }
}

/** What may not be read in another namespace is that one's trouble. */
const isRefusedElsewhere = (reflector: Reflector<MeshRecord>, namespace: string): boolean =>
  reflector.namespace !== undefined && reflector.namespace !== namespace && reflector.health().failing?.kind === 'forbidden';

const nameOf = (resource: Resource): string => `${resource.plural}.${apiVersionOf(resource)}`;
