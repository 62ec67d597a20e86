import type { Random } from '../lib/random.ts';

export interface FaultOptions<Subject> {
  /** How often it strikes, from 0 to 1; left out: always. */
  readonly chance?: number;
  /** Whom it strikes; left out: all. */
  readonly strikes?: (subject: Subject) => boolean;
}

/** The faults of one part of the sandbox: switched on and off by a simulation, drawn anew for each occasion. */
export class FaultSwitch<Fault extends { readonly kind: string }, Subject = string> {
  readonly #random: Random;
  readonly #on = new Set<{ readonly fault: Fault; readonly options: FaultOptions<Subject> }>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** The returned function switches it off again. */
  add(fault: Fault, options: FaultOptions<Subject> = {}): () => void {
    const entry = { fault, options };
    this.#on.add(entry);
    return () => {
      this.#on.delete(entry);
    };
  }

  clear(): void {
    this.#on.clear();
  }

  /** Those that strike now. */
  draw(subject: Subject): Drawn<Fault> {
    const struck: Fault[] = [];
    for (const { fault, options } of this.#on) {
      const { chance = 1, strikes } = options;
      if (strikes !== undefined && !strikes(subject)) continue;
      if (chance >= 1 || this.#random.next() < chance) struck.push(fault);
    }
    return drawnOf(struck);
  }
}

/** What was drawn; of each kind the first counts. */
export interface Drawn<Fault extends { readonly kind: string }> {
  find<Kind extends Fault['kind']>(kind: Kind): Extract<Fault, { readonly kind: Kind }> | undefined;
}

const drawnOf = <Fault extends { readonly kind: string }>(faults: readonly Fault[]): Drawn<Fault> => ({
  find: <Kind extends Fault['kind']>(kind: Kind) =>
    faults.find((fault): fault is Extract<Fault, { readonly kind: Kind }> => fault.kind === kind),
});
