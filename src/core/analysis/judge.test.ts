import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import type { Answer } from './question.ts';
import type { MeasurementResult } from './run.ts';
import { aMetric } from './testing/builders.ts';

const counted = { provider: { trafficMetrics: { value: 'successRate' } } } as const;
const value = (number: number, requests?: number): Answer => ({
  kind: 'value',
  value: number,
  ...(requests === undefined ? {} : { requests }),
});

const cases: readonly [string, Parameters<typeof aMetric>[0], Answer, MeasurementResult][] = [
  ['a value above min passes', { thresholdRange: { min: 0.99 } }, value(0.995), 'Pass'],
  ['a value equal to min passes', { thresholdRange: { min: 0.99 } }, value(0.99), 'Pass'],
  ['a value below min fails', { thresholdRange: { min: 0.99 } }, value(0.9899), 'Fail'],
  ['a value equal to max passes', { thresholdRange: { max: 500 } }, value(500), 'Pass'],
  ['a value above max fails', { thresholdRange: { max: 500 } }, value(500.1), 'Fail'],
  ['a value inside min and max passes', { thresholdRange: { min: 1, max: 2 } }, value(1.5), 'Pass'],
  ['a value below a range fails', { thresholdRange: { min: 1, max: 2 } }, value(0), 'Fail'],
  ['a value above a range fails', { thresholdRange: { min: 1, max: 2 } }, value(3), 'Fail'],
  ['zero is a value', { thresholdRange: { max: 0 } }, value(0), 'Pass'],
  ['a negative value is a value', { thresholdRange: { max: 0 } }, value(-1), 'Pass'],
  ['NaN is no data, below a max', { thresholdRange: { max: 500 } }, value(Number.NaN), 'NoData'],
  ['NaN is no data, above a min', { thresholdRange: { min: 0 } }, value(Number.NaN), 'NoData'],
  ['Infinity is no data, above a min', { thresholdRange: { min: 0 } }, value(Number.POSITIVE_INFINITY), 'NoData'],
  ['-Infinity is no data, below a max', { thresholdRange: { max: 0 } }, value(Number.NEGATIVE_INFINITY), 'NoData'],
  ['zero requests are no data whatever the value', {}, value(1, 0), 'NoData'],
  ['zero requests are no data though the value fails', {}, value(0, 0), 'NoData'],
  ['fewer requests than minRequests are no data', { ...counted, minRequests: 100 }, value(1, 99), 'NoData'],
  ['fewer requests than minRequests never fail', { ...counted, minRequests: 100 }, value(0, 99), 'NoData'],
  ['as many requests as minRequests are enough', { ...counted, minRequests: 100 }, value(1, 100), 'Pass'],
  ['enough requests may fail', { ...counted, minRequests: 100 }, value(0.5, 100), 'Fail'],
  ['a fraction of a request is a request', {}, value(1, 0.5), 'Pass'],
  ['an unknown number of requests is none where minRequests is asked', { ...counted, minRequests: 1 }, value(1), 'NoData'],
  ['an unknown number of requests does not matter otherwise', {}, value(1), 'Pass'],
  ['NaN requests are no data', {}, value(1, Number.NaN), 'NoData'],
  ['infinite requests are no data', { ...counted, minRequests: 1 }, value(1, Number.POSITIVE_INFINITY), 'NoData'],
  ['a negative count is invalid', {}, value(1, -1), 'Invalid'],
  ['a negative count is invalid before it is too few', { ...counted, minRequests: 100 }, value(1, -5), 'Invalid'],
  ['no data stays no data', {}, { kind: 'noData', message: 'empty vector' }, 'NoData'],
  ['an error stays an error', {}, { kind: 'error', message: 'refused' }, 'Error'],
  ['an invalid answer stays invalid', {}, { kind: 'invalid', message: 'two series' }, 'Invalid'],
  ['a condition that cannot be asked yet never passes', { thresholdRange: undefined, successCondition: 'true' }, value(1), 'Invalid'],
];

describe('judge', () => {
  test.each(cases)('%s', (_name, over, answer, result) => {
    expect(judge(aMetric(over), answer).result).toBe(result);
  });

  test('warnings of the server go into the message, and the value counts', () => {
    expect(judge(aMetric(), { kind: 'value', value: 1, message: 'warning: partial' })).toEqual({
      result: 'Pass',
      value: '1',
      message: 'warning: partial',
    });
  });

  test('a failure says which bound was missed', () => {
    expect(judge(aMetric(), { kind: 'value', value: 0.5, requests: 10 })).toEqual({
      result: 'Fail',
      value: '0.5',
      requests: 10,
      message: '0.5 < min 0.99',
    });
  });
});
