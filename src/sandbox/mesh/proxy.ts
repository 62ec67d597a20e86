import type { Clock } from '../../lib/index.ts';
import type { RootRoute } from './types.ts';

/** What a proxy hears of: what to do with a root, or who is behind a cluster. */
export type Topic = 'routes' | 'endpoints';

/** What nobody names any more stays for a while, so that what still goes there can end. */
const lingerMs = 3_000;

/** The endpoints of a cluster as a proxy knows them. */
export interface ClusterView {
  /** `ip:port` of each. */
  readonly addresses: readonly string[];
  /** Who was there before, where nobody is now. */
  readonly emptied?: { readonly atMs: number; readonly addresses: readonly string[] };
}

/** One copy of the mesh's configuration, beside a client: older or newer than the others', and its endpoints than its routes. */
export class MeshProxy {
  readonly name: string;
  /** Its client is part of the mesh; else this is kube-proxy, which knows no splits. */
  readonly isMeshed: boolean;
  readonly #clock: Clock;
  readonly #beforeChange: (proxy: MeshProxy) => void;
  readonly #routes = new Map<string, RootRoute>();
  readonly #clusters = new Map<string, ClusterView>();
  /** When the newest that is under way arrives: nothing overtakes what was said before of the same thing. */
  readonly #arrivals = new Map<string, number>();
  /** What was said last of each thing, and what has arrived: of two that arrive at one moment the clock may take the newer one first. */
  readonly #said = new Map<string, number>();
  readonly #heard = new Map<string, number>();
  /** Clusters that are to be forgotten; each entry takes that back. */
  readonly #lingering = new Map<string, () => void>();
  readonly #held = new Map<Topic, Map<string, () => void>>();

  constructor(name: string, isMeshed: boolean, clock: Clock, beforeChange: (proxy: MeshProxy) => void) {
    this.name = name;
    this.isMeshed = isMeshed;
    this.#clock = clock;
    this.#beforeChange = beforeChange;
  }

  /** `root`: `namespace/service|port`. */
  route(root: string): RootRoute | undefined {
    return this.#routes.get(root);
  }

  cluster(name: string): ClusterView | undefined {
    return this.#clusters.get(name);
  }

  /** A route that arrives after the lag; undefined: the root is gone. */
  tellRoute(root: string, route: RootRoute | undefined, lagMs: number): void {
    this.#deliver('routes', root, lagMs, () => {
      if (route === undefined) this.#routes.delete(root);
      else this.#routes.set(root, route);
    });
  }

  /** Endpoints that arrive after the lag; undefined: the cluster is gone, and is forgotten soon after, unless it has come back by then. */
  tellEndpoints(cluster: string, addresses: readonly string[] | undefined, lagMs: number): void {
    this.#deliver('endpoints', cluster, lagMs, () => {
      this.#lingering.get(cluster)?.();
      this.#lingering.delete(cluster);
      if (addresses === undefined)
        this.#lingering.set(
          cluster,
          this.#clock.after(lingerMs, () => this.#forget(cluster)),
        );
      else this.#clusters.set(cluster, viewOf(addresses, this.#clusters.get(cluster), this.#clock.nowMs()));
    });
  }

  #forget(cluster: string): void {
    this.#lingering.delete(cluster);
    this.#take(() => this.#clusters.delete(cluster));
  }

  /** Takes no news of this kind until it is released, as a proxy does that was cut off, or that refuses what it was sent. */
  hold(topic: Topic): void {
    if (!this.#held.has(topic)) this.#held.set(topic, new Map());
  }

  /** Catches up with the newest of each. */
  release(topic: Topic): void {
    const held = this.#held.get(topic);
    this.#held.delete(topic);
    for (const take of held?.values() ?? []) this.#take(take);
  }

  #deliver(topic: Topic, key: string, lagMs: number, take: () => void): void {
    const nowMs = this.#clock.monotonicMs();
    const id = `${topic}:${key}`;
    const atMs = Math.max(nowMs + lagMs, this.#arrivals.get(id) ?? 0);
    const said = (this.#said.get(id) ?? 0) + 1;
    this.#said.set(id, said);
    const arrive = () => {
      if ((this.#heard.get(id) ?? 0) > said) return;
      this.#heard.set(id, said);
      this.#arrive(topic, key, take);
    };
    if (atMs <= nowMs) {
      arrive();
      return;
    }
    this.#arrivals.set(id, atMs);
    this.#clock.after(atMs - nowMs, () => {
      if (this.#arrivals.get(id) === atMs) this.#arrivals.delete(id);
      arrive();
    });
  }

  #arrive(topic: Topic, key: string, take: () => void): void {
    const held = this.#held.get(topic);
    if (held === undefined) this.#take(take);
    else held.set(key, take);
  }

  #take(take: () => void): void {
    this.#beforeChange(this);
    take();
  }
}

function viewOf(addresses: readonly string[], before: ClusterView | undefined, nowMs: number): ClusterView {
  if (addresses.length > 0 || before === undefined) return { addresses };
  if (before.addresses.length === 0) return before;
  return { addresses, emptied: { atMs: nowMs, addresses: before.addresses } };
}
