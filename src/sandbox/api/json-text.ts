// JSON of what the server answers. The same frozen value goes to several watches and to whoever wrote it, and most of an object stays as
// it is from one write to the next: each is written once, and remembered for a while.
import { isObject } from '../../lib/index.ts';

/** Texts by the frozen values that they stand for; the oldest half goes when there are too many. */
class Texts {
  readonly #known = new Map<object, string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  of(value: object, write: (value: object) => string): string {
    let text = this.#known.get(value);
    if (text === undefined) {
      text = write(value);
      if (text.length > longest) return text;
      if (this.#known.size >= this.#limit) this.#forget();
      this.#known.set(value, text);
    }
    return text;
  }

  #forget(): void {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#limit / 2) return;
      this.#known.delete(oldest);
    }
  }
}

/** What is longer is rare, and would hold much memory. */
const longest = 65_536;
const wholes = new Texts(256);
const parts = new Texts(1_024);

/** As `JSON.stringify`; of what is frozen, by the parts of it that are known. */
export function jsonText(value: unknown): string {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return JSON.stringify(value ?? null);
  // Lists and refusals are answered once.
  const isStored = isObject(value) && isObject(value.metadata) && value.metadata.uid !== undefined;
  return isStored ? wholes.of(value, () => objectText(value, metadataText)) : JSON.stringify(value);
}

/** An object whose members are written one by one: `inside` those that need more than that. */
function objectText(object: Record<string, unknown>, inside: (key: string, member: object) => string | undefined): string {
  let text = '';
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (member === undefined) continue;
    const written =
      typeof member === 'object' && member !== null ? (inside(key, member) ?? parts.of(member, JSON.stringify)) : JSON.stringify(member);
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${written}`;
  }
  return `{${text}}`;
}

/** Metadata is new with every write, but most of its members are not. */
const metadataText = (key: string, member: object): string | undefined =>
  key === 'metadata' && isObject(member) ? objectText(member, managersText) : undefined;

const managersText = (key: string, member: object): string | undefined =>
  key === 'managedFields' && Array.isArray(member)
    ? `[${member.map((entry: unknown) => (isObject(entry) ? objectText(entry, () => undefined) : JSON.stringify(entry))).join(',')}]`
    : undefined;
