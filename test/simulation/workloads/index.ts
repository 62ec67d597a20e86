import type { Ending, Workload } from '../play/run.ts';
import { releases } from './release.ts';

/** The registry of workloads. */
export const workloads: readonly Workload[] = [...releases];

const byName = new Map(workloads.map((workload) => [workload.name, workload]));

export function workloadNamed(name: string): Workload {
  const workload = byName.get(name);
  if (workload === undefined) throw new Error(`no workload is called ${name}: ${[...byName.keys()].join(', ')}`);
  return { ...workload, ending: (struck) => (struck.has('spec-edit') ? anyEnd : workload.ending(struck)) };
}

/** Whoever edits the steps or the analysis in mid-run may turn the verdict; it has to come to one. */
const anyEnd: Ending = { phases: ['Healthy', 'RolledBack'] };
