import type { RunView } from '../world.ts';
import type { AnalysisRun } from './run.ts';

/**
 * Of every metric that is not a dry run: the start of the window of its latest Pass. Exempt, so that a raise does not wait for it:
 * a metric still in its initialDelay, and one that ended Successful and is not measured again.
 */
export function evidenceOf({ spec, status }: AnalysisRun, nowMs: number): RunView['evidence'] {
  const startedAtMs = status.startedAt === undefined ? nowMs : Date.parse(status.startedAt);
  return spec.metrics
    .filter(({ dryRun }) => !dryRun)
    .map((metric) => {
      const result = status.metricResults.find(({ name }) => name === metric.name);
      const passed = result?.passedWindowStartedAt;
      return {
        metric: metric.name,
        passedWindowStartedAtMs: passed === undefined ? undefined : Date.parse(passed),
        isExempt: result?.phase === 'Successful' || nowMs < startedAtMs + metric.initialDelay,
      };
    });
}

/** The run as the Rollout's planner sees it; undefined where it was made by hand. */
export function runView(run: AnalysisRun, nowMs: number): RunView | undefined {
  const { rollout, terminate } = run.spec;
  if (rollout === undefined) return undefined;
  return {
    name: run.name,
    uid: run.uid,
    resourceVersion: run.resourceVersion,
    kind: rollout.kind,
    revision: rollout.revision,
    attempt: rollout.attempt,
    step: rollout.step,
    phase: run.status.phase,
    message: run.status.message ?? '',
    isTerminating: terminate || run.isDeleting,
    evidence: evidenceOf(run, nowMs),
  };
}
