import { canonicalJson, isObject } from './json.ts';

/** V8 keeps one copy of each text up to this long that comes out of JSON.parse. */
const keptByJson = 10;

/** A copy of the text in one piece: one that was put together keeps its parts alive as well, and one that was cut out all of what it was cut from. */
const flat = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** Texts and values that an interner remembers. */
const limits = { lists: 400_000, events: 4_000 } as const;

/**
 * One copy of each text, and of each sub-object that many objects have alike: a cluster says the same names thousands of times. It
 * says them in its first lists above all, in any order, so that everything is remembered until those are in; after that the objects
 * that repeat a name change within minutes of one another, and a little memory is enough. What is no longer remembered stays shared.
 */
export class Interner {
  #limit: number;
  readonly #settledLimit: number;
  #texts = new Map<string, string>();
  #values = new Map<string, unknown>();

  constructor({ lists, events }: { readonly lists: number; readonly events: number } = limits) {
    this.#limit = lists;
    this.#settledLimit = events;
  }

  /** The lists are in. */
  settle(): void {
    this.#limit = this.#settledLimit;
    this.#texts = new Map();
    this.#values = new Map();
  }

  text(text: string): string {
    if (text.length <= keptByJson) return text;
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

  /** Replaces every text in a fresh value by its one copy, in place. What is frozen is somebody else's, who shares it already. */
  compact<T>(value: T): T {
    if (Object.isFrozen(value)) return value;
    if (Array.isArray(value)) this.#members(value as unknown[]);
    else if (isObject(value)) this.#members(value);
    return value;
  }

  #members(members: Record<string, unknown> | unknown[]): void {
    const writable = members as Record<string, unknown>;
    for (const key of Object.keys(writable)) {
      const member = writable[key];
      if (typeof member === 'string') writable[key] = this.text(member);
      else if (typeof member === 'object' && member !== null) this.compact(member);
    }
  }
}
