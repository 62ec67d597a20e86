import type { Fault } from '../play/run.ts';
import { apiErrors } from './api-errors.ts';
import { churnFaults } from './churn.ts';
import { clockFaults } from './clocks.ts';
import { crashes } from './crash.ts';
import { specEdit } from './edit.ts';
import { eventFaults } from './events.ts';
import { leaseFaults } from './lease.ts';
import { loadFaults } from './load.ts';
import { meshFaults } from './mesh.ts';
import { peopleFaults } from './people.ts';
import { podFaults } from './pods.ts';
import { prometheusFaults } from './prometheus.ts';
import { shutdowns } from './shutdown.ts';
import { staleReads } from './stale.ts';
import { trafficMetricsFaults } from './traffic-metrics.ts';
import { unknowns } from './unknown.ts';
import { writerFaults } from './writers.ts';

/** The registry of faults. */
export const faults: readonly Fault[] = [
  ...crashes,
  ...unknowns,
  ...staleReads,
  ...eventFaults,
  ...apiErrors,
  ...clockFaults,
  ...leaseFaults,
  ...prometheusFaults,
  ...trafficMetricsFaults,
  ...meshFaults,
  ...podFaults,
  ...writerFaults,
  ...peopleFaults,
  ...churnFaults,
  ...loadFaults,
  ...shutdowns,
  specEdit,
];

const byName = new Map(faults.map((fault) => [fault.name, fault]));

export function faultNamed(name: string): Fault {
  const fault = byName.get(name);
  if (fault === undefined) throw new Error(`no fault is called ${name}: ${[...byName.keys()].join(', ')}`);
  return fault;
}
