import { z } from 'zod';
import { crdHints, dnsName } from '../schema.ts';
import { argumentList, metricList } from './template.ts';

/** An AnalysisRun: metrics and arguments as they were when it was made, and what was measured since. */

const runKinds = ['Background', 'Step', 'AfterPromotion'] as const;
export type RunKind = (typeof runKinds)[number];

export const rolloutOfRunSchema = z.object({
  name: dnsName(),
  uid: z.string().min(1).max(128),
  kind: z.enum(runKinds),
  revision: z.string().min(1).max(63),
  stableRevision: z.string().max(63).optional(),
  attempt: z.int().min(1).max(1_000_000),
  /** How often this analysis was begun within the attempt; absent: once. */
  round: z.int().min(1).max(1_000_000).optional(),
  /** Index of the step; of a Step run only. */
  step: z.int().min(0).max(100).optional(),
});
export type RolloutOfRun = z.output<typeof rolloutOfRunSchema>;

export const analysisRunSpecSchema = z.object({
  metrics: metricList(),
  args: argumentList(),
  terminate: z.boolean().prefault(false),
  /** The Rollout that the run was made for; absent in a run made by hand. */
  rollout: rolloutOfRunSchema.optional(),
});
crdHints.add(analysisRunSpecSchema, {
  cel: [
    ['self.metrics == oldSelf.metrics', 'metrics are immutable', '.metrics'],
    ['self.args == oldSelf.args', 'args are immutable', '.args'],
    [
      'has(self.rollout) == has(oldSelf.rollout) && (!has(self.rollout) || self.rollout == oldSelf.rollout)',
      'rollout is immutable',
      '.rollout',
    ],
    ['self.terminate || !oldSelf.terminate', 'a run that was terminated stays so', '.terminate'],
  ],
});
export type AnalysisRunSpec = z.output<typeof analysisRunSpecSchema>;

export const measurementResults = ['Pass', 'Fail', 'Inconclusive', 'NoData', 'Error', 'Invalid'] as const;
export type MeasurementResult = (typeof measurementResults)[number];

export const analysisRunPhases = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
export type AnalysisRunPhase = (typeof analysisRunPhases)[number];

/** RFC 3339, UTC, milliseconds. */
const timestamp = () => z.string().max(40).meta({ format: 'date-time' });
const counter = () => z.int().min(0).prefault(0);

const measurement = z.object({
  result: z.enum(measurementResults),
  /** The measured value as text; absent where nothing was measured. */
  value: z.string().max(256).optional(),
  /** Requests behind the value, where they are known. */
  requests: z.number().optional(),
  message: z.string().max(1024).optional(),
  startedAt: timestamp(),
  finishedAt: timestamp(),
  windowStartedAt: timestamp().optional(),
});
export type Measurement = z.output<typeof measurement>;

const metricResult = z.object({
  name: z.string().max(63),
  phase: z.enum(analysisRunPhases),
  message: z.string().max(2048).optional(),
  dryRun: z.boolean().prefault(false),
  /** Measurements that count: passed, failed and inconclusive ones. */
  count: counter(),
  successful: counter(),
  failed: counter(),
  inconclusive: counter(),
  noData: counter(),
  error: counter(),
  invalid: counter(),
  consecutiveError: counter(),
  consecutiveSuccess: counter(),
  /** What was asked last, with its arguments; never a Secret. */
  query: z.string().max(2048).optional(),
  /** The measurement that ended the metric. */
  deciding: measurement.optional(),
  measurements: z.array(measurement).max(10).prefault([]),
  // Ours: what a restart must not forget. Documented as internal.
  /** Where the fixed-rate schedule stands: when the next measurement is due. */
  nextDueAt: timestamp().optional(),
  /** Since when nothing was seen: the clock of noData.action Wait. */
  silentSince: timestamp().optional(),
  /** The sequential test of a metric with `compare`: what it has seen and says, until when, and in how many windows. */
  comparison: z
    .object({ state: z.string().max(32_768), verdict: z.enum(['worse', 'notWorse', 'unknown']), until: timestamp(), windows: counter() })
    .optional(),
  /** Window start of the latest Pass: the evidence that a raise asks for. */
  passedWindowStartedAt: timestamp().optional(),
});
export type MetricResult = z.output<typeof metricResult>;

export const analysisRunStatusSchema = z.object({
  phase: z.enum(analysisRunPhases).prefault('Pending'),
  message: z.string().max(2048).optional(),
  startedAt: timestamp().optional(),
  completedAt: timestamp().optional(),
  metricResults: z.array(metricResult).max(32).prefault([]),
});
export type AnalysisRunStatus = z.output<typeof analysisRunStatusSchema>;

/** An AnalysisRun as the core sees it. */
export interface AnalysisRun {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly isDeleting: boolean;
  readonly ownerRolloutUid?: string | undefined;
  readonly spec: AnalysisRunSpec;
  readonly status: AnalysisRunStatus;
}

/** What is known of an AnalysisRun that cannot be measured any more, because it does not decode. */
export interface BrokenRun {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly isDeleting: boolean;
  /** Every error with its path. */
  readonly problem: string;
  /** The Rollout that it was made for, as far as that can be told; absent in a run made by hand. */
  readonly rollout: Pick<RolloutOfRun, 'name' | 'kind' | 'revision' | 'attempt' | 'round' | 'step'> | undefined;
  readonly status: AnalysisRunStatus;
}
