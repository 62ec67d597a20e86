import { canonicalJson, isObject } from './json.ts';

const shortest = 13;

/**
 * A copy of the text in one piece. A text that was put together keeps its parts alive as well, and one that was cut out keeps what it was cut from; where
 * it is kept for long, that is more than itself.
 */
export const flat = (text: string): string => (text.length < shortest ? text : Buffer.from(text, 'utf8').toString('utf8'));

/**
 * One copy of each text, and of each sub-object that many objects have alike: a cluster says the same names thousands of times. Bounded, so that what is no
 * longer said goes with time.
 */
export class Interner {
  readonly #limit: number;
  readonly #texts = new Map<string, string>();
  readonly #values = new Map<string, unknown>();

  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#limit) this.#texts.clear();
    const kept = flat(text);
    this.#texts.set(kept, kept);
    return kept;
  }

  /** The first value that was equal to this one; for what nobody changes. */
  share<T>(value: T): T {
    const key = canonicalJson(value);
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    if (this.#values.size >= this.#limit) this.#values.clear();
    this.#values.set(flat(key), this.compact(value));
    return value;
  }

  /** Replaces every text in a fresh value by its one copy, in place. */
  compact<T>(value: T): T {
    if (Array.isArray(value)) this.#members(value as unknown[]);
    else if (isObject(value)) this.#members(value);
    return value;
  }

  #members(members: Record<string, unknown> | unknown[]): void {
    const writable = members as Record<string, unknown>;
    for (const key of Object.keys(writable)) {
      const member = writable[key];
      if (typeof member === 'string') writable[key] = this.text(member);
      else if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) this.compact(member);
    }
  }
}
