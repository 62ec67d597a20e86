import type { Fault } from '../play/run.ts';
import { apiErrors } from './api-errors.ts';
import { clockFaults } from './clocks.ts';
import { crashes } from './crash.ts';
import { eventFaults } from './events.ts';
import { leaseFaults } from './lease.ts';
import { staleReads } from './stale.ts';
import { unknowns } from './unknown.ts';

/** The registry of faults. */
export const faults: readonly Fault[] = [
  ...crashes,
  ...unknowns,
  ...staleReads,
  ...eventFaults,
  ...apiErrors,
  ...clockFaults,
  ...leaseFaults,
];

const byName = new Map(faults.map((fault) => [fault.name, fault]));

export function faultNamed(name: string): Fault {
  const fault = byName.get(name);
  if (fault === undefined) throw new Error(`no fault is called ${name}: ${[...byName.keys()].join(', ')}`);
  return fault;
}
