// Prints the hashes of some random runs: what two processes must agree on. node hashes.mjs SEED...
import { play } from '../play/play.ts';
import { workloads } from '../workloads/index.ts';
import { swarmPlan } from './stages/swarm.ts';

const size = Array.from({ length: 150 }, () => '');
const names = workloads.map(({ name }) => name);

/** The hash of the trace of a random run; where faults strike is drawn from a size that is the same for all. */
export async function hashed(seed: number): Promise<string> {
  const plan = swarmPlan(seed, {
    workloads: names,
    learned: () => ({ plan: { workload: '', seed, faults: [] }, effects: size, reads: size, events: size, lengthMs: 120_000 }),
  });
  return (await play({ ...plan, restMs: 10_000 })).hash;
}

for (const seed of process.argv.slice(2).filter((text) => /^\d+$/.test(text))) console.log(await hashed(Number(seed)));
