import { faultNamed } from '../faults/index.ts';
import { workloadNamed } from '../workloads/index.ts';
import type { Ending, Run } from './run.ts';

/** How a run must end, as its workload says, and as the faults that have struck it may have changed it. */
export function endingOf(run: Run): Ending {
  const { plan, struckNames } = run;
  const { phases, image, isGone } = workloadNamed(plan.workload).ending(struckNames, run);
  const struck = [...struckNames].map((name) => faultNamed(name));
  const mayAbort = struck.some((fault) => fault.mayAbort === true);
  const mayTurn = struck.some((fault) => fault.mayTurn === true);
  const isOpen = mayAbort || mayTurn;
  const more = [...(isOpen ? ['RolledBack'] : []), ...(mayTurn ? ['Healthy'] : [])];
  return {
    phases: [...phases, ...more.filter((phase) => !phases.includes(phase))],
    ...(image === undefined || isOpen ? {} : { image }),
    ...(isGone === undefined ? {} : { isGone }),
    ...(mayAbort ? { mayAwait: true } : {}),
  };
}
