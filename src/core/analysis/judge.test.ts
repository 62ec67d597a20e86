import { describe, expect, test } from 'vitest';
import { judge as judgeIn } from './judge.ts';
import type { Answer } from './question.ts';
import type { MeasurementResult } from './run.ts';
import { scopeOf } from './scope.ts';
import { aMetric } from './testing/builders.ts';

const judge = (metric: Parameters<typeof judgeIn>[0], answer: Answer) =>
  judgeIn(metric, answer, scopeOf([{ name: 'least', value: '0.9' }], {}));

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
];

const web = { web: { url: 'http://web.example/', jsonPath: '$' } } as const;
const json = (value: unknown): Answer => ({ kind: 'json', value });
const conditions = (successCondition: string | undefined, failureCondition?: string, provider?: typeof web) => ({
  thresholdRange: undefined,
  ...(successCondition === undefined ? {} : { successCondition }),
  ...(failureCondition === undefined ? {} : { failureCondition }),
  ...(provider === undefined ? {} : { provider }),
});

/** The truth table of users of Argo Rollouts. */
const conditionCases: readonly [string, Parameters<typeof aMetric>[0], Answer, MeasurementResult][] = [
  ['success alone, it holds', conditions('result >= 0.99'), value(0.995), 'Pass'],
  ['success alone, it does not hold', conditions('result >= 0.99'), value(0.98), 'Fail'],
  ['failure alone, it holds', conditions(undefined, 'result < 0.99'), value(0.98), 'Fail'],
  ['failure alone, it does not hold', conditions(undefined, 'result < 0.99'), value(0.995), 'Pass'],
  ['both, success holds', conditions('result >= 0.99', 'result < 0.95'), value(0.995), 'Pass'],
  ['both, failure holds', conditions('result >= 0.99', 'result < 0.95'), value(0.9), 'Fail'],
  ['both, neither holds', conditions('result >= 0.99', 'result < 0.95'), value(0.97), 'Inconclusive'],
  ['both hold: the failure wins', conditions('result > 0.5', 'result > 0.5'), value(0.9), 'Fail'],
  ['NaN is no data before any condition', conditions('true'), value(Number.NaN), 'NoData'],
  ['infinity is no data before any condition', conditions('result > 1'), value(Number.POSITIVE_INFINITY), 'NoData'],
  ['no requests are no data before any condition', conditions('true'), value(1, 0), 'NoData'],
  ['silence is no data before any condition', conditions('true'), { kind: 'noData', message: 'empty vector' }, 'NoData'],
  ['an argument in it', conditions('result >= {{args.least}}'), value(0.95), 'Pass'],
  ['no boolean', conditions('result', undefined, web), json('yes'), 'Invalid'],
  ['a number instead of a boolean', conditions('result', undefined, web), value(1), 'Invalid'],
  ['a key that the answer has not', conditions('result.ok', undefined, web), json({}), 'Invalid'],
  ['text compared with a number', conditions('result > 1', undefined, web), json('a'), 'Invalid'],
  ['an object', conditions('result.ok && result.rate > 0.9', undefined, web), json({ ok: true, rate: 0.95 }), 'Pass'],
  ['a list', conditions('result.all(one, one > 0)', undefined, web), json([1, 2]), 'Pass'],
  ['a list that fails', conditions('result.all(one, one > 0)', undefined, web), json([1, 0]), 'Fail'],
  ['a text', conditions("result == 'green'", undefined, web), json('green'), 'Pass'],
  ['true itself', conditions('result', undefined, web), json(true), 'Pass'],
  ['a broken failureCondition is no Pass', conditions('true', 'result.x', web), json({}), 'Invalid'],
  ['a broken successCondition is told before the failure', conditions('result.x', 'true', web), json({}), 'Invalid'],
  ['text under a threshold', { thresholdRange: { min: 1 }, provider: web }, json('1'), 'Invalid'],
  ['a number of the web under a threshold', { thresholdRange: { min: 1 }, provider: web }, value(1), 'Pass'],
];

describe('judge', () => {
  test.each(cases)('%s', (_name, over, answer, result) => {
    expect(judge(aMetric(over), answer).result).toBe(result);
  });

  test.each(conditionCases)('conditions: %s', (_name, over, answer, result) => {
    expect(judge(aMetric(over), answer).result).toBe(result);
  });

  test('a verdict by conditions says which of them spoke', () => {
    expect(judge(aMetric(conditions('result >= 0.99')), value(0.5)).message).toBe('successCondition does not hold: result >= 0.99');
    expect(judge(aMetric(conditions(undefined, 'result < 0.99')), value(0.5)).message).toBe('failureCondition holds: result < 0.99');
    expect(judge(aMetric(conditions('result.ok', undefined, web)), json({})).message).toMatch(/^successCondition: .*No such key: ok/);
  });

  test('the value of a JSON answer is kept as text', () => {
    expect(judge(aMetric(conditions('result.ok', undefined, web)), json({ ok: true }))).toEqual({ result: 'Pass', value: '{"ok":true}' });
    expect(judge(aMetric(conditions('result == "a"', undefined, web)), json('a'))).toEqual({ result: 'Pass', value: 'a' });
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
