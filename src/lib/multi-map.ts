import { flat } from './interner.ts';

/**
 * Members by group, each once. Nearly every group has one member, which is kept as it is: a Set of one costs 200 bytes, and there are
 * dozens of groups for each object that is watched.
 */
export class MultiMap {
  readonly #groups = new Map<string, string | Set<string>>();

  add(group: string, member: string): void {
    const known = this.#groups.get(group);
    if (known === undefined) this.#groups.set(flat(group), member);
    else if (typeof known !== 'string') known.add(member);
    else if (known !== member) this.#groups.set(group, new Set([known, member]));
  }

  delete(group: string, member: string): void {
    const known = this.#groups.get(group);
    if (known === undefined || typeof known === 'string') {
      if (known === member) this.#groups.delete(group);
      return;
    }
    known.delete(member);
    if (known.size === 0) this.#groups.delete(group);
  }

  /** In the order in which they were added. */
  get(group: string): Iterable<string> {
    const known = this.#groups.get(group);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : known;
  }
}
