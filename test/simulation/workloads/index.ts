import type { Workload } from '../play/run.ts';
import { churn } from './churn.ts';
import { lifecycle } from './lifecycle.ts';
import { meshes } from './meshes.ts';
import { others } from './others.ts';
import { people } from './people.ts';
import { pods } from './pods.ts';
import { releases } from './release.ts';
import { scale } from './scale.ts';
import { verdicts } from './verdicts.ts';

/** The registry of workloads. */
export const workloads: readonly Workload[] = [
  ...releases,
  ...verdicts,
  ...pods,
  ...churn,
  ...scale,
  ...lifecycle,
  ...meshes,
  ...others,
  ...people,
];

const byName = new Map(workloads.map((workload) => [workload.name, workload]));

export function workloadNamed(name: string): Workload {
  const workload = byName.get(name);
  if (workload === undefined) throw new Error(`no workload is called ${name}: ${[...byName.keys()].join(', ')}`);
  return workload;
}
