import type { z } from 'zod';
import { askedText } from '../asked.ts';
import type { Metric } from '../metric.ts';
import type { Answer, Sample } from '../question.ts';
import type { AnalysisRun, AnalysisRunStatus, MetricResult, RolloutOfRun } from '../run.ts';
import { analysisRunSpecSchema, analysisRunStatusSchema } from '../run.ts';
import type { RunPlan, RunSubject, RunWorld } from '../run-planner.ts';
import { planRun } from '../run-planner.ts';
import { analysisTemplateSpecSchema } from '../template.ts';

/** Builders for tests: users' YAML in, decoded objects out, and a run driven on virtual time. */

export type WireMetric = z.input<typeof analysisTemplateSpecSchema>['metrics'][number];
export type WireArgs = z.input<typeof analysisTemplateSpecSchema>['args'];

export const aWireMetric = (over: Partial<WireMetric> = {}): WireMetric => ({
  name: 'm',
  interval: '30s',
  thresholdRange: { min: 0.99 },
  provider: { prometheus: { query: 'up' } },
  ...over,
});

export function aMetric(over: Partial<WireMetric> = {}): Metric {
  const [metric] = analysisTemplateSpecSchema.parse({ metrics: [aWireMetric(over)] }).metrics;
  if (metric === undefined) throw new Error('no metric');
  return metric;
}

export const t0 = Date.parse('2026-03-01T12:00:00.000Z');
export const seconds = (count: number): number => count * 1000;

export interface RunOptions {
  readonly metrics?: readonly Partial<WireMetric>[];
  readonly args?: WireArgs;
  readonly rollout?: Partial<RolloutOfRun>;
  readonly terminate?: boolean;
}

export const aRun = ({ metrics = [{}], args = [], rollout, terminate = false }: RunOptions = {}): AnalysisRun => ({
  namespace: 'shop',
  name: 'web-7c9d2f41aa-1-bg',
  uid: 'run-1',
  resourceVersion: '1',
  generation: 1,
  isDeleting: false,
  spec: analysisRunSpecSchema.parse({
    metrics: metrics.map((metric) => aWireMetric(metric)),
    args,
    terminate,
    ...(rollout === undefined
      ? {}
      : {
          rollout: {
            name: 'web',
            uid: 'u',
            kind: 'Background',
            revision: '7c9d2f41aa',
            stableRevision: '6d5f0c9b1e',
            attempt: 1,
            ...rollout,
          },
        }),
  }),
  status: analysisRunStatusSchema.parse({}),
});

export const aSubject = (over: Partial<RunSubject> = {}): RunSubject => ({
  args: {
    namespace: 'shop',
    rollout: 'web',
    service: 'web',
    canaryService: 'web-7c9d2f41aa',
    stableService: 'web-6d5f0c9b1e',
    canaryWorkload: 'web-7c9d2f41aa',
    stableWorkload: 'web-6d5f0c9b1e',
    revision: '7c9d2f41aa',
  },
  weight: 10,
  step: 0,
  windowsSinceMs: t0,
  isOver: false,
  ...over,
});

export const good: Answer = { kind: 'value', value: 1, requests: 500 };
export const bad: Answer = { kind: 'value', value: 0.5, requests: 500 };
export const silent: Answer = { kind: 'noData', message: 'empty vector' };
export const broken: Answer = { kind: 'error', message: 'connection refused' };
export const hopeless: Answer = { kind: 'invalid', message: '2 series' };

export const aSample = (atMs: number, answer: Answer, over: Partial<Sample> = {}): Sample => ({
  run: 'shop/web-7c9d2f41aa-1-bg',
  runUid: 'run-1',
  metric: 'm',
  windowStartedAtMs: atMs - 60_000,
  startedAtMs: atMs,
  finishedAtMs: atMs + 100,
  answer,
  ...over,
});

export type Script = (metric: string, index: number, atMs: number) => Answer | undefined;

/** Answers one after the other; the last one for ever. */
export const inOrder =
  (...answers: readonly Answer[]): Script =>
  (_metric, index) =>
    answers[Math.min(index, answers.length - 1)];

export interface Drive {
  readonly run: AnalysisRun;
  readonly asked: readonly { readonly metric: string; readonly atMs: number; readonly windowStartedAtMs: number }[];
  readonly status: AnalysisRunStatus;
  readonly first: MetricResult;
}

/**
 * Runs the planner from `t0` on virtual time until it ends, has nothing to wake for, or `untilMs` has passed. Each question is
 * answered `latencyMs` later by the script; undefined: never.
 */
export function drive(
  start: AnalysisRun,
  script: Script,
  options: { readonly subject?: (nowMs: number) => RunSubject; readonly forMs?: number; readonly latencyMs?: number } = {},
): Drive {
  const { subject, forMs = 3_600_000, latencyMs = 100 } = options;
  const asked: { metric: string; atMs: number; windowStartedAtMs: number }[] = [];
  const open = new Map<string, { sample: Sample | undefined; atMs: number }>();
  let run = start;
  let nowMs = t0;
  while (nowMs <= t0 + forMs) {
    const done = [...open.values()].flatMap(({ sample }) => (sample !== undefined && sample.finishedAtMs <= nowMs ? [sample] : []));
    for (const sample of done) open.delete(sample.metric);
    const plan: RunPlan = planRun({ nowMs, run, samples: done, inFlight: [...open.keys()], subject: subject?.(nowMs) } satisfies RunWorld);
    if (plan.status !== undefined) run = { ...run, status: plan.status };
    for (const { metric, question, windowStartedAtMs } of plan.questions) {
      const index = asked.filter((one) => one.metric === metric).length;
      asked.push({ metric, atMs: nowMs - t0, windowStartedAtMs });
      const answer = script(metric, index, nowMs);
      const sample =
        answer &&
        aSample(nowMs, answer, { metric, windowStartedAtMs, finishedAtMs: nowMs + latencyMs, asked: askedText(question.provider) });
      open.set(metric, { sample, atMs: nowMs });
    }
    const next = [plan.wakeAtMs, ...[...open.values()].map(({ sample }) => sample?.finishedAtMs)].filter((ms) => ms !== undefined);
    if (run.status.completedAt !== undefined || next.length === 0) break;
    nowMs = Math.max(nowMs + 1, Math.min(...next));
  }
  const first = run.status.metricResults[0];
  if (first === undefined) throw new Error('no metric result');
  return { run, asked, status: run.status, first };
}
