// What a run is made of, as values that fit on one line: the same line is the same run, wherever it is played.

/** F1 to F20 of facts/reliability.md 1.4. */
export type FaultKind = `F${number}`;

/** When a fault strikes. Calls and events are counted over all replicas, from the start of the run, beginning with 0. */
export type Trigger =
  /** The n-th write that a controller sends. */
  | { readonly effect: number }
  /** The n-th read (lists included, watches not). */
  | { readonly read: number }
  /** The n-th event that a watch of a controller would bring. */
  | { readonly event: number }
  /** Since the workload began, in virtual time. */
  | { readonly atMs: number };

export interface PlannedFault {
  /** Its name in the registry of faults. */
  readonly fault: string;
  readonly at: Trigger;
  /** How it strikes, where the fault leaves a choice. */
  readonly with?: Readonly<Record<string, number | string | boolean>>;
}

export interface Plan {
  /** Its name in the registry of workloads. */
  readonly workload: string;
  readonly seed: number;
  readonly faults: readonly PlannedFault[];
  /** How many of the workload's replicas there are. Default: all. */
  readonly replicas?: number;
  /** How long nothing may happen after the end. Default: 5 minutes. */
  readonly restMs?: number;
}

export const planText = (plan: Plan): string => JSON.stringify(plan);

export function parsePlan(text: string): Plan {
  const plan: unknown = JSON.parse(text);
  if (typeof plan !== 'object' || plan === null || !('workload' in plan) || !('seed' in plan) || !('faults' in plan))
    throw new Error('a plan has a workload, a seed and faults');
  return plan as Plan;
}
