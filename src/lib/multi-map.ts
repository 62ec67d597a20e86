/** Beyond this many members a group is searched often enough to be worth a Set. */
const fewMembers = 8;

/**
 * Members by group, each once. There are dozens of groups for each object that is watched, so that each costs as little as it can: a
 * group is known by a number (the hash of what it is called), not by a text, and is a Set only where it is large; nearly every group has
 * one member.
 */
export class MultiMap {
  readonly #groups = new Map<number, string | readonly string[] | Set<string>>();

  add(group: number, member: string): void {
    const known = this.#groups.get(group);
    if (known instanceof Set) known.add(member);
    else if (known !== member) this.#keep(group, [...new Set([...this.get(group), member])]);
  }

  delete(group: number, member: string): void {
    const known = this.#groups.get(group);
    if (known instanceof Set && known.size > fewMembers) known.delete(member);
    else
      this.#keep(
        group,
        [...this.get(group)].filter((one) => one !== member),
      );
  }

  /** In the order in which they were added. */
  get(group: number): Iterable<string> {
    const known = this.#groups.get(group);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : known;
  }

  #keep(group: number, members: readonly string[]): void {
    const [only] = members;
    if (only === undefined) this.#groups.delete(group);
    else this.#groups.set(group, members.length === 1 ? only : members.length > fewMembers ? new Set(members) : members);
  }
}
