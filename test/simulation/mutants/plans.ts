import { seededRandom } from '../../../src/lib/index.ts';
import { faultNamed } from '../faults/index.ts';
import type { Plan, PlannedFault } from '../play/plan.ts';
import type { Size } from '../play/run.ts';
import type { Mutant, MutantFault } from './mutant.ts';

export type Asked = Pick<Mutant, 'workloads' | 'faults' | 'plans'>;

export const plansOf = ({ faults = [], plans }: Asked): number => plans ?? (faults.length === 0 ? 4 : 60);

/** What is played to show it: first each workload with nothing wrong, which tells the size of its runs, then seed after seed. */
export function* plansFor(asked: Asked, sizeOf: (workload: string) => Size): Generator<Plan> {
  const { workloads, faults = [] } = asked;
  for (const workload of workloads) yield { workload, seed: 1, faults: [] };
  const begun = workloads.length;
  for (let index = begun; index < begun + plansOf(asked); index += 1) {
    const workload = workloads[index % workloads.length] ?? '';
    const seed = 1 + Math.floor(index / workloads.length);
    yield { workload, seed, faults: faults.map((fault, place) => drawn(fault, sizeOf(workload), 1_000 * seed + place)) };
  }
}

function drawn({ fault, at, with: how }: MutantFault, size: Size, seed: number): PlannedFault {
  const random = seededRandom(seed);
  // The first numbers of neighbouring seeds are alike.
  for (let index = 0; index < 4; index += 1) random.next();
  const planned = faultNamed(fault).draw(random, size);
  const merged = { ...planned.with, ...how };
  return { fault, at: at ?? planned.at, ...(Object.keys(merged).length === 0 ? {} : { with: merged }) };
}
