import { seededRandom } from '../../../../src/lib/index.ts';
import { specEdit } from '../../faults/edit.ts';
import type { Plan } from '../../play/plan.ts';
import { shortRestMs } from '../rest.ts';
import type { Stage, StageContext } from './index.ts';
import { swarmPlan } from './swarm.ts';

const mostEdits = 6;

export const edits: Stage = {
  name: 'D',
  text: `up to ${mostEdits} edits of the Rollout, valid and invalid, taken back in the end; every other time with faults as well`,
  *plans(context) {
    const count = Math.max(40 * context.workloads.length, Math.floor(context.seeds / 20));
    for (let index = 0; index < count; index += 1) yield editsPlan(context.firstSeed + index, index % 2 === 1, context);
  },
};

function editsPlan(seed: number, hasFaults: boolean, context: StageContext): Plan {
  const random = seededRandom(seed ^ 0x5eed);
  const { workload, faults } = swarmPlan(seed, context);
  const { effects, reads, events, lengthMs } = context.learned(workload);
  const size = { effects: effects.length, reads: reads.length, events: events.length, lengthMs };
  const drawn = Array.from({ length: 1 + Math.floor(random.next() * mostEdits) }, () => ({
    fault: specEdit.name,
    ...specEdit.draw(random, size),
  }));
  return { workload, seed, faults: [...drawn, ...(hasFaults ? faults.slice(0, 3) : [])], restMs: shortRestMs };
}
