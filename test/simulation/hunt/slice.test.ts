// A slice of the hunt, fixed by count: the same plans on every machine. `npm run simulate:hunt` plays all of them.
import { beforeAll, expect, test } from 'vitest';
import { open } from '../regressions/open.ts';
import { workloads } from '../workloads/index.ts';
import type { Learned } from './job.ts';
import { learn } from './learn.ts';
import { replayCommand } from './show.ts';
import { singles } from './stages/singles.ts';
import { swarmPlan } from './stages/swarm.ts';
import { played } from './worker.ts';

const names = workloads.map(({ name }) => name);
const chosen = names.filter((name) => name === 'promotion' || name === 'rollback');
/** Prime to all counts of variants, so that the sample meets each of them. */
const everyNth = 37;
const seeds = 60;
/** Known, and played by the regressions: see `open`. */
const known = new Set(open.map(({ plan }) => plan.seed));
const seedsPlayed = Array.from({ length: seeds }, (_, index) => index + 1).filter((seed) => !known.has(seed));

const learnedRuns = new Map<string, Learned>();
const keyOf = (workload: string, replicas?: number) => `${workload}/${replicas ?? 'all'}`;

function learned(workload: string, replicas?: number): Learned {
  const found = learnedRuns.get(keyOf(workload, replicas));
  if (found === undefined) throw new Error(`nothing was learned of ${workload}`);
  return found;
}

async function learnOf(workload: string, replicas?: number): Promise<void> {
  const plan = { workload, seed: 1, faults: [], ...(replicas === undefined ? {} : { replicas }) };
  learnedRuns.set(keyOf(workload, replicas), await learn(plan));
}

beforeAll(async () => {
  for (const workload of names) await learnOf(workload);
  for (const workload of chosen) await learnOf(workload, 1);
});

test.each(chosen)(`stage A: every ${everyNth}th point of %s breaks no law`, async (workload) => {
  const plans = [...singles.plans({ workloads: [workload], firstSeed: 1, seeds: 0, learned })].filter((_, index) => index % everyNth === 0);
  expect(plans.length).toBeGreaterThan(3);
  for (const plan of plans) expect((await played(plan)).violation, replayCommand(plan)).toBeUndefined();
});

test.each(seedsPlayed)('stage C: seed %i breaks no law', async (seed) => {
  const plan = swarmPlan(seed, { workloads: names, learned });
  expect((await played(plan)).violation, replayCommand(plan)).toBeUndefined();
});
