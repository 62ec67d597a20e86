import { unreachable } from '../../lib/index.ts';
import { holds, resultKindOf } from './condition.ts';
import type { Metric } from './metric.ts';
import type { Answer } from './question.ts';
import type { MeasurementResult } from './run.ts';
import type { Scope } from './scope.ts';

/** What an answer is worth. */
export interface Judgement {
  readonly result: MeasurementResult;
  readonly value?: string;
  readonly requests?: number;
  readonly message?: string;
}

/** One of six. NoData is settled before any condition is asked, and only Pass passes. */
export function judge(metric: Metric, answer: Answer, scope: Scope): Judgement {
  switch (answer.kind) {
    case 'noData':
    case 'error':
    case 'invalid':
      return unmeasured(answer);
    case 'value':
      return judgeNumber(metric, answer, scope);
    case 'json': {
      const shown = { value: typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value) };
      if (metric.thresholdRange !== undefined)
        return { ...shown, result: 'Invalid', message: `the answer is ${typeNameOf(answer.value)}, and thresholdRange needs a number` };
      return { ...shown, ...said(judgeConditions(metric, answer.value, scope), answer.message) };
    }
    case 'rates':
    case 'latencies':
      return { result: 'Invalid', message: 'the answer is of a comparison, and the metric compares nothing' };
    default:
      return unreachable(answer);
  }
}

const results = { noData: 'NoData', error: 'Error', invalid: 'Invalid' } as const;

/** Of an answer that holds nothing to judge. */
export const unmeasured = ({ kind, message }: Extract<Answer, { kind: keyof typeof results }>): Judgement => ({
  result: results[kind],
  message,
});

function judgeNumber(metric: Metric, { value, requests, message }: Extract<Answer, { kind: 'value' }>, scope: Scope): Judgement {
  const seen = { value: String(value), ...(requests !== undefined && Number.isFinite(requests) ? { requests } : {}) };
  const found = ((): Said => {
    if (requests !== undefined && requests < 0) return { result: 'Invalid', message: `a negative number of requests: ${requests}` };
    const silence = silenceOf(metric, value, requests);
    if (silence !== undefined) return { result: 'NoData', message: silence };
    return metric.thresholdRange === undefined ? judgeConditions(metric, value, scope) : judgeThreshold(metric.thresholdRange, value);
  })();
  return { ...seen, ...said(found, message) };
}

type Said = Pick<Judgement, 'result' | 'message'>;

/** The reason, and what the server had to say beside its answer. */
function said({ result, message }: Said, beside: string | undefined): Said {
  const parts = [message, beside].filter((part) => part !== undefined);
  return parts.length === 0 ? { result } : { result, message: parts.join('; ') };
}

function judgeThreshold({ min, max }: NonNullable<Metric['thresholdRange']>, value: number): Said {
  if (min === undefined && max === undefined) return { result: 'Invalid', message: 'thresholdRange needs min, max or both' };
  if (min !== undefined && value < min) return { result: 'Fail', message: `${value} < min ${min}` };
  if (max !== undefined && value > max) return { result: 'Fail', message: `${value} > max ${max}` };
  return { result: 'Pass' };
}

/**
 * One condition alone decides both ways. Of two the failure wins, and where neither holds nobody can say: the truth table that users of Argo Rollouts know.
 * A condition that cannot be told, or is no boolean, will not get better.
 */
function judgeConditions(metric: Metric, value: unknown, scope: Scope): Said {
  const { successCondition, failureCondition } = metric;
  if (successCondition === undefined && failureCondition === undefined)
    return { result: 'Invalid', message: 'the metric has no condition' };
  const context = { kind: resultKindOf(metric), scope };
  const isFailure = failureCondition === undefined ? undefined : holds(failureCondition, value, context);
  if (isFailure?.ok === false) return { result: 'Invalid', message: `failureCondition: ${isFailure.failure}` };
  const isSuccess = successCondition === undefined ? undefined : holds(successCondition, value, context);
  if (isSuccess?.ok === false) return { result: 'Invalid', message: `successCondition: ${isSuccess.failure}` };
  if (isFailure?.value === true) return { result: 'Fail', message: `failureCondition holds: ${failureCondition}` };
  if (isSuccess === undefined || isSuccess.value) return { result: 'Pass' };
  return isFailure === undefined
    ? { result: 'Fail', message: `successCondition does not hold: ${successCondition}` }
    : { result: 'Inconclusive', message: 'neither successCondition nor failureCondition holds' };
}

const typeNameOf = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;

/** Why the value says nothing, or undefined. */
function silenceOf({ minRequests }: Metric, value: number, requests: number | undefined): string | undefined {
  if (!Number.isFinite(value)) return `the value is ${value}`;
  if (requests !== undefined && !Number.isFinite(requests)) return `the number of requests is ${requests}`;
  if (requests === 0) return 'no requests in the window';
  if (minRequests === undefined) return undefined;
  if (requests === undefined) return `the number of requests is not known, and minRequests is ${minRequests}`;
  return requests < minRequests ? `${requests} requests < minRequests ${minRequests}` : undefined;
}
