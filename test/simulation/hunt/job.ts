import type { Plan } from '../play/plan.ts';
import type { Outcome, Violation } from '../play/run.ts';

/** What a worker is asked for. */
export type Job =
  | { readonly kind: 'play'; readonly stage: string; readonly plan: Plan }
  /** What happens in a run in which nothing goes wrong. */
  | { readonly kind: 'learn'; readonly plan: Plan }
  /** The smallest plan that still breaks this law. */
  | { readonly kind: 'shrink'; readonly stage: string; readonly plan: Plan; readonly law: string };

/** What is kept of a run. */
export interface Played extends Pick<Outcome, 'plan' | 'hash' | 'struck' | 'evaluated' | 'requests'> {
  readonly lengthMs: number;
  readonly violation: Violation | undefined;
}

/** Where faults can strike in one workload, by number, and what it is that they strike. */
export interface Learned {
  readonly plan: Plan;
  readonly effects: readonly string[];
  readonly reads: readonly string[];
  readonly events: readonly string[];
  readonly lengthMs: number;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly violation: Violation;
  /** The last lines of the trace that tell what controllers and faults did. */
  readonly effects: readonly string[];
  readonly plays: number;
}

export type Answer =
  | { readonly kind: 'played'; readonly job: Extract<Job, { kind: 'play' }>; readonly played: Played }
  | { readonly kind: 'learned'; readonly job: Extract<Job, { kind: 'learn' }>; readonly learned: Learned }
  | { readonly kind: 'shrunk'; readonly job: Extract<Job, { kind: 'shrink' }>; readonly shrunk: Shrunk }
  /** It did not come to an end, and was ended. */
  | { readonly kind: 'hung'; readonly job: Job };
