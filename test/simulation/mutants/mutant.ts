import type { PlannedFault } from '../play/plan.ts';

export interface Edit {
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

/** One planted bug of our own code that commits a real failure (C1 to C46 of facts/reliability.md 2) in Sluice's terms. */
export interface Mutant extends Edit {
  readonly c: `C${number}`;
  readonly name: string;
  /** Where one line gone wrong is harmless, because others stand behind it: those go wrong with it. */
  readonly also?: readonly Edit[];
  /** The laws that are there for it: the first that speaks must be one of them. */
  readonly laws: readonly string[];
  /** Those that should show it, in turn. */
  readonly workloads: readonly string[];
  /** With these in each plan, drawn by its seed where nothing is said; left out: nothing else goes wrong. */
  readonly faults?: readonly MutantFault[];
  /** How many plans it may take. Default: 4 without faults, 60 with them. */
  readonly plans?: number;
}

export interface MutantFault {
  readonly fault: string;
  readonly at?: PlannedFault['at'];
  /** In place of what is drawn. */
  readonly with?: PlannedFault['with'];
}

/** A failure whose subject is not there yet. */
export interface NotYet {
  readonly c: `C${number}`;
  readonly reason: string;
}
