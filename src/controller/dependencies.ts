import { flat, MultiMap } from '../lib/index.ts';

/**
 * Which Rollout looks at which object. Each observation says what it looked at; a change of any of it wakes the Rollout. One mechanism
 * for Services, workloads, configuration, templates and mesh objects alike.
 */
export class Dependencies {
  readonly #byKey = new Map<string, readonly string[]>();
  readonly #byThing = new MultiMap();

  /** Replaces what `key` looks at. */
  set(key: string, things: readonly string[]): void {
    const before = this.#byKey.get(key);
    if (before !== undefined && before.length === things.length && before.every((thing, index) => thing === things[index])) return;
    this.forget(key);
    const kept = things.map(flat);
    this.#byKey.set(key, kept);
    for (const thing of kept) this.#byThing.add(thing, key);
  }

  forget(key: string): void {
    for (const thing of this.#byKey.get(key) ?? []) this.#byThing.delete(thing, key);
    this.#byKey.delete(key);
  }

  on(thing: string): Iterable<string> {
    return this.#byThing.get(thing);
  }
}

/** Names of things that can be looked at. */
export const thing = {
  deployment: (namespace: string, name: string) => `d/${namespace}/${name}`,
  service: (namespace: string, name: string) => `s/${namespace}/${name}`,
  config: (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) => `${kind === 'ConfigMap' ? 'c' : 'x'}/${namespace}/${name}`,
  template: (namespace: string, name: string) => `t/${namespace}/${name}`,
  /** Anything that carries our label. */
  ours: (namespace: string, rolloutLabel: string) => `o/${namespace}/${rolloutLabel}`,
  /** Other Rollouts on the same Service or workload. */
  claim: (namespace: string, service: string) => `r/${namespace}/${service}`,
  mesh: (key: string) => `m/${key}`,
  /** Discovery: what the cluster serves. */
  discovery: 'discovery',
} as const;
