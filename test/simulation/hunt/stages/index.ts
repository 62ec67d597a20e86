import type { Plan } from '../../play/plan.ts';
import type { Learned } from '../job.ts';
import { edits } from './edits.ts';
import { pairs } from './pairs.ts';
import { singles } from './singles.ts';
import { swarm } from './swarm.ts';

export interface StageContext {
  readonly workloads: readonly string[];
  readonly firstSeed: number;
  readonly seeds: number;
  /** What the fault-free run of a workload was, with one replica or with all of them. */
  learned(workload: string, replicas?: 1): Learned;
}

/** A way to search: which plans are played. */
export interface Stage {
  readonly name: string;
  readonly text: string;
  plans(context: StageContext): Iterable<Plan>;
}

/** The registry of stages, in the order in which they run: the one that could go on for ever comes last. */
export const stages: readonly Stage[] = [singles, pairs, edits, swarm];
