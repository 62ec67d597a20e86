// Plays plans in a process of its own, on the product with a fault in it, until a law speaks: one job as JSON on stdin, one answer on stdout.
import { readFileSync } from 'node:fs';
import type { Plan } from '../play/plan.ts';
import { play } from '../play/play.ts';
import type { Size, Violation } from '../play/run.ts';
import { type Asked, plansFor } from './plans.ts';

export type Job = { readonly kind: 'hunt'; readonly asked: Asked } | { readonly kind: 'replay'; readonly plan: Plan };

/** What came of it: how many plans it took, and what spoke; no violation: it survived. */
export interface Answer {
  readonly plans: number;
  readonly plan?: Plan;
  readonly violation?: Violation;
}

const restMs = 60_000;

async function playOne(plan: Plan): Promise<{ readonly violation: Violation | undefined; readonly size: Size }> {
  try {
    const { violations, size } = await play(plan, { restMs });
    return { violation: violations[0], size };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { violation: { law: 'throws', what, atMs: 0 }, size: { effects: 0, reads: 0, events: 0, lengthMs: 0 } };
  }
}

async function main(job: Job): Promise<Answer> {
  if (job.kind === 'replay') {
    const { violation } = await playOne(job.plan);
    return { plans: 1, plan: job.plan, ...(violation === undefined ? {} : { violation }) };
  }
  const sizes = new Map<string, Size>();
  let plans = 0;
  for (const plan of plansFor(job.asked, (workload) => sizes.get(workload) ?? { effects: 1, reads: 1, events: 1, lengthMs: 1 })) {
    plans += 1;
    const { violation, size } = await playOne(plan);
    if (violation !== undefined) return { plans, plan, violation };
    if (plan.faults.length === 0) sizes.set(plan.workload, withoutRest(size));
  }
  return { plans };
}

/** Faults are to strike while something happens, not among the renewals of the lease afterwards. */
function withoutRest({ effects, reads, events, lengthMs }: Size): Size {
  const renewals = Math.floor(restMs / 2_000);
  return {
    effects: Math.max(1, effects - renewals),
    reads: Math.max(1, reads - renewals),
    events,
    lengthMs: Math.max(1, lengthMs - restMs),
  };
}

process.on('unhandledRejection', () => {});
process.stdout.write(JSON.stringify(await main(JSON.parse(readFileSync(0, 'utf8')) as Job)));
process.exit(0);
