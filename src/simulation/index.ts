export type { Drive } from './drive.ts';
export { nowhere } from './nowhere.ts';
export { inProcess } from './prometheus.ts';
export type { Ended, Replica } from './replica.ts';
export { createSimulation, type Simulation, type SimulationOptions, type StartOptions } from './simulation.ts';
