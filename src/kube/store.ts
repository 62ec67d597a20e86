import { flat } from '../lib/interner.ts';
import { MultiMap } from '../lib/multi-map.ts';
import { compareResourceVersions, type ObjectKey } from './object.ts';

/** What happened to one key. `before` and `after` are projections. */
export type Change<T> =
  | { readonly type: 'added'; readonly key: ObjectKey; readonly before?: undefined; readonly after: T }
  | { readonly type: 'updated'; readonly key: ObjectKey; readonly before: T; readonly after: T }
  | { readonly type: 'deleted'; readonly key: ObjectKey; readonly before: T; readonly after?: undefined };

export interface Entry<T> {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly value: T;
}

export interface StoreOptions<T> {
  readonly indexes?: Readonly<Record<string, (value: T) => readonly string[]>>;
}

const maxTombstones = 4_096;

/**
 * The newest known projection of each object. Never goes back in time: within one resource any resourceVersion can be compared
 * with any other (KEP-5504), so an older state is recognised whoever brings it.
 */
export class Store<T> {
  readonly #entries = new Map<ObjectKey, Entry<T>>();
  readonly #indexers: ReadonlyMap<string, (value: T) => readonly string[]>;
  readonly #indexes = new Map<string, MultiMap>();
  readonly #expected = new Map<ObjectKey, string>();
  /** Where a key's last object ended: a late answer to our own write must not bring it back. */
  readonly #tombstones = new Map<ObjectKey, string>();
  #progress = '';

  constructor({ indexes = {} }: StoreOptions<T> = {}) {
    this.#indexers = new Map(Object.entries(indexes));
    for (const name of this.#indexers.keys()) this.#indexes.set(name, new MultiMap());
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#entries.get(key)?.value;
  }

  entry(key: ObjectKey): Entry<T> | undefined {
    return this.#entries.get(key);
  }

  list(): T[] {
    return Array.from(this.#entries.values(), (entry) => entry.value);
  }

  keys(): ObjectKey[] {
    return [...this.#entries.keys()];
  }

  /** The values whose index function names `value`. Asking for an index that does not exist is a bug. */
  byIndex(index: string, value: string): readonly T[] {
    const found: T[] = [];
    for (const key of this.#index(index).get(value)) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) found.push(entry.value);
    }
    return found;
  }

  /** Takes a state of an object; the changes are none where a newer state is known, two where another object took its name. */
  applied(key: ObjectKey, uid: string, resourceVersion: string, value: T): Change<T>[] {
    const before = this.#entries.get(key);
    const grave = this.#tombstones.get(key);
    if (grave !== undefined && compareResourceVersions(resourceVersion, grave) <= 0) return [];
    if (before !== undefined && compareResourceVersions(resourceVersion, before.resourceVersion) <= 0) return [];
    this.#put(key, before, { uid, resourceVersion, value });
    if (before === undefined) return [{ type: 'added', key, after: value }];
    if (before.uid === uid) return [{ type: 'updated', key, before: before.value, after: value }];
    return [
      { type: 'deleted', key, before: before.value },
      { type: 'added', key, after: value },
    ];
  }

  /**
   * The object is gone, or no longer selected, as of `resourceVersion`. What is newer stays: another object of that name, or the
   * same one that is selected again.
   */
  deleted(key: ObjectKey, uid: string, resourceVersion: string): Change<T>[] {
    const before = this.#entries.get(key);
    const age = before === undefined ? 1 : compareResourceVersions(resourceVersion, before.resourceVersion);
    if (age < 0 || (age === 0 && before?.uid !== uid)) return [];
    this.#bury(key, resourceVersion);
    if (before === undefined) return [];
    this.#remove(key, before);
    return [{ type: 'deleted', key, before: before.value }];
  }

  /**
   * A complete list as of `resourceVersion` held these keys: forgets all others, but for those that are newer than the list.
   * The states themselves are fed through `applied`.
   */
  retain(keys: ReadonlySet<ObjectKey>, resourceVersion: string, namespace?: string): Change<T>[] {
    const changes: Change<T>[] = [];
    for (const [key, entry] of this.#entries) {
      // Several reflectors, of a namespace each, may share one store: a list speaks only of its own.
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue;
      if (keys.has(key) || compareResourceVersions(entry.resourceVersion, resourceVersion) > 0) continue;
      changes.push(...this.deleted(key, entry.uid, resourceVersion));
    }
    return changes;
  }

  /** Everything up to `resourceVersion` has been seen (a list, an event or a bookmark says so). */
  progressed(resourceVersion: string): void {
    if (resourceVersion === '' || compareResourceVersions(resourceVersion, this.#progress) <= 0) return;
    this.#progress = resourceVersion;
    for (const [key, expected] of this.#expected) {
      if (compareResourceVersions(expected, resourceVersion) <= 0) this.#expected.delete(key);
    }
  }

  /** Our own write was acknowledged with this version: until it is seen here, what the store says of the key is old. */
  expect(key: ObjectKey, resourceVersion: string): void {
    const earlier = this.#expected.get(key);
    if (earlier !== undefined && compareResourceVersions(earlier, resourceVersion) >= 0) return;
    if (!this.#hasSeen(key, resourceVersion)) this.#expected.set(key, resourceVersion);
  }

  /** Reads our own writes: false between an acknowledged write and its arrival. */
  isFresh(key: ObjectKey): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    if (!this.#hasSeen(key, expected)) return false;
    this.#expected.delete(key);
    return true;
  }

  #hasSeen(key: ObjectKey, resourceVersion: string): boolean {
    const known = this.#entries.get(key)?.resourceVersion;
    if (known !== undefined && compareResourceVersions(known, resourceVersion) >= 0) return true;
    return compareResourceVersions(this.#progress, resourceVersion) >= 0;
  }

  #put(key: ObjectKey, before: Entry<T> | undefined, entry: Entry<T>): void {
    if (before !== undefined) this.#unindex(key, before);
    const kept = flat(key);
    this.#entries.set(kept, entry);
    this.#tombstones.delete(key);
    for (const [name, indexer] of this.#indexers) {
      const index = this.#index(name);
      for (const value of indexer(entry.value)) index.add(value, kept);
    }
  }

  #remove(key: ObjectKey, entry: Entry<T>): void {
    this.#unindex(key, entry);
    this.#entries.delete(key);
  }

  #unindex(key: ObjectKey, entry: Entry<T>): void {
    for (const [name, indexer] of this.#indexers) {
      const index = this.#index(name);
      for (const value of indexer(entry.value)) index.delete(value, key);
    }
  }

  #index(name: string): MultiMap {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`the store has no index ${name}`);
    return index;
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
