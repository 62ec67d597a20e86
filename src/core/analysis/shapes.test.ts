import { describe, expect, test } from 'vitest';
import type { Metric } from './metric.ts';
import { problemText } from './problem.ts';
import { metricProblems } from './shapes.ts';
import { analysisTemplateSpecSchema } from './template.ts';
import type { WireMetric } from './testing/builders.ts';
import { aMetric, aWireMetric } from './testing/builders.ts';

const issuesOf = (spec: unknown): string[] =>
  analysisTemplateSpecSchema.safeParse(spec).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const ofMetric = (over: Record<string, unknown>) => issuesOf({ metrics: [{ ...aWireMetric(), ...over }] });

const query = { query: 'up' };
const refused: readonly [string, Record<string, unknown>, RegExp][] = [
  ['no criterion', { thresholdRange: undefined }, /^metrics\.0: needs exactly one of/],
  ['two criteria', { successCondition: 'result > 1' }, /^metrics\.0: has thresholdRange and conditions/],
  ['three criteria', { successCondition: 'a', compare: {} }, /has thresholdRange and conditions and compare/],
  ['an empty range', { thresholdRange: {} }, /^metrics\.0\.thresholdRange: needs min, max or both/],
  ['min above max', { thresholdRange: { min: 2, max: 1 } }, /^metrics\.0\.thresholdRange: min 2 must not be greater than max 1/],
  ['a bound that is NaN', { thresholdRange: { min: Number.NaN } }, /^metrics\.0\.thresholdRange\.min/],
  ['no provider', { provider: {} }, /^metrics\.0\.provider: provider needs exactly one/],
  ['two providers', { provider: { prometheus: query, trafficMetrics: { value: 'p50' } } }, /^metrics\.0\.provider: provider has/],
  ['query and builtin', { provider: { prometheus: { ...query, builtin: 'p50' } } }, /prometheus has query and builtin/],
  ['neither query nor builtin', { provider: { prometheus: {} } }, /prometheus needs exactly one/],
  ['a countQuery without query', { provider: { prometheus: { builtin: 'p50', countQuery: 'x' } } }, /countQuery: goes with query/],
  ['an unknown builtin', { provider: { prometheus: { builtin: 'p42' } } }, /builtin/],
  ['an unknown value', { provider: { trafficMetrics: { value: 'p42' } } }, /trafficMetrics\.value/],
  ['two CAs', { provider: { prometheus: { ...query, tls: { ca: 'x', caSecretRef: { name: 'a', key: 'b' } } } } }, /ca and caSecretRef/],
  ['an address without scheme', { provider: { prometheus: { ...query, address: 'prometheus:9090' } } }, /address/],
  ['an address with credentials', { provider: { prometheus: { ...query, address: 'http://a:b@prometheus' } } }, /address/],
  ['count 0', { count: 0 }, /^metrics\.0\.count/],
  ['count above 1 without interval', { count: 2, interval: undefined }, /^metrics\.0\.count: more than 1 needs an interval/],
  ['an interval below a second', { interval: '999ms' }, /^metrics\.0\.interval: must be at least 1s/],
  ['an interval that is none', { interval: '30' }, /^metrics\.0\.interval: must be a duration/],
  ['a negative failureLimit', { failureLimit: -1 }, /failureLimit/],
  ['a negative inconclusiveLimit', { inconclusiveLimit: -1 }, /inconclusiveLimit/],
  ['a negative consecutiveErrorLimit', { consecutiveErrorLimit: -1 }, /consecutiveErrorLimit/],
  ['failureLimit equal to count', { count: 3, failureLimit: 3 }, /^metrics\.0\.failureLimit: must be less than count \(3\)/],
  ['failureLimit on what is measured once', { interval: undefined, failureLimit: 1 }, /failureLimit: must be less than count \(1\)/],
  [
    'consecutiveSuccessLimit above count',
    { count: 3, consecutiveSuccessLimit: 4 },
    /consecutiveSuccessLimit: must not be greater than count \(3\)/,
  ],
  ['minRequests on a bare query', { minRequests: 1 }, /^metrics\.0\.minRequests: no number of requests/],
  ['minRequests on web', { minRequests: 1, provider: { web: { url: 'http://a/b', jsonPath: '$.a' } } }, /minRequests/],
  [
    'compare on a latency without counts',
    { thresholdRange: undefined, compare: {}, provider: { trafficMetrics: { value: 'p99' } } },
    /compare: trafficMetrics p99/,
  ],
  ['compare on a query without countQuery', { thresholdRange: undefined, compare: {} }, /compare: a query needs its countQuery/],
  ['alpha of a half', { thresholdRange: undefined, compare: { alpha: 0.5 } }, /alpha/],
  ['a nameless metric', { name: '' }, /name/],
  ['a query of 100 kB', { provider: { prometheus: { query: 'x'.repeat(100_000) } } }, /query/],
];

