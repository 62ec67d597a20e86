import { type Clock, type Random, sameJson } from '../../lib/index.ts';
import type { ApiObject, DirectClient } from '../api/index.ts';
import { drawFrom, type Range } from '../chance.ts';
import { type EndpointSlice, type Namespace, resources, routeGroupsOf, type Service, splitsOf } from '../objects/index.ts';
import type { Change, Informer, Informers } from '../watch/index.ts';
import { Adapter } from './adapter.ts';
import { addressesOf, clustersOf } from './endpoints.ts';
import { MeshProxy } from './proxy.ts';
import { clusterName, isToRoot, readingOf, toRoot } from './readings.ts';
import { type Served, servedOf } from './served.ts';
import {
  isMeshMode,
  type MeshMode,
  type RootRoute,
  type Route,
  type RouteGroup,
  type ServiceProfile,
  type TrafficSplit,
  type VirtualService,
} from './types.ts';

/** How long news take on their way, drawn for each piece of news and each proxy. */
export interface MeshLag {
  /** From a split to what the mesh makes of it. */
  readonly adapterMs: Range;
  readonly routesMs: Range;
  readonly endpointsMs: Range;
}

export interface ControlPlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: DirectClient;
  readonly informers: Informers;
  readonly lag: MeshLag;
  /** Of namespaces that are not labelled with a mode of their own. */
  readonly mode: MeshMode;
  /** Whoever sends through a proxy accounts for the time until now, as everything still was. */
  readonly beforeChange: (proxy: MeshProxy) => void;
}

const modeLabel = 'bed.sluice.dev/mesh-mode';
const meshLabel = 'bed.sluice.dev/mesh';
const resyncMs = 600_000;

/** What proxies of the mesh do with a root, and what kube-proxy does. */
interface RootRoutes {
  readonly meshed: RootRoute;
  readonly plain: RootRoute;
}

export interface RootPort {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}
export const rootKey = ({ namespace, service, port }: RootPort): string => `${namespace}/${service}|${port}`;

