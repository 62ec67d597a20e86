import { faults } from '../faults/index.ts';

const names = new Set(faults.map(({ name }) => name));

/** Whether the registry has a fault of this name. */
export const isKnown = (name: string): boolean => names.has(name);
