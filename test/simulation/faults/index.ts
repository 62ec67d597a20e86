import type { Fault } from '../play/run.ts';
import { crashes } from './crash.ts';
import { specEdit } from './edit.ts';

/** The registry of faults. */
export const faults: readonly Fault[] = [...crashes, specEdit];

const byName = new Map(faults.map((fault) => [fault.name, fault]));

export function faultNamed(name: string): Fault {
  const fault = byName.get(name);
  if (fault === undefined) throw new Error(`no fault is called ${name}: ${[...byName.keys()].join(', ')}`);
  return fault;
}
