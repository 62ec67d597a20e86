import { log } from './child.ts';
import { type ApiClient, ApiError } from './client.ts';
import { type Change, keyOf } from './informer.ts';
import type { MeshMode } from './layout.ts';
import { overridesOf, profileName, virtualServiceOf } from './mesh-adapters.ts';
import { canRead } from './mesh-modes.ts';
import type { ServiceProfile, TrafficSplit, VirtualService } from './mesh-types.ts';
import { sleep } from './wait.ts';

export interface AdapterOptions {
  readonly client: ApiClient;
  readonly modeOf: (namespace: string) => MeshMode;
  readonly servedVersions: () => ReadonlySet<string>;
  readonly onChange: () => void;
  readonly splits: ReadonlyMap<string, TrafficSplit>;
  readonly profiles: ReadonlyMap<string, ServiceProfile>;
  readonly virtualServices: ReadonlyMap<string, VirtualService>;
}

/** Takes splits over into the data plane: at once, after a lag, or, while it is paused, not at all. */
export class Adapter {
  /** The splits as the mesh has them, by `namespace/name`. */
  readonly adopted = new Map<string, TrafficSplit>();
  readonly #options: AdapterOptions;
  readonly #paused = new Set<string>();
  readonly #lagMs = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: AdapterOptions) {
    this.#options = options;
  }

  splitChanged(change: Change, split: TrafficSplit): void {
    const lagMs = this.#lagMs.get(split.metadata.namespace ?? '') ?? 0;
    const adopt = () => {
      if (!this.#paused.has(split.metadata.namespace ?? '')) this.#adopt(change === 'deleted' ? 'deleted' : 'modified', split);
    };
    if (lagMs > 0) setTimeout(adopt, lagMs);
    else adopt();
  }

  /** The Istio adapter puts its VirtualService back when somebody edits it. */
  virtualServiceChanged(change: Change, object: VirtualService): void {
    const namespace = object.metadata.namespace ?? '';
    if (this.#paused.has(namespace) || this.#options.modeOf(namespace) !== 'istio') return;
    for (const split of this.adopted.values()) {
      if (split.metadata.namespace !== namespace || `${split.metadata.name}-vs` !== object.metadata.name) continue;
      if (change === 'deleted' || !sameSpec(object, virtualServiceOf(split))) this.#later(() => this.#writeVirtualService(split));
    }
  }

  pause(namespace: string): void {
    this.#paused.add(namespace);
  }

  /** Catches up with what is there. Linkerd's adaptor never learns of a split that was deleted meanwhile. */
  resume(namespace: string): void {
    this.#paused.delete(namespace);
    const inside = (split: TrafficSplit) => split.metadata.namespace === namespace;
    for (const split of [...this.adopted.values()].filter(inside)) {
      if (this.#options.splits.has(keyOf(split))) continue;
      if (this.#options.modeOf(namespace) === 'linkerd') this.adopted.delete(keyOf(split));
      else this.#adopt('deleted', split);
    }
    for (const split of [...this.#options.splits.values()].filter(inside)) this.#adopt('modified', split);
  }

  setLag(namespace: string, ms: number): void {
    this.#lagMs.set(namespace, ms);
  }

  /** A new namespace of an old name begins as any other. */
  forget(namespace: string): void {
    this.#paused.delete(namespace);
    this.#lagMs.delete(namespace);
    for (const [key, split] of this.adopted) if (split.metadata.namespace === namespace) this.adopted.delete(key);
  }

  #adopt(change: 'modified' | 'deleted', split: TrafficSplit): void {
    if (change === 'deleted') this.adopted.delete(keyOf(split));
    else this.adopted.set(keyOf(split), split);
    this.#options.onChange();
    const mode = this.#options.modeOf(split.metadata.namespace ?? '');
    if (!canRead(mode, this.#options.servedVersions())) return;
    if (mode === 'linkerd') this.#later(() => this.#writeProfile(change, split));
    // A deleted split's VirtualService is the garbage collector's.
    if (mode === 'istio' && change !== 'deleted') this.#later(() => this.#writeVirtualService(split));
  }

  /** One write after the other, so that an older split cannot come last. */
  #later(write: () => Promise<void>): void {
    this.#writing = this.#writing.then(async () => {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        try {
          return await write();
        } catch (error) {
          if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return;
          log('adapter write failed', { error: String(error) });
          await sleep(250);
        }
      }
    });
  }

  async #writeProfile(change: 'modified' | 'deleted', split: TrafficSplit): Promise<void> {
    const { client, profiles } = this.#options;
    const namespace = split.metadata.namespace ?? '';
    const name = profileName(split);
    const known = profiles.get(`${namespace}/${name}`);
    if (known?.metadata.annotations?.['smi.linkerd.io/skip'] !== undefined) return;
    const path = `/apis/linkerd.io/v1alpha2/namespaces/${namespace}/serviceprofiles/${name}`;
    const spec = { dstOverrides: change === 'deleted' ? null : overridesOf(split) };
    const existing = await client.find<ServiceProfile>(path);
    if (existing !== undefined) await client.patch(path, { spec });
    else if (change !== 'deleted')
      await client.create({ apiVersion: 'linkerd.io/v1alpha2', kind: 'ServiceProfile', metadata: { name, namespace }, spec });
  }

  async #writeVirtualService(split: TrafficSplit): Promise<void> {
    const wanted = virtualServiceOf(split);
    const path = `/apis/networking.istio.io/v1alpha3/namespaces/${split.metadata.namespace}/virtualservices/${wanted.metadata.name}`;
    const existing = await this.#options.client.find<VirtualService>(path);
    if (existing === undefined) await this.#options.client.create(wanted);
    else if (!sameSpec(existing, wanted)) await this.#options.client.patch(path, { spec: wanted.spec });
  }
}

const sameSpec = (a: VirtualService, b: VirtualService): boolean => JSON.stringify(a.spec) === JSON.stringify(b.spec);
