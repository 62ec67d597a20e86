import { type Random, seededRandom } from '../../../../src/lib/index.ts';
import { faults as allFaults } from '../../faults/index.ts';
import type { Plan } from '../../play/plan.ts';
import type { Fault } from '../../play/run.ts';
import { workloadNamed } from '../../workloads/index.ts';
import { drawRestMs } from '../rest.ts';
import type { Stage, StageContext } from './index.ts';

export const swarm: Stage = {
  name: 'C',
  text: 'random seeds: each a workload, a random subset of the faults, and how many of them',
  *plans(context) {
    for (let index = 0; index < context.seeds; index += 1) yield swarmPlan(context.firstSeed + index, context);
  },
};

/**
 * Swarm testing: a run in which every fault may happen is much like any other such run, so each has a few kinds of them, each kind with
 * a weight of its own, and few or many in all.
 */
export function swarmPlan(seed: number, { workloads, learned }: Pick<StageContext, 'workloads' | 'learned'>): Plan {
  const random = seededRandom(seed);
  const workload = pick(random, workloads);
  const share = 0.05 + random.next() * 0.5;
  const suiting = allFaults.filter(({ suits }) => suits?.(workloadNamed(workload)) !== false);
  const drawn = suiting.filter(() => random.next() < share);
  const enabled = (drawn.length > 0 ? drawn : [pick(random, suiting)]).map((fault) => ({ fault, weight: random.next() }));
  const { effects, reads, events, lengthMs } = learned(workload);
  const size = { effects: effects.length, reads: reads.length, events: events.length, lengthMs };
  const count = 1 + Math.floor(random.next() ** 2 * 12);
  const faults = Array.from({ length: count }, () => {
    const fault = weighted(random, enabled);
    return { fault: fault.name, ...fault.draw(random, size) };
  });
  return { workload, seed, faults, ...(random.next() < 0.2 ? { replicas: 1 } : {}), restMs: drawRestMs(random) };
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random.next() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

function weighted(random: Random, items: readonly { readonly fault: Fault; readonly weight: number }[]): Fault {
  let left = random.next() * items.reduce((sum, { weight }) => sum + weight, 0);
  const found = items.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return (found ?? pick(random, items)).fault;
}
