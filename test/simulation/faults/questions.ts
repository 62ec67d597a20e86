import type { Random } from '../../../src/lib/index.ts';
import type { FaultSwitch } from '../../../src/sandbox/fault-switch.ts';
import type { Metrics } from '../../../src/sandbox/metrics.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run } from '../play/run.ts';
import { atAnyTime, between, during, onceStruck } from './kit.ts';

type Given = NonNullable<PlannedFault['with']>;

/** F12: faults of one server of metrics. While one is on, it strikes every question, and counts once somebody has asked. */
export const strikingQuestions =
  <Wrong extends { readonly kind: string }>(switchOf: (metrics: Metrics) => FaultSwitch<Wrong>) =>
  (
    name: string,
    text: string,
    wrongOf: (planned: PlannedFault, run: Run) => Wrong,
    more: (random: Random) => Given = () => ({}),
  ): Fault => ({
    ...{ name, kind: 'F12', text, mayAbort: true },
    suits: ({ sandbox }) => sandbox.metrics !== null,
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 10_000, 120_000), ...more(random) } }),
    arm(planned, run) {
      during(planned, run, () => {
        const hit = onceStruck(planned, run);
        const strikes = () => {
          hit();
          return true;
        };
        const { metrics } = run.sandbox;
        return metrics === undefined ? undefined : switchOf(metrics).add(wrongOf(planned, run), { strikes });
      });
    },
  });
