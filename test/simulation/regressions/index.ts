import type { Plan } from '../play/plan.ts';

/** A plan that failed once, and what it showed. It stays for ever. */
export interface Regression {
  readonly text: string;
  readonly plan: Plan;
}

export const regressions: readonly Regression[] = [];
