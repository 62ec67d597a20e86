/** Characters of the texts that are remembered. */
const limit = 250_000;

/**
 * What was last made of a text, by a function that makes the same of the same text: most states of an object differ from the one before
 * in a few members, and the others need not be read again. Nobody may change what is given out.
 */
export class Recent<T> {
  readonly #limit: number;
  #known = new Map<string, T>();
  #length = 0;

  constructor(characters: number = limit) {
    this.#limit = characters;
  }

  of(text: string, make: () => T): T {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = make();
    if (this.#length + text.length > this.#limit) this.#forget();
    this.#length += text.length;
    this.#known.set(text, made);
    return made;
  }

  /** All at once: what is asked for often is soon there again. */
  #forget(): void {
    this.#known = new Map();
    this.#length = 0;
  }
}
