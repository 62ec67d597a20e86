import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import type { AskContext, Asking } from './ask.ts';
import { askingOf, noWindow } from './ask.ts';
import type { Metric } from './metric.ts';
import type { Problem } from './problem.ts';
import type { Sample } from './question.ts';
import type { MetricResult } from './run.ts';
import type { Scope } from './scope.ts';
import { minWindowMs, ownWindowMs, shortenedWindowMs, withWindow } from './scope.ts';

/** How long after an Error, or a silence, a metric without interval is asked again. */
export const retryMs = 10_000;
/** A server may ask for patience, not for ever. */
const maxRetryAfterMs = 3_600_000;

/**
 * After the first failing measurement that is tolerated the next one does not wait for its interval, only until a window of the same length has passed: one failure
 * more, or the all-clear, comes early. One such look a failure, so that a metric costs at most twice its rate.
 */
export function secondLookMs({ interval }: Metric, sample: Sample, regularMs: number): number {
  const windowMs = sample.startedAtMs - sample.windowStartedAtMs;
  if (interval === undefined) return regularMs;
  return Math.min(regularMs, Math.max(sample.startedAtMs + Math.max(1000, windowMs), sample.finishedAtMs));
}

/** The fixed-rate schedule: when the next measurement is due, after `sample`. */
export function nextDueMs(metric: Metric, before: MetricResult, sample: Sample, windowsSinceMs: number | undefined): number {
  const { startedAtMs, finishedAtMs, answer } = sample;
  const dueMs = before.nextDueAt === undefined ? startedAtMs : Date.parse(before.nextDueAt);
  const retryAfterMs = answer.kind === 'error' ? Math.min(answer.retryAfterMs ?? 0, maxRetryAfterMs) : 0;
  const patienceMs = retryAfterMs > 0 ? finishedAtMs + retryAfterMs : 0;
  if (metric.interval === undefined) return Math.max(finishedAtMs + retryMs, patienceMs);
  const interval = Math.max(1000, metric.interval);
  // Asked early, or held back until a window fitted behind the confirmation: the rate goes on from there.
  const windowMs = startedAtMs - sample.windowStartedAtMs;
  const wasHeldBack = windowsSinceMs !== undefined && dueMs - windowMs < windowsSinceMs;
  if (startedAtMs < dueMs || wasHeldBack) return Math.max(startedAtMs + interval, patienceMs);
  const periods = Math.floor((startedAtMs - dueMs) / interval) + 1;
  return Math.max(dueMs + periods * interval, patienceMs);
}

/** When a metric is to be asked, and what, as of `nowMs`; `asking` only where that is now. */
export interface Slot {
  readonly askAtMs: number;
  readonly asking?: Asking;
}

export interface SlotInput {
  readonly nowMs: number;
  readonly metric: Metric;
  readonly result: MetricResult;
  /** When the metric's initialDelay is over. */
  readonly earliestMs: number;
  /** When the current weight was confirmed: no window begins before it. Absent in a run made by hand. */
  readonly windowsSinceMs: number | undefined;
  /** The first look at a weight does not wait for the interval. */
  readonly looksEarly: boolean;
  readonly scope: Scope;
  readonly context: AskContext;
}

/** When the next window may begin at the earliest; undefined: at any time. */
export const windowsSinceOf = ({ comparison }: Pick<MetricResult, 'comparison'>, sinceMs: number | undefined): number | undefined =>
  comparison === undefined ? sinceMs : Math.max(sinceMs ?? 0, Date.parse(comparison.until));

export function slotOf(input: SlotInput): Result<Slot, readonly Problem[]> {
  const { nowMs, metric, result, earliestMs, scope, context } = input;
  const windowsSinceMs = windowsSinceOf(result, input.windowsSinceMs);
  const dueMs =
    input.looksEarly && isAwaitedEarly(metric, result, input.windowsSinceMs)
      ? earliestMs
      : Math.max(earliestMs, Date.parse(result.nextDueAt ?? '') || 0);
  const ownMs = ownWindowMs(scope);
  if (ownMs === undefined) return fail([noWindow]);
  const ask = (windowMs: number) => askingOf(metric, withWindow(scope, windowMs), context);
  if (windowsSinceMs === undefined) {
    const asking = ask(ownMs);
    return asking.ok ? ok(dueMs > nowMs ? { askAtMs: dueMs } : { askAtMs: nowMs, asking: asking.value }) : asking;
  }
  const shortest = ask(Math.min(ownMs, minWindowMs));
  if (!shortest.ok) return shortest;
  const askAtMs = Math.max(dueMs, windowsSinceMs + shortest.value.windowMs);
  if (askAtMs > nowMs) return ok({ askAtMs });
  const sinceMs = nowMs - windowsSinceMs;
  const longest = ask(shortenedWindowMs(ownMs, sinceMs));
  if (!longest.ok || longest.value.windowMs <= sinceMs) return longest.ok ? ok({ askAtMs: nowMs, asking: longest.value }) : longest;
  // The query looks further back than its window (an offset, a subquery): a window shorter by that.
  const excessMs = longest.value.windowMs - sinceMs;
  const fitting = ask(shortenedWindowMs(ownMs, sinceMs - excessMs));
  const isFitting = fitting.ok && fitting.value.windowMs <= sinceMs;
  return ok({ askAtMs: nowMs, asking: isFitting ? fitting.value : shortest.value });
}

/**
 * Nothing was measured since the weight was confirmed: the first look does not wait for the interval. After an Error it does. Nor does the second, where the
 * first was given an answer that somebody else had asked for before; the third would be of too long a window again.
 */
function isAwaitedEarly(
  { interval }: Metric,
  { measurements, consecutiveError }: MetricResult,
  windowsSinceMs: number | undefined,
): boolean {
  if (windowsSinceMs === undefined || interval === undefined || consecutiveError > 0) return false;
  const latest = measurements.at(-1)?.windowStartedAt;
  if (latest !== undefined && Date.parse(latest) >= windowsSinceMs) return false;
  return measurements.filter(({ startedAt }) => Date.parse(startedAt) >= windowsSinceMs).length < 2;
}
