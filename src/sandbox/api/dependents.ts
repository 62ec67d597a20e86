import type { ApiObject } from './port.ts';
import type { Commit } from './store.ts';

/** Where an object is kept. */
export interface Place {
  readonly table: string;
  readonly key: string;
}

/** Who owns whom, by uid: kept up to date with every write. */
export class Dependents {
  readonly #places = new Map<string, Place>();
  readonly #dependents = new Map<string, Map<string, Place>>();

  note({ table, key, type, object, previous }: Commit): void {
    const { uid } = object.metadata;
    if (type === 'DELETED') this.#places.delete(uid);
    else this.#places.set(uid, { table, key });
    for (const owner of ownersOf(previous)) this.#dependents.get(owner)?.delete(uid);
    if (type === 'DELETED') return;
    for (const owner of ownersOf(object)) {
      const known = this.#dependents.get(owner) ?? new Map<string, Place>();
      this.#dependents.set(owner, known);
      known.set(uid, { table, key });
    }
  }

  place(uid: string): Place | undefined {
    return this.#places.get(uid);
  }

  of(uid: string): readonly Place[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }
}

const ownersOf = (object: ApiObject | undefined): readonly string[] => (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid);
