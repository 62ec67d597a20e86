import { keyOf } from '../../kube/index.ts';
import { type Clock, type Random, sameJson } from '../../lib/index.ts';
import type { DirectClient } from '../api/index.ts';
import { drawFrom, type Range } from '../chance.ts';
import { resources } from '../objects/index.ts';
import { newVirtualService, overridesOf, profileName, virtualServiceName, virtualServiceSpec } from './adapter-objects.ts';
import { canRead } from './readings.ts';
import type { MeshMode, SplitVersion, TrafficSplit } from './types.ts';
import { plainName } from './weights.ts';

export interface AdapterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: DirectClient;
  readonly lagMs: Range;
  readonly modeOf: (namespace: string) => MeshMode;
  readonly servedVersions: () => ReadonlySet<string>;
  readonly splits: () => Iterable<TrafficSplit>;
  /** The splits that the mesh has of a namespace have changed. */
  readonly onChange: (namespace: string) => void;
}

const retryMs = 250;
const attempts = 20;

/** Takes splits over into the data plane: at once, after a lag, or, while it is paused, not at all. */
export class Adapter {
  readonly #options: AdapterOptions;
  /** The splits as the mesh has them. */
  readonly #adopted = new Map<string, TrafficSplit>();
  readonly #paused = new Set<string>();
  readonly #lagMs = new Map<string, Range>();
  readonly #arrivals = new Map<string, number>();
  /** States of each split that were sent, and the newest that has arrived: two of one moment arrive in any order. */
  readonly #sent = new Map<string, number>();
  readonly #arrived = new Map<string, number>();
  /** Of which split what was written last for a root comes from: the objects themselves do not say. */
  readonly #written = new Map<string, SplitVersion>();

  constructor(options: AdapterOptions) {
    this.#options = options;
  }

