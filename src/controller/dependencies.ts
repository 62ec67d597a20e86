import { rolloutLabelValue } from '../core/names.ts';
import { hash31, MultiMap } from '../lib/index.ts';

/**
 * Which Rollout looks at which object. Each observation says what it looked at; a change of any of it wakes the Rollout. One mechanism
 * for Services, workloads, configuration, templates and mesh objects alike. What is looked at is remembered by its hash alone: its name
 * would cost more than all the rest, and where two have one hash, a Rollout wakes that finds nothing to do.
 */
export class Dependencies {
  readonly #byKey = new Map<string, readonly number[]>();
  readonly #byThing = new MultiMap();

  /** Replaces what `key` looks at. */
  set(key: string, things: readonly string[]): void {
    const hashes = things.map(hash31);
    const before = this.#byKey.get(key);
    if (before !== undefined && before.length === hashes.length && before.every((hash, index) => hash === hashes[index])) return;
    this.forget(key);
    this.#byKey.set(key, hashes);
    for (const hash of hashes) this.#byThing.add(hash, key);
  }

  forget(key: string): void {
    for (const hash of this.#byKey.get(key) ?? []) this.#byThing.delete(hash, key);
    this.#byKey.delete(key);
  }

  on(thing: string): Iterable<string> {
    return this.#byThing.get(hash31(thing));
  }
}

/** Names of things that can be looked at. Discovery is none of them: what the cluster serves concerns every Rollout. */
export const thing = {
  deployment: (namespace: string, name: string) => `d/${namespace}/${name}`,
  service: (namespace: string, name: string) => `s/${namespace}/${name}`,
  config: (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) => `${kind === 'ConfigMap' ? 'c' : 'x'}/${namespace}/${name}`,
  template: (namespace: string, name: string) => `t/${namespace}/${name}`,
  /** Anything that carries our label. */
  ours: (namespace: string, rolloutLabel: string) => `o/${namespace}/${rolloutLabel}`,
  /** Anything that carries the label of this Rollout. */
  rollout: ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `o/${namespace}/${rolloutLabelValue(name)}`,
  /** Other Rollouts on the same Service or workload. */
  claim: (namespace: string, service: string) => `r/${namespace}/${service}`,
  mesh: (key: string) => `m/${key}`,
} as const;
