import { unreachable } from '../../lib/index.ts';
import type { Metric } from './metric.ts';
import type { Answer } from './question.ts';
import type { MeasurementResult } from './run.ts';

/** What an answer is worth. */
export interface Judgement {
  readonly result: MeasurementResult;
  readonly value?: string;
  readonly requests?: number;
  readonly message?: string;
}

/** One of six. NoData is settled before any condition is asked, and only Pass passes. */
export function judge(metric: Metric, answer: Answer): Judgement {
  switch (answer.kind) {
    case 'noData':
      return { result: 'NoData', message: answer.message };
    case 'error':
      return { result: 'Error', message: answer.message };
    case 'invalid':
      return { result: 'Invalid', message: answer.message };
    case 'value':
      return judgeValue(metric, answer);
    default:
      return unreachable(answer);
  }
}

function judgeValue(metric: Metric, { value, requests, message }: Extract<Answer, { kind: 'value' }>): Judgement {
  const seen = {
    value: String(value),
    ...(requests !== undefined && Number.isFinite(requests) ? { requests } : {}),
    ...(message === undefined ? {} : { message }),
  };
  const because = (reason: string) => (message === undefined ? reason : `${reason}; ${message}`);
  if (requests !== undefined && requests < 0)
    return { ...seen, result: 'Invalid', message: because(`a negative number of requests: ${requests}`) };
  const silence = silenceOf(metric, value, requests);
  if (silence !== undefined) return { ...seen, result: 'NoData', message: because(silence) };
  if (metric.thresholdRange === undefined)
    return { ...seen, result: 'Invalid', message: because('conditions and compare come with a later version') };
  const { min, max } = metric.thresholdRange;
  if (min === undefined && max === undefined)
    return { ...seen, result: 'Invalid', message: because('thresholdRange needs min, max or both') };
  if (min !== undefined && value < min) return { ...seen, result: 'Fail', message: because(`${value} < min ${min}`) };
  if (max !== undefined && value > max) return { ...seen, result: 'Fail', message: because(`${value} > max ${max}`) };
  return { ...seen, result: 'Pass' };
}

/** Why the value says nothing, or undefined. */
function silenceOf({ minRequests }: Metric, value: number, requests: number | undefined): string | undefined {
  if (!Number.isFinite(value)) return `the value is ${value}`;
  if (requests !== undefined && !Number.isFinite(requests)) return `the number of requests is ${requests}`;
  if (requests === 0) return 'no requests in the window';
  if (minRequests === undefined) return undefined;
  if (requests === undefined) return `the number of requests is not known, and minRequests is ${minRequests}`;
  return requests < minRequests ? `${requests} requests < minRequests ${minRequests}` : undefined;
}
