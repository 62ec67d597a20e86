import type { Clock } from '../../../../src/lib/index.ts';
import type { Sandbox } from '../../../../src/sandbox/index.ts';
import { type MeshProxy, rootKey } from '../../../../src/sandbox/mesh/index.ts';
import { resources, type Service } from '../../../../src/sandbox/objects/index.ts';
import type { AppliedWeights } from '../mesh-types.ts';

/** What the data plane really does: known of it once each of its proxies does it. Clients outside the mesh have none of them. */
export class MeshView {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;
  /** One proxy in each namespace that hears of every Service, so that there is something to be seen without clients, too. */
  readonly #observers = new Map<string, MeshProxy>();
  /** Root keys, `namespace/service|port`, by namespace. */
  readonly #roots = new Map<string, Set<string>>();
  readonly #applied = new Map<string, AppliedWeights[]>();
  readonly #dirty = new Set<string>();
  #isArmed = false;

  constructor(sandbox: Sandbox, clock: Clock) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    sandbox.server.store.onCommit(({ object, type }) => {
      if (object.kind === 'Service' && type !== 'DELETED') this.#follow(object as unknown as Service);
    });
  }

  /** A proxy is about to take news, or one came or went. */
  changed(namespaces: Iterable<string>): void {
    for (const namespace of namespaces) this.#dirty.add(namespace);
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#clock.after(0, () => {
      this.#isArmed = false;
      for (const namespace of this.#dirty) for (const root of this.#roots.get(namespace) ?? []) this.#note(root, namespace);
      this.#dirty.clear();
    });
  }

  /** Oldest first. */
  applied(namespace: string, service: string): readonly AppliedWeights[] {
    return this.#applied.get(`${namespace}/${service}`) ?? [];
  }

  takes(namespace: string, service: string): boolean {
    const key = rootKey({ namespace, service, port: 80 });
    return this.#proxiesOf(namespace).every((proxy) => proxy.route(key) !== undefined);
  }

  /** How many endpoints each cluster has, by the proxy that knows the fewest. */
  endpoints(namespace: string): Readonly<Record<string, number>> {
    const services = this.#sandbox.client.list(resources.services, { namespace }) as unknown as readonly Service[];
    const clusters = services.flatMap(({ metadata: { name }, spec: { ports = [] } }) =>
      ports.map(({ port, targetPort }) => `${namespace}/${name}|${typeof targetPort === 'number' ? targetPort : port}`),
    );
    const fewest = (cluster: string) =>
      Math.min(...this.#proxiesOf(namespace).map((proxy) => proxy.cluster(cluster)?.addresses.length ?? 0));
    return Object.fromEntries(clusters.map((cluster) => [cluster, fewest(cluster)]));
  }

  forget(namespace: string): void {
    for (const key of [...this.#applied.keys()]) if (key.startsWith(`${namespace}/`)) this.#applied.delete(key);
  }

  #proxiesOf(namespace: string): readonly MeshProxy[] {
    return [...this.#sandbox.mesh.proxies()].filter(({ isMeshed, namespaces }) => isMeshed && namespaces.has(namespace));
  }

  #follow({ metadata: { namespace = '', name }, spec: { ports = [], clusterIP, selector } }: Service): void {
    if (clusterIP === undefined || clusterIP === 'None' || selector === undefined) return;
    const known = this.#roots.get(namespace) ?? new Set();
    this.#roots.set(namespace, known);
    for (const { port } of ports) {
      const root = { namespace, service: name, port };
      if (known.has(rootKey(root))) continue;
      known.add(rootKey(root));
      // Not in the middle of the write.
      this.#clock.after(0, () => this.#sandbox.mesh.follow(this.#observerOf(namespace), root));
    }
  }

  #observerOf(namespace: string): MeshProxy {
    const observer = this.#observers.get(namespace) ?? this.#sandbox.mesh.connect(`${namespace}/observer`, true, []);
    this.#observers.set(namespace, observer);
    return observer;
  }

  #note(root: string, namespace: string): void {
    const [weights, ...others] = this.#proxiesOf(namespace).map((proxy) => weightsOf(proxy, root));
    const text = JSON.stringify(weights);
    if (weights === undefined || others.some((other) => JSON.stringify(other) !== text)) return;
    const key = root.slice(0, root.indexOf('|'));
    const history = this.#applied.get(key) ?? [];
    this.#applied.set(key, history);
    if (JSON.stringify(history.at(-1)?.weights) !== text) history.push({ at: this.#clock.nowMs(), weights });
  }
}

/** Percent by backend; empty where the whole root fails, undefined where it is not known. */
function weightsOf(proxy: MeshProxy, root: string): Readonly<Record<string, number>> | undefined {
  const route = proxy.route(root)?.route;
  if (route === undefined) return undefined;
  if (route.kind === 'fail') return {};
  const sum = route.shares.reduce((total, { weight }) => total + weight, 0);
  const weights: Record<string, number> = {};
  for (const { backend, weight } of route.shares) weights[backend] = (weights[backend] ?? 0) + (100 * weight) / sum;
  return weights;
}
