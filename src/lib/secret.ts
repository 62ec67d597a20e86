/** What must never be seen: whoever prints, logs or serialises it gets stars. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '*****';
  }

  toJSON(): string {
    return '*****';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '*****';
  }
}
