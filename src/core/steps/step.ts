import type { z } from 'zod';

/**
 * What a step kind may see when it decides: plain facts of this Rollout, gathered once a plan. A kind never writes; it says
 * whether it is done, or what it waits for.
 */
export interface StepContext {
  readonly nowMs: number;
  /** When this step was entered; from status, so it survives restarts. */
  readonly startedAtMs: number;
  readonly index: number;
  /** The canary's weight that status records, and whether it is confirmed. */
  readonly weight: { readonly desired: number; readonly isConfirmed: boolean };
  /** Pods of the canary that the step's own wishes ask for, and that are ready. */
  readonly canaryPods: { readonly wanted: number; readonly ready: number };
  /** The step's own AnalysisRun, where it has one. */
  readonly run: RunFacts | undefined;
  /** Decisions of this revision and attempt that were accepted since the step was entered. */
  readonly isResumed: boolean;
}

export interface RunFacts {
  readonly name: string;
  readonly phase: 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';
  readonly message: string;
}

/** What a step wants of the world while it is the current one. The planner's guards decide when a raise may happen. */
export type StepOutcome =
  | { readonly kind: 'done' }
  /** Move the canary to `weight`; the planner applies its guards and comes back once it is confirmed. */
  | { readonly kind: 'weight'; readonly weight: number }
  /** Wait for time; for a person where `untilMs` is absent. */
  | { readonly kind: 'pause'; readonly untilMs?: number }
  /** Wait for pods. */
  | { readonly kind: 'pods' }
  /** Start (or wait for) the AnalysisRun of this step. */
  | { readonly kind: 'analysis'; readonly templates: readonly TemplateRef[]; readonly args: readonly ArgValue[] }
  | { readonly kind: 'failed'; readonly reason: 'AnalysisFailed' | 'AnalysisError'; readonly message: string }
  | { readonly kind: 'inconclusive'; readonly message: string };

export interface TemplateRef {
  readonly name: string;
  readonly clusterScope: boolean;
}

export interface ArgValue {
  readonly name: string;
  readonly value: string;
}

/** How the canary's pod count follows from a `setCanaryScale`. */
export type CanaryScale =
  | { readonly kind: 'traffic' }
  | { readonly kind: 'replicas'; readonly replicas: number }
  | { readonly kind: 'weight'; readonly weight: number };

/** One step kind: its schema, what it changes for the steps after it, and when it is done. Add one: a file, and a line in registry.ts. */
export interface StepKind<Config> {
  readonly schema: z.ZodType<Config>;
  /** The traffic weight that holds from this step on, where it sets one. */
  readonly weight?: (config: Config) => number;
  /** The canary's scale that holds from this step on, where it sets one. */
  readonly scale?: (config: Config) => CanaryScale;
  /** What it does, in a few words for people; left out: the kind, and the name that its config has. */
  readonly text?: (config: Config) => string;
  readonly decide: (config: Config, context: StepContext) => StepOutcome;
}

export const defineStep = <Config>(kind: StepKind<Config>): StepKind<Config> => kind;
