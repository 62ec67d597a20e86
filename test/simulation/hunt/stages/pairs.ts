import { points } from '../learn.ts';
import { shortRestMs } from '../rest.ts';
import type { Stage } from './index.ts';

const kinds = ['crash-before', 'crash-after'] as const;
const windowSize = 40;

/** The workloads in which most is at stake: a promotion, a rollback, and a person who is waited for. */
const isCritical = (workload: string, _index: number, all: readonly string[]): boolean =>
  workload === 'promotion' || workload === 'rollback' || workload === all.find((name) => /gate|pause/.test(name));

export const pairs: Stage = {
  name: 'B',
  text: `each two of the last ${windowSize} effects of a release struck by crashes, before or after the write`,
  *plans({ workloads, firstSeed, learned }) {
    for (const workload of workloads.filter(isCritical)) {
      const window = points(learned(workload).effects, 0).slice(-windowSize);
      for (const [index, first] of window.entries())
        for (const second of window.slice(index + 1))
          for (const before of kinds)
            for (const after of kinds) {
              const faults = [
                { fault: before, at: { effect: first }, with: { backAfterMs: 1_000 } },
                { fault: after, at: { effect: second }, with: { backAfterMs: 1_000 } },
              ];
              yield { workload, seed: firstSeed, faults, restMs: shortRestMs };
            }
    }
  },
};
