import type { Plan, PlannedFault } from '../../play/plan.ts';
import { workloadNamed } from '../../workloads/index.ts';
import { isKnown } from '../known.ts';
import { points } from '../learn.ts';
import { shortRestMs } from '../rest.ts';
import type { Stage } from './index.ts';

/** The killed pod is back at once and nobody else is there; or it stays away until another has taken over. */
const successions = [
  { replicas: 1, backAfterMs: 1_000 },
  { replicas: undefined, backAfterMs: 60_000 },
] as const;
const crashes = ['crash-before', 'crash-after'];
/** These end no process, so nobody succeeds it. */
const unknowns = ['unknown-landed', 'unknown-lost'];

export const singles: Stage = {
  name: 'A',
  text: 'each write struck by a crash before and after it (the same replica goes on, or another) and by an unknown outcome that landed or not; each event dropped; each read stale',
  *plans({ workloads, firstSeed, learned }) {
    const isNew = createNews();
    for (const workload of workloads) {
      const planOf = (fault: PlannedFault, replicas?: number): Plan => ({
        ...{ workload, seed: firstSeed, faults: [fault], restMs: shortRestMs },
        ...(replicas === undefined ? {} : { replicas }),
      });
      const pointsOf = (sort: 'effects' | 'reads' | 'events', replicas?: 1) => {
        const seen = learned(workload, replicas)[sort];
        const from = isNew(workload, `${sort} ${replicas ?? 'all'}`, seen);
        return points(seen).filter((index) => index >= from);
      };
      for (const { replicas, backAfterMs } of successions) {
        const effects = pointsOf('effects', replicas);
        for (const effect of effects) {
          for (const fault of crashes.filter(isKnown)) yield planOf({ fault, at: { effect }, with: { backAfterMs } }, replicas);
          if (replicas === undefined) for (const fault of unknowns.filter(isKnown)) yield planOf({ fault, at: { effect } });
        }
      }
      // What a standby misses is the same as what it has not heard yet when it takes over: one replica is enough.
      if (isKnown('event-dropped')) for (const event of pointsOf('events', 1)) yield planOf({ fault: 'event-dropped', at: { event } }, 1);
      if (isKnown('read-stale')) for (const read of pointsOf('reads', 1)) yield planOf({ fault: 'read-stale', at: { read } }, 1);
    }
  },
};

/**
 * With one seed many workloads begin with the same run, to the byte: the adoption. It is struck in the first of them; in the others from
 * where they go a way of their own, and a few points before.
 */
function createNews(): (workload: string, sort: string, seen: readonly string[]) => number {
  const known = new Map<string, (readonly string[])[]>();
  return (workload, sort, seen) => {
    const key = `${sort} ${JSON.stringify(workloadNamed(workload).sandbox)}`;
    const before = known.get(key) ?? [];
    known.set(key, [...before, seen]);
    const common = before.map((other) => {
      const differs = seen.findIndex((what, index) => other[index] !== what);
      return differs === -1 ? seen.length : differs;
    });
    return Math.max(0, Math.max(0, ...common) - overlap);
  };
}

const overlap = 3;
