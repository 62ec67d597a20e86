import type { ApiObject } from './port.ts';
import { byText, freeze } from './values.ts';

/** One write, as the log keeps it. `object` carries the revision of the write, also where it was removed. */
export interface Commit {
  readonly revision: number;
  /** Which table: kinds that are the same objects under two groups share one. */
  readonly table: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
  readonly previous: ApiObject | undefined;
}

/** The objects as of one revision. */
export interface StoreView {
  readonly revision: number;
  get(table: string, key: string): ApiObject | undefined;
  /** In the order of keys, as etcd has them; with a prefix, only keys that begin with it. */
  list(table: string, prefix?: string): readonly ApiObject[];
}

export interface StoreOptions {
  /** How many writes the log remembers: what is older is compacted. */
  readonly history: number;
  readonly firstRevision?: number;
}

/** Objects by table and key, one revision for all of them, and a log of writes that ends in the past. */
export class ObjectStore implements StoreView {
  readonly #tables = new Map<string, Map<string, ApiObject>>();
  readonly #sortedKeys = new Map<string, readonly string[]>();
  readonly #history: number;
  readonly #listeners = new Set<(commit: Commit) => void>();
  #log: Commit[] = [];
  #revision: number;
  #compactedTo: number;

  constructor({ history, firstRevision = 1 }: StoreOptions) {
    this.#history = history;
    this.#revision = firstRevision;
    this.#compactedTo = firstRevision - 1;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Nothing from before this revision can be told any more. */
  get compactedTo(): number {
    return this.#compactedTo;
  }

  get(table: string, key: string): ApiObject | undefined {
    return this.#tables.get(table)?.get(key);
  }

  list(table: string, prefix = ''): readonly ApiObject[] {
    const objects = this.#tables.get(table);
    if (objects === undefined) return [];
    return this.#keys(table)
      .filter((key) => key.startsWith(prefix))
      .flatMap((key) => objects.get(key) ?? []);
  }

  put(table: string, key: string, object: ApiObject): ApiObject {
    const objects = this.#table(table);
    const previous = objects.get(key);
    this.#revision += 1;
    const stored = withRevision(object, this.#revision);
    objects.set(key, stored);
    if (previous === undefined) this.#sortedKeys.delete(table);
    this.#commit({ revision: this.#revision, table, key, type: previous === undefined ? 'ADDED' : 'MODIFIED', object: stored, previous });
    return stored;
  }

  /** The object as it was last, with the revision of its removal. */
  remove(table: string, key: string): ApiObject | undefined {
    const objects = this.#table(table);
    const previous = objects.get(key);
    if (previous === undefined) return undefined;
    this.#revision += 1;
    objects.delete(key);
    this.#sortedKeys.delete(table);
    const object = withRevision(previous, this.#revision);
    this.#commit({ revision: this.#revision, table, key, type: 'DELETED', object, previous });
    return object;
  }

  /** Writes after a revision, oldest first. Ask `compactedTo` before. */
  since(revision: number): readonly Commit[] {
    const first = this.#log[0];
    if (first === undefined) return [];
    return this.#log.slice(Math.max(0, revision + 1 - first.revision));
  }

  /** The objects as they were at a revision that is not compacted. */
  at(revision: number): StoreView {
    if (revision >= this.#revision) return this;
    return past(this, revision, this.since(revision));
  }

  /** Forgets the log up to a revision (all of it by default). */
  compact(revision = this.#revision): void {
    this.#compactedTo = Math.max(this.#compactedTo, Math.min(revision, this.#revision));
    this.#log = this.#log.filter((commit) => commit.revision > this.#compactedTo);
  }

  /** Called within each write; the returned function ends that. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #table(table: string): Map<string, ApiObject> {
    let objects = this.#tables.get(table);
    if (objects === undefined) {
      objects = new Map();
      this.#tables.set(table, objects);
    }
    return objects;
  }

  #keys(table: string): readonly string[] {
    let keys = this.#sortedKeys.get(table);
    if (keys === undefined) {
      keys = [...this.#table(table).keys()].sort(byText);
      this.#sortedKeys.set(table, keys);
    }
    return keys;
  }

  #commit(commit: Commit): void {
    this.#log.push(commit);
    // Cut in bulk: dropping one at a time would copy the log with every write.
    if (this.#log.length > this.#history * 1.25) this.compact(this.#log[this.#log.length - this.#history - 1]?.revision);
    for (const listener of this.#listeners) listener(commit);
  }
}

const withRevision = (object: ApiObject, revision: number): ApiObject =>
  freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });

/** The present with later writes taken back. */
function past(present: StoreView, revision: number, later: readonly Commit[]): StoreView {
  const before = new Map<string, Map<string, ApiObject | undefined>>();
  for (const { table, key, previous } of later.toReversed()) {
    const changed = before.get(table) ?? new Map<string, ApiObject | undefined>();
    before.set(table, changed);
    changed.set(key, previous);
  }
  return {
    revision,
    get(table, key) {
      const changed = before.get(table);
      return changed?.has(key) ? changed.get(key) : present.get(table, key);
    },
    list(table, prefix = '') {
      const changed = before.get(table);
      if (changed === undefined) return present.list(table, prefix);
      const kept = present.list(table, prefix).filter((object) => !changed.has(keyOfObject(object)));
      const restored = [...changed].flatMap(([key, object]) => (object !== undefined && key.startsWith(prefix) ? [object] : []));
      return [...kept, ...restored].sort((left, right) => byText(keyOfObject(left), keyOfObject(right)));
    },
  };
}

export const keyOfObject = ({ metadata: { namespace, name } }: ApiObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;
