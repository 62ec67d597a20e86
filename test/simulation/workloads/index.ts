import type { Workload } from '../play/run.ts';
import { releases } from './release.ts';

/** The registry of workloads. */
export const workloads: readonly Workload[] = [...releases];

const byName = new Map(workloads.map((workload) => [workload.name, workload]));

export function workloadNamed(name: string): Workload {
  const workload = byName.get(name);
  if (workload === undefined) throw new Error(`no workload is called ${name}: ${[...byName.keys()].join(', ')}`);
  return workload;
}