  adopted(namespace: string): readonly TrafficSplit[] {
    return [...this.#adopted.values()].filter(({ metadata }) => metadata.namespace === namespace);
  }

  writtenFor(namespace: string, root: string): SplitVersion | undefined {
    return this.#written.get(`${namespace}/${root}`);
  }

  /** Each state of a split arrives after a lag of its own, and in order. */
  splitChanged(split: TrafficSplit, isDeleted: boolean): void {
    const { clock, random, lagMs } = this.#options;
    const namespace = split.metadata.namespace ?? '';
    const key = keyOf(split.metadata);
    const nowMs = clock.monotonicMs();
    const atMs = Math.max(nowMs + drawFrom(random, this.#lagMs.get(namespace) ?? lagMs), this.#arrivals.get(key) ?? 0);
    const sent = (this.#sent.get(key) ?? 0) + 1;
    this.#sent.set(key, sent);
    const adopt = () => {
      if ((this.#arrived.get(key) ?? 0) > sent) return;
      this.#arrived.set(key, sent);
      if (!this.#paused.has(namespace)) this.#adopt(split, isDeleted);
    };
    if (atMs <= nowMs) {
      adopt();
      return;
    }
    this.#arrivals.set(key, atMs);
    clock.after(atMs - nowMs, adopt);
  }

  /** The Istio adapter puts its VirtualService back when somebody edits it, once it is through with what it has heard of the split before. */
  virtualServiceChanged(namespace: string, name: string): void {
    const { clock, modeOf } = this.#options;
    if (this.#paused.has(namespace) || modeOf(namespace) !== 'istio') return;
    for (const split of this.#adopted.values()) {
      if (split.metadata.namespace !== namespace || virtualServiceName(split) !== name) continue;
      const waitMs = (this.#arrivals.get(keyOf(split.metadata)) ?? 0) - clock.monotonicMs();
      if (waitMs > 0) clock.after(waitMs, () => this.virtualServiceChanged(namespace, name));
      else this.#write(split, false);
    }
  }

  /** It is down: it hears of nothing in this namespace. */
  pause(namespace: string): void {
    this.#paused.add(namespace);
  }

  /** Catches up with what is there. Linkerd's adaptor never learns of a split that was deleted meanwhile. */
  resume(namespace: string): void {
    this.#paused.delete(namespace);
    const present = new Map([...this.#options.splits()].map((split) => [keyOf(split.metadata), split]));
    for (const split of this.adopted(namespace)) {
      if (present.has(keyOf(split.metadata))) continue;
      if (this.#options.modeOf(namespace) === 'linkerd') this.#adopted.delete(keyOf(split.metadata));
      else this.#adopt(split, true);
    }
    for (const split of present.values()) if (split.metadata.namespace === namespace) this.#adopt(split, false);
  }

  setLag(namespace: string, lagMs: Range): void {
    this.#lagMs.set(namespace, lagMs);
  }

  /** What an informer's resync does every ten minutes: writes what it knows once more. Of two splits of one root the last one wins. */
  resync(): void {
    for (const split of this.#adopted.values()) {
      const namespace = split.metadata.namespace ?? '';
      if (!this.#paused.has(namespace) && this.#options.modeOf(namespace) === 'linkerd') this.#write(split, false);
    }
  }

  #adopt(split: TrafficSplit, isDeleted: boolean): void {
    if (isDeleted) this.#adopted.delete(keyOf(split.metadata));
    else this.#adopted.set(keyOf(split.metadata), split);
    this.#options.onChange(split.metadata.namespace ?? '');
    this.#write(split, isDeleted);
  }

  #write(split: TrafficSplit, isDeleted: boolean, attempt = 1): void {
    const mode = this.#options.modeOf(split.metadata.namespace ?? '');
    if (!canRead(mode, this.#options.servedVersions())) return;
    const isWritten = mode === 'linkerd' ? this.#writeProfile(split, isDeleted) : mode !== 'istio' || isDeleted || this.#writeRules(split);
    if (isWritten || attempt === attempts) return;
    // A newer state has its own attempts.
    const known = this.#adopted.get(keyOf(split.metadata));
    const isNewest = isDeleted ? known === undefined : known === split;
    this.#options.clock.after(retryMs, () => {
      if (isNewest) this.#write(split, isDeleted, attempt + 1);
    });
  }

  /** False where the API server failed it. */
  #writeProfile(split: TrafficSplit, isDeleted: boolean): boolean {
    const { client } = this.#options;
    const { namespace } = split.metadata;
    const name = profileName(split);
    const known = client.get(resources.serviceProfiles, { namespace, name });
    if (known?.metadata.annotations?.['smi.linkerd.io/skip'] !== undefined) return true;
    if (known === undefined && isDeleted) return true;
    const spec = { dstOverrides: isDeleted ? null : overridesOf(split) };
    const result =
      known === undefined
        ? client.create(resources.serviceProfiles, profileOf(name, namespace, spec))
        : client.patch(resources.serviceProfiles, { namespace, name }, { spec });
    if (result.ok) this.#note(split);
    return result.ok || isFinal(result.failure.status);
  }

  #writeRules(split: TrafficSplit): boolean {
    const { client } = this.#options;
    const ref = { namespace: split.metadata.namespace, name: virtualServiceName(split) };
    const known = client.get(resources.virtualServices, ref);
    const spec = virtualServiceSpec(split);
    if (known !== undefined && sameJson(known.spec, spec)) {
      this.#note(split);
      return true;
    }
    const result =
      known === undefined
        ? client.create(resources.virtualServices, newVirtualService(split))
        : client.patch(resources.virtualServices, ref, { spec });
    if (result.ok) this.#note(split);
    return result.ok || isFinal(result.failure.status);
  }

  #note({ metadata: { namespace, name, resourceVersion }, spec }: TrafficSplit): void {
    this.#written.set(`${namespace}/${plainName(spec?.service ?? '')}`, { name, resourceVersion });
  }
}

const profileOf = (name: string, namespace: string | undefined, spec: object) => ({
  apiVersion: 'linkerd.io/v1alpha2',
  kind: 'ServiceProfile',
  metadata: { name, namespace },
  spec,
});

const isFinal = (status: number): boolean => status === 404 || status === 403;
