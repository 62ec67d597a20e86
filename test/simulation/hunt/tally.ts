import type { Plan } from '../play/plan.ts';
import type { Violation } from '../play/run.ts';
import type { Played } from './job.ts';

/** What a hunt has done until now, in numbers. */
export interface Tally {
  readonly runs: Map<string, number>;
  /** Runs by stage and workload, `A promotion`. */
  readonly tests: Map<string, { runs: number; violations: number }>;
  readonly struck: Map<string, number>;
  readonly evaluated: Map<string, number>;
  readonly found: Found[];
  virtualMs: number;
  requests: { sent: number; lost: number; failed: number };
  /** Runs in which at least three kinds of faults took place. */
  mixed: number;
}

export interface Found {
  readonly stage: string;
  readonly plan: Plan;
  readonly violation: Violation;
}

export const createTally = (): Tally => ({
  ...{ runs: new Map(), tests: new Map(), struck: new Map(), evaluated: new Map(), found: [], virtualMs: 0, mixed: 0 },
  requests: { sent: 0, lost: 0, failed: 0 },
});

const add = (map: Map<string, number>, key: string, count: number) => map.set(key, (map.get(key) ?? 0) + count);

export function count(tally: Tally, stage: string, played: Pick<Played, 'plan' | 'violation'> & Partial<Played>): void {
  const { plan, violation, struck = {}, evaluated = {}, lengthMs = 0, requests } = played;
  add(tally.runs, stage, 1);
  const key = `${stage} ${plan.workload}`;
  const test = tally.tests.get(key) ?? { runs: 0, violations: 0 };
  tally.tests.set(key, { runs: test.runs + 1, violations: test.violations + (violation === undefined ? 0 : 1) });
  for (const [kind, times] of Object.entries(struck)) add(tally.struck, kind, times);
  for (const [law, times] of Object.entries(evaluated)) add(tally.evaluated, law, times);
  if (Object.keys(struck).length >= 3) tally.mixed += 1;
  tally.virtualMs += lengthMs;
  const { sent, lost, failed } = tally.requests;
  if (requests !== undefined) tally.requests = { sent: sent + requests.sent, lost: lost + requests.lost, failed: failed + requests.failed };
  if (violation !== undefined) tally.found.push({ stage, plan, violation });
}
