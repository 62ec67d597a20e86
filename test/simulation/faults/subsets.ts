import type { Random } from '../../../src/lib/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Size, Workload } from '../play/run.ts';
import { faults as all } from './index.ts';
import { drawn } from './kit.ts';

const mostFaults = 12;

/**
 * Swarm testing: a run in which everything may go wrong is much like any other such run, so each has a few sorts of faults, each with a weight
 * of its own, and mostly few in all. The same random numbers, the same faults.
 */
export function drawFaults(random: Random, size: Size, workload: Workload): readonly PlannedFault[] {
  const suited = all.filter((fault) => fault.suits?.(workload) !== false);
  const share = 0.02 + random.next() * 0.3;
  const enabled = suited.filter(() => random.next() < share);
  const chosen = (enabled.length > 0 ? enabled : [suited[drawn(random, suited.length)]]).flatMap((fault) =>
    fault === undefined ? [] : [{ fault, weight: random.next() }],
  );
  const count = 1 + Math.floor(random.next() ** 2 * mostFaults);
  return Array.from({ length: count }, () => weighted(random, chosen)).flatMap((fault) =>
    fault === undefined ? [] : [{ fault: fault.name, ...fault.draw(random, size) }],
  );
}

function weighted(random: Random, chosen: readonly { readonly fault: Fault; readonly weight: number }[]): Fault | undefined {
  let left = random.next() * chosen.reduce((sum, { weight }) => sum + weight, 0);
  const found = chosen.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return (found ?? chosen.at(-1))?.fault;
}