/** Watches the cluster, decides what each root's requests should do, and tells the proxies, each in its own time. */
export class ControlPlane {
  readonly adapter: Adapter;
  readonly #options: ControlPlaneOptions;
  readonly #namespaces: Informer<Namespace>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #splits: Informer<TrafficSplit>;
  readonly #groups: Informer<RouteGroup>;
  readonly #profiles: Informer<ServiceProfile>;
  readonly #virtualServices: Informer<VirtualService>;
  readonly #definitions: Informer<ApiObject>;
  #served: Served = servedOf([]);
  readonly #proxies = new Map<string, MeshProxy>();
  readonly #roots = new Map<string, RootPort>();
  readonly #routes = new Map<string, RootRoutes>();
  /** Addresses by cluster, by the key of its Service. */
  readonly #clusters = new Map<string, ReadonlyMap<string, readonly string[]>>();
  readonly #dirtyServices = new Set<string>();
  readonly #dirtyNamespaces = new Set<string>();
  #lag: MeshLag;
  #isArmed = false;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#lag = options.lag;
    const { informers, clock, random, client } = options;
    this.#definitions = informers.of(resources.definitions);
    this.#namespaces = informers.of(resources.namespaces);
    this.#services = informers.of(resources.services);
    this.#slices = informers.of(resources.endpointSlices);
    this.#splits = informers.redirectable();
    this.#groups = informers.redirectable();
    this.#profiles = informers.redirectable();
    this.#virtualServices = informers.redirectable();
    this.adapter = new Adapter({
      ...{ clock, random, client, lagMs: options.lag.adapterMs },
      modeOf: (namespace) => this.modeOf(namespace),
      servedVersions: () => this.#served.splitVersions,
      splits: () => this.#splits.items.values(),
      onChange: (namespace) => this.#touch(namespace),
    });
    this.#listen();
    this.#resyncLater();
  }

  modeOf(namespace: string): MeshMode {
    const mode = this.#namespaces.get(namespace)?.metadata.labels?.[modeLabel];
    return isMeshMode(mode) ? mode : this.#options.mode;
  }

  /** As the API server has it. */
  split(namespace: string, name: string): TrafficSplit | undefined {
    return this.#splits.get(`${namespace}/${name}`);
  }

  /** A proxy that hears of these roots from now on; what is known now, it knows at once. */
  connect(name: string, isMeshed: boolean, roots: readonly RootPort[]): MeshProxy {
    for (const root of roots) {
      this.#roots.set(rootKey(root), root);
      this.#touch(root.namespace);
    }
    this.#push();
    const proxy = new MeshProxy(name, isMeshed, this.#options.clock, this.#options.beforeChange);
    this.#proxies.set(name, proxy);
    for (const root of roots) {
      const routes = this.#routes.get(rootKey(root));
      if (routes !== undefined) proxy.tellRoute(rootKey(root), isMeshed ? routes.meshed : routes.plain, 0);
    }
    for (const clusters of this.#clusters.values()) for (const [cluster, addresses] of clusters) proxy.tellEndpoints(cluster, addresses, 0);
    return proxy;
  }

  disconnect(proxy: MeshProxy): void {
    this.#proxies.delete(proxy.name);
  }

  proxies(): Iterable<MeshProxy> {
    return this.#proxies.values();
  }

  /** For what is told from now on. */
  setLag(lag: Partial<Omit<MeshLag, 'adapterMs'>>): void {
    this.#lag = { ...this.#lag, ...lag };
  }

  #listen(): void {
    const touch = <T extends { readonly metadata: ApiObject['metadata'] }>({ object }: Change<T>) =>
      this.#touch(object.metadata.namespace ?? '');
    this.#namespaces.onChange(({ key }) => this.#touch(key));
    this.#services.onChange((change) => {
      this.#dirtyServices.add(change.key);
      touch(change);
    });
    this.#slices.onChange((change) => {
      const { namespace = '', labels } = change.object.metadata;
      this.#dirtyServices.add(`${namespace}/${labels?.['kubernetes.io/service-name'] ?? ''}`);
      touch(change);
    });
    this.#groups.onChange(touch);
    this.#profiles.onChange(touch);
    this.#virtualServices.onChange((change) => {
      this.adapter.virtualServiceChanged(change.object.metadata.namespace ?? '', change.object.metadata.name);
      touch(change);
    });
    this.#splits.onChange(({ type, object }) => this.adapter.splitChanged(object, type === 'deleted'));
    this.#definitions.onChange(() => this.#definitionsChanged());
  }

  #definitionsChanged(): void {
    const served = servedOf(this.#definitions.items.values());
    if (served.key === this.#served.key) return;
    this.#served = served;
    const highest = [...served.splitVersions].sort().at(-1);
    this.#splits.redirect(highest === undefined ? undefined : splitsOf(highest));
    this.#groups.redirect(served.routeGroups === undefined ? undefined : routeGroupsOf(served.routeGroups));
    this.#profiles.redirect(served.hasProfiles ? resources.serviceProfiles : undefined);
    this.#virtualServices.redirect(served.hasVirtualServices ? resources.virtualServices : undefined);
    for (const { namespace } of this.#roots.values()) this.#touch(namespace);
  }

  #resyncLater(): void {
    this.#options.clock.after(resyncMs, () => {
      this.adapter.resync();
      this.#resyncLater();
    });
  }

  #touch(namespace: string): void {
    this.#dirtyNamespaces.add(namespace);
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#options.clock.after(0, () => {
      this.#isArmed = false;
      this.#push();
    });
  }

  #push(): void {
    this.#options.informers.sync();
    for (const key of this.#dirtyServices) this.#pushEndpoints(key);
    this.#dirtyServices.clear();
    for (const root of this.#roots.values()) if (this.#dirtyNamespaces.has(root.namespace)) this.#pushRoute(root);
    this.#dirtyNamespaces.clear();
  }

  #pushEndpoints(key: string): void {
    const before = this.#clusters.get(key);
    const service = this.#services.get(key);
    const clusters = service === undefined ? new Map<string, readonly string[]>() : clustersOf(service, this.#slices.items.values());
    this.#clusters.set(key, clusters);
    for (const [cluster, addresses] of clusters) {
      if (!sameJson(before?.get(cluster), addresses))
        this.#tell((proxy, lagMs) => proxy.tellEndpoints(cluster, addresses, lagMs), 'endpointsMs');
    }
    for (const cluster of before?.keys() ?? []) {
      if (!clusters.has(cluster)) this.#tell((proxy, lagMs) => proxy.tellEndpoints(cluster, undefined, lagMs), 'endpointsMs');
    }
    if (clusters.size === 0) this.#clusters.delete(key);
  }

  #pushRoute(root: RootPort): void {
    const key = rootKey(root);
    const before = this.#routes.get(key);
    const next = this.#routesOf(root, before?.meshed.route);
    if (sameJson(before, next)) return;
    if (next === undefined) this.#routes.delete(key);
    else this.#routes.set(key, next);
    this.#tell((proxy, lagMs) => proxy.tellRoute(key, proxy.isMeshed ? next?.meshed : next?.plain, lagMs), 'routesMs');
  }

  #tell(say: (proxy: MeshProxy, lagMs: number) => void, kind: 'routesMs' | 'endpointsMs'): void {
    for (const proxy of this.#proxies.values()) say(proxy, drawFrom(this.#options.random, this.#lag[kind]));
  }

  #routesOf({ namespace, service: name, port: number }: RootPort, before: Route | undefined): RootRoutes | undefined {
    const root = this.#services.get(`${namespace}/${name}`);
    const port = root?.spec.ports?.find((each) => each.port === number);
    if (root === undefined || port === undefined) return undefined;
    const mode = root.metadata.annotations?.[meshLabel] === 'false' ? 'none' : this.modeOf(namespace);
    const reading = readingOf({
      ...{ mode, root, port, servedVersions: this.#served.splitVersions },
      splits: this.adapter.adopted(namespace),
      profile: this.#profiles.get(`${namespace}/${name}.${namespace}.svc.cluster.local`),
      virtualServices: [...this.#virtualServices.items.values()].filter(({ metadata }) => metadata.namespace === namespace),
      service: (other) => this.#services.get(`${namespace}/${other}`),
      routeGroup: (group) => this.#groups.get(`${namespace}/${group}`),
      addresses: (other) => addressesOf(`${namespace}/${other}`, this.#slices.items.values()),
    });
    const rootCluster = clusterName(root, port);
    const plain = { route: toRoot({ root, port }), rootCluster };
    const route = reading.kind === 'keep' ? (before ?? plain.route) : this.#attributed(mode, root, reading);
    return { meshed: { route, rootCluster }, plain };
  }

  /** Objects of adapters do not say which state of a split they were made from; the adapter does. */
  #attributed(mode: MeshMode, { metadata: { namespace = '', name } }: Service, route: Route): Route {
    if ((mode !== 'linkerd' && mode !== 'istio') || isToRoot(name, route)) return route;
    const split = this.adapter.writtenFor(namespace, name);
    return split === undefined ? route : { ...route, split };
  }
}
