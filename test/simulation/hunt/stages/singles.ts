import type { Plan, PlannedFault } from '../../play/plan.ts';
import { isKnown } from '../known.ts';
import { points } from '../learn.ts';
import { shortRestMs } from '../rest.ts';
import type { Stage } from './index.ts';

/** Everything that can become of one write. */
const effectFaults = ['crash-before', 'crash-after', 'unknown-landed', 'unknown-lost'];
/** The killed pod is back at once and nobody else is there; or it stays away until another has taken over. */
const successions = [
  { replicas: 1, backAfterMs: 1_000 },
  { replicas: undefined, backAfterMs: 60_000 },
] as const;

export const singles: Stage = {
  name: 'A',
  text: 'each effect struck by each fault, the same replica going on or another; each event dropped; each read stale',
  *plans({ workloads, firstSeed, learned }) {
    for (const workload of workloads) {
      const planOf = (fault: PlannedFault, replicas?: number): Plan => ({
        ...{ workload, seed: firstSeed, faults: [fault], restMs: shortRestMs },
        ...(replicas === undefined ? {} : { replicas }),
      });
      for (const { replicas, backAfterMs } of successions)
        for (const effect of points(learned(workload, replicas).effects))
          for (const fault of effectFaults.filter(isKnown))
            yield planOf({ fault, at: { effect }, ...(fault.startsWith('crash') ? { with: { backAfterMs } } : {}) }, replicas);
      const all = learned(workload);
      if (isKnown('event-dropped')) for (const event of points(all.events)) yield planOf({ fault: 'event-dropped', at: { event } });
      if (isKnown('read-stale')) for (const read of points(all.reads)) yield planOf({ fault: 'read-stale', at: { read } });
    }
  },
};
