import { hash31 } from '../lib/hash.ts';
import { MultiMap } from '../lib/multi-map.ts';
import { compareResourceVersions, type ObjectKey } from './object.ts';

/** What happened to one key. `before` and `after` are projections. */
export type Change<T> =
  | { readonly type: 'added'; readonly key: ObjectKey; readonly before?: undefined; readonly after: T }
  | { readonly type: 'updated'; readonly key: ObjectKey; readonly before: T; readonly after: T }
  | { readonly type: 'deleted'; readonly key: ObjectKey; readonly before: T; readonly after?: undefined };

/** What every projection must keep of its object. */
export interface Versioned {
  readonly uid: string;
  readonly resourceVersion: string;
}

type Indexer<T> = (value: T) => readonly string[];

export interface StoreOptions<T> {
  readonly indexes?: Readonly<Record<string, Indexer<T>>>;
}

const maxTombstones = 4_096;

/**
 * The newest known projection of each object. Never goes back in time: within one resource any resourceVersion can be compared
 * with any other (KEP-5504), so an older state is recognised whoever brings it.
 */
export class Store<T extends Versioned> {
  readonly #values = new Map<ObjectKey, T>();
  readonly #indexes: ReadonlyMap<string, { readonly indexer: Indexer<T>; readonly keys: MultiMap }>;
  /** Where a key's last object ended: a late answer to our own write must not bring it back. */
  readonly #tombstones = new Map<ObjectKey, string>();

  constructor({ indexes = {} }: StoreOptions<T> = {}) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, indexer]) => [name, { indexer, keys: new MultiMap() }]));
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#values.get(key);
  }

  list(): T[] {
    return [...this.#values.values()];
  }

  keys(): ObjectKey[] {
    return [...this.#values.keys()];
  }

  /** The values whose index function names `wanted`. Asking for an index that does not exist is a bug. */
  byIndex(index: string, wanted: string): readonly T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`the store has no index ${index}`);
    const values: T[] = [];
    for (const key of found.keys.get(hash31(wanted))) {
      const value = this.#values.get(key);
      // Another name may have the same hash.
      if (value !== undefined && found.indexer(value).includes(wanted)) values.push(value);
    }
    return values;
  }

  /** Takes a state of an object; the changes are none where a newer state is known, two where another object took its name. */
  applied(key: ObjectKey, value: T): Change<T>[] {
    const before = this.#values.get(key);
    const grave = this.#tombstones.get(key);
    const { uid, resourceVersion } = value;
    if (grave !== undefined && compareResourceVersions(resourceVersion, grave) <= 0) return [];
    if (before !== undefined && compareResourceVersions(resourceVersion, before.resourceVersion) <= 0) return [];
    this.#put(key, before, value);
    if (before === undefined) return [{ type: 'added', key, after: value }];
    if (before.uid === uid) return [{ type: 'updated', key, before, after: value }];
    return [
      { type: 'deleted', key, before },
      { type: 'added', key, after: value },
    ];
  }

  /**
   * The object is gone, or no longer selected, as of `resourceVersion`. What is newer stays: another object of that name, or the
   * same one that is selected again.
   */
  deleted(key: ObjectKey, uid: string, resourceVersion: string): Change<T>[] {
    const before = this.#values.get(key);
    const age = before === undefined ? 1 : compareResourceVersions(resourceVersion, before.resourceVersion);
    if (age < 0 || (age === 0 && before?.uid !== uid)) return [];
    this.#bury(key, resourceVersion);
    if (before === undefined) return [];
    this.#remove(key, before);
    return [{ type: 'deleted', key, before }];
  }

  /**
   * A complete list as of `resourceVersion` held these keys: forgets all others, but for those that are newer than the list.
   * The states themselves are fed through `applied`.
   */
  retain(keys: Pick<ReadonlySet<ObjectKey>, 'has'>, resourceVersion: string, namespace?: string): Change<T>[] {
    const changes: Change<T>[] = [];
    for (const [key, { uid, resourceVersion: version }] of this.#values) {
      // Several reflectors, of a namespace each, may share one store: a list speaks only of its own.
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue;
      if (keys.has(key) || compareResourceVersions(version, resourceVersion) > 0) continue;
      changes.push(...this.deleted(key, uid, resourceVersion));
    }
    return changes;
  }

  #put(key: ObjectKey, before: T | undefined, value: T): void {
    if (before !== undefined) this.#unindex(key, before);
    this.#values.set(key, value);
    this.#tombstones.delete(key);
    for (const { indexer, keys } of this.#indexes.values()) {
      for (const name of indexer(value)) keys.add(hash31(name), key);
    }
  }

  #remove(key: ObjectKey, value: T): void {
    this.#unindex(key, value);
    this.#values.delete(key);
  }

  #unindex(key: ObjectKey, value: T): void {
    for (const { indexer, keys } of this.#indexes.values()) {
      for (const name of indexer(value)) keys.delete(hash31(name), key);
    }
  }

  #bury(key: ObjectKey, resourceVersion: string): void {
    const earlier = this.#tombstones.get(key);
    if (earlier !== undefined && compareResourceVersions(earlier, resourceVersion) >= 0) return;
    this.#tombstones.delete(key);
    this.#tombstones.set(key, resourceVersion);
    const oldest = this.#tombstones.size > maxTombstones ? this.#tombstones.keys().next().value : undefined;
    if (oldest !== undefined) this.#tombstones.delete(oldest);
  }
}