describe('shapes', () => {
  test.each(refused)('refused with its path: %s', (_name, over, message) => {
    expect(ofMetric(over).some((issue) => message.test(issue))).toBe(true);
  });

  const accepted: readonly [string, Partial<WireMetric>][] = [
    ['the defaults', {}],
    ['failureLimit below count', { count: 3, failureLimit: 2 }],
    ['failureLimit without count', { failureLimit: 10 }],
    ['consecutiveSuccessLimit equal to count', { count: 3, consecutiveSuccessLimit: 3 }],
    ['min equal to max', { thresholdRange: { min: 1, max: 1 } }],
    ['both conditions', { thresholdRange: undefined, successCondition: 'result > 2', failureCondition: 'result < 1' }],
    ['minRequests with a countQuery', { minRequests: 5, provider: { prometheus: { query: 'a', countQuery: 'b' } } }],
    ['minRequests on a builtin', { minRequests: 5, provider: { prometheus: { builtin: 'p99' } } }],
    ['minRequests on trafficMetrics', { minRequests: 5, provider: { trafficMetrics: { value: 'p99' } } }],
    ['compare on a builtin latency', { thresholdRange: undefined, compare: {}, provider: { prometheus: { builtin: 'p99' } } }],
  ];
  test.each(accepted)('accepted: %s', (_name, over) => {
    expect(issuesOf({ metrics: [aWireMetric(over)] })).toEqual([]);
    expect(metricProblems([aMetric(over)])).toEqual([]);
  });

  test('no metrics are refused', () => {
    expect(issuesOf({ metrics: [] })[0]).toMatch(/^metrics: /);
  });

  test('two metrics of one name are refused', () => {
    expect(issuesOf({ metrics: [aWireMetric(), aWireMetric()] })).toEqual(['metrics.1.name: "m" is given twice']);
  });

  test('two arguments of one name, and one with value and valueFrom, are refused', () => {
    const secretKeyRef = { name: 'prom', key: 'token' };
    expect(issuesOf({ metrics: [aWireMetric()], args: [{ name: 'a', value: '1', valueFrom: { secretKeyRef } }, { name: 'a' }] })).toEqual([
      'args.0: value and valueFrom exclude each other',
      'args.1.name: "a" is given twice',
    ]);
  });

  test('all errors are reported at once', () => {
    const issues = issuesOf({
      metrics: [
        { ...aWireMetric(), count: 0, interval: 'x', provider: {} },
        { ...aWireMetric(), thresholdRange: { min: 2, max: 1 } },
      ],
    });
    expect(issues.map((issue) => issue.split(':')[0])).toEqual(
      expect.arrayContaining(['metrics.0.count', 'metrics.0.interval', 'metrics.0.provider', 'metrics.1.thresholdRange', 'metrics.1.name']),
    );
  });

  test('defaults are the contract’s', () => {
    const metric: Metric = aMetric({ noData: {} });
    expect(metric).toMatchObject({ initialDelay: 0, failureLimit: 0, inconclusiveLimit: 0, consecutiveErrorLimit: 4, dryRun: false });
    expect(Object.entries(metric.noData)).toEqual([
      ['action', 'Wait'],
      ['timeout', 300_000],
      ['then', 'Inconclusive'],
    ]);
    expect(metric.provider.prometheus).toMatchObject({ mesh: 'auto', timeout: 10_000, headers: [] });
  });

  test('metricProblems gives whole paths', () => {
    const broken = { ...aMetric(), interval: 10 };
    expect(metricProblems([aMetric({ name: 'a' }), broken]).map(problemText)).toEqual(['metrics[1].interval: must be at least 1s']);
  });
});
