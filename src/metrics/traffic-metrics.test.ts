import { describe, expect, it } from 'vitest';
import type { BuiltinMetric } from '../core/analysis/question.ts';
import { failureFromStatus, type KubeFailure } from '../kube/failure.ts';
import { VirtualClock } from '../lib/clock.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { parseQuantity } from './quantity.ts';
import type { MetricIo, ProviderOf, SourceAnswer } from './source.ts';
import { testIo } from './testing/io.ts';
import { chooseVersion, createTrafficMetricsSource } from './traffic-metrics.ts';

type Metric = { readonly name: string; readonly value?: unknown; readonly unit?: unknown };
type Reply = Result<unknown, KubeFailure>;

const clock = new VirtualClock();
const never = new AbortController().signal;
const subject = { namespace: 'shop', workload: 'web-abc', service: 'web-abc', rootService: 'web', split: 'web' };

const ask = (more: Partial<ProviderOf<'trafficMetrics'>> = {}): ProviderOf<'trafficMetrics'> => ({
  kind: 'trafficMetrics',
  value: 'successRate',
  resource: 'deployments',
  subject,
  windowMs: 60_000,
  ...more,
});

const counts = (success: unknown, failure: unknown): Metric[] => [
  { name: 'success_count', value: success },
  { name: 'failure_count', value: failure },
];
const latency = (value: unknown, unit: unknown = 'ms', name = 'p99_response_latency'): Metric[] => [
  ...counts('100', '0'),
  { name, value, unit },
];

const anItem = (metrics: unknown, more: object = {}) => ({
  kind: 'TrafficMetrics',
  apiVersion: 'metrics.smi-spec.io/v1alpha1',
  resource: { kind: 'Deployment', name: 'web-abc', namespace: 'shop' },
  edge: { direction: 'from', side: 'client', resource: null },
  timestamp: new Date(clock.nowMs()).toISOString(),
  window: '1m0s',
  metrics,
  ...more,
});
const aList = (...items: unknown[]) => ({ kind: 'TrafficMetricsList', items });
const ofName = (name: string) => ({ resource: { kind: 'Deployment', name, namespace: 'shop' } });
const ofBackend = (name: string, metrics: unknown) =>
  anItem(metrics, { resource: { kind: 'Trafficsplit', name: 'web', namespace: 'shop' }, backend: { apex: 'web', name, weight: 10 } });
const ageMs = (ms: number) => ({ timestamp: new Date(clock.nowMs() - ms).toISOString() });

const httpFailure = (status: number, body: string, headers: Record<string, string> = {}): Reply =>
  fail(failureFromStatus({ status, body, headers, isWrite: false }));

/** An API server with some versions of the group, and one answer to every other question. */
function aServer(reply: Reply, served: Readonly<Record<string, readonly string[] | undefined>> = { v1alpha1: ['deployments', 'pods'] }) {
  const asked: string[] = [];
  const kubeGet: MetricIo['kubeGet'] = async (path, query) => {
    asked.push(`${path}${query.t === undefined ? '' : `?t=${query.t}`}`);
    const [version, ...rest] = path.replace('/apis/metrics.smi-spec.io', '').split('/').filter(Boolean);
    if (version === undefined) return ok({ versions: Object.keys(served).map((name) => ({ version: name })) });
    if (rest.length > 0) return reply;
    const names = served[version];
    return names === undefined ? httpFailure(404, 'no list') : ok({ resources: names.map((name) => ({ name })) });
  };
  return { asked, io: testIo({ clock, kubeGet }) };
}

const answerTo = (reply: Reply, more: Partial<ProviderOf<'trafficMetrics'>> = {}): Promise<SourceAnswer> =>
  createTrafficMetricsSource().ask(ask(more), aServer(reply, { v1alpha1: ['deployments', 'trafficsplits'] }).io, never);

const min = -9223372036854775808n;

const table: readonly [string, Reply, BuiltinMetric, SourceAnswer['kind'], (number | RegExp)?][] = [
  ['counts', ok(anItem(counts('97', '3'))), 'successRate', 'value', 0.97],
  ['fractional counts', ok(anItem(counts('73492m', '0'))), 'requests', 'value', 73.492],
  ['thousands', ok(anItem(counts('1k', '1k'))), 'successRate', 'value', 0.5],
  ['millions', ok(anItem(counts('2M', '0'))), 'requests', 'value', 2e6],
  ['numbers', ok(anItem(counts(9, 1))), 'successRate', 'value', 0.9],
  ['all failed', ok(anItem(counts('0', '10'))), 'successRate', 'value', 0],
  ['a list of one', ok(aList(anItem(counts('1', '1')))), 'successRate', 'value', 0.5],
  ['a list with others', ok(aList(anItem(counts('0', '9'), ofName('other')), anItem(counts('1', '0')))), 'successRate', 'value', 1],
  [
    'a list with edges',
    ok(aList(anItem(counts('1', '0')), anItem(counts('0', '9'), { edge: { direction: 'from', resource: { name: 'x' } } }))),
    'successRate',
    'value',
    1,
  ],
  [
    'both sides',
    ok(aList(anItem(counts('0', '9')), anItem(counts('1', '0'), { edge: { side: 'server', direction: 'from' } }))),
    'successRate',
    'value',
    1,
  ],
  ['JSON as text', ok(JSON.stringify(anItem(counts('1', '0')))), 'successRate', 'value', 1],
  ['no timestamp', ok(anItem(counts('1', '0'), { timestamp: null })), 'successRate', 'value', 1],
  ['Go’s zero time', ok(anItem(counts('1', '0'), { timestamp: '0001-01-01T00:00:00Z' })), 'successRate', 'value', 1],
  ['an age of a window and a half minute', ok(anItem(counts('1', '0'), ageMs(90_000))), 'successRate', 'value', 1],
  ['milliseconds', ok(anItem(latency('85'))), 'p99', 'value', 85],
  ['thousandths', ok(anItem(latency('1500m'))), 'p99', 'value', 1.5],
  ['no unit', ok(anItem(latency('20', undefined))), 'p99', 'value', 20],
  ['seconds', ok(anItem(latency('10m', 'seconds'))), 'p99', 'value', 10],
  ['p50', ok(anItem(latency('5', 'ms', 'p50_response_latency'))), 'p50', 'value', 5],
  ['p90', ok(anItem(latency('6', 'ms', 'p90_response_latency'))), 'p90', 'value', 6],

  ['smi-metrics without series', httpFailure(500, '{"error":"unable to lookup metrics"}'), 'successRate', 'noData'],
  ['no requests', ok(anItem(counts('0', '0'))), 'successRate', 'noData', /no requests/],
  ['no requests, latency', ok(anItem([...counts('0', '0'), { name: 'p99_response_latency', value: '5' }])), 'p99', 'noData'],
  ['no requests, counted', ok(anItem(counts('0', '0'))), 'requests', 'noData'],
  ['no metrics at all', ok(anItem([])), 'successRate', 'noData'],
  ['no success_count', ok(anItem([{ name: 'failure_count', value: '1' }])), 'successRate', 'noData', /success_count/],
  ['no failure_count', ok(anItem([{ name: 'success_count', value: '1' }])), 'successRate', 'noData', /failure_count/],
  ['a sentinel', ok(anItem(counts(`${min}m`, '1'))), 'successRate', 'noData', /NaN/],
  ['a whole sentinel', ok(anItem(counts('1', `${min}`))), 'successRate', 'noData'],
  ['a numeric sentinel', ok(anItem(counts(Number(min), 1))), 'successRate', 'noData'],
  ['a latency of 0', ok(anItem(latency('0'))), 'p99', 'noData'],
  ['a sentinel latency', ok(anItem(latency(`${min}m`))), 'p99', 'noData'],
  ['a missing latency', ok(anItem(counts('1', '0'))), 'p99', 'noData', /missing/],
  ['a latency of 1e9', ok(anItem(latency('1G'))), 'p99', 'noData'],
  ['an old object', ok(anItem(counts('1', '0'), ageMs(121_000))), 'successRate', 'noData', /old/],
  ['an old object of a short window', ok(anItem(counts('1', '0'), { ...ageMs(95_000), window: '30s' })), 'successRate', 'noData'],
  ['an empty list', ok(aList()), 'successRate', 'noData'],
  ['a list of others', ok(aList(anItem(counts('1', '0'), ofName('other')))), 'successRate', 'noData'],
  ['no content', ok(''), 'successRate', 'noData'],
  ['null', ok('null'), 'successRate', 'noData'],
  ['a count of null', ok(anItem(counts(null, '0'))), 'successRate', 'noData', /null/],
  ['a latency of null', ok(anItem(latency(null))), 'p99', 'noData', /null/],

  ['another workload', ok(anItem(counts('1', '0'), ofName('other'))), 'successRate', 'invalid', /other/],
  [
    'another namespace',
    ok(anItem(counts('1', '0'), { resource: { kind: 'Deployment', name: 'web-abc', namespace: 'x' } })),
    'successRate',
    'invalid',
  ],
  ['another kind', ok(anItem(counts('1', '0'), { resource: { kind: 'Pod', name: 'web-abc' } })), 'successRate', 'invalid'],
  ['no resource', ok(anItem(counts('1', '0'), { resource: undefined })), 'successRate', 'invalid'],
  ['what the workload sends', ok(anItem(counts('1', '0'), { edge: { direction: 'to' } })), 'successRate', 'invalid'],
  ['a negative count', ok(anItem(counts('-1', '0'))), 'successRate', 'invalid', /negative/],
  ['a negative latency', ok(anItem(latency('-5'))), 'p99', 'invalid'],
  ['a count of words', ok(anItem(counts('many', '0'))), 'successRate', 'invalid'],
  ['a count of nothing', ok(anItem(counts(undefined, '0'))), 'successRate', 'invalid'],
  ['an unknown unit', ok(anItem(latency('5', 'fortnights'))), 'p99', 'invalid', /fortnights/],
  ['a unit that is no text', ok(anItem(latency('5', 7))), 'p99', 'invalid'],
  ['a timestamp of words', ok(anItem(counts('1', '0'), { timestamp: 'now' })), 'successRate', 'invalid'],
  ['metrics that are no list', ok(anItem({})), 'successRate', 'invalid'],
  ['a list as such', ok([]), 'successRate', 'invalid'],
  ['two objects of ours', ok(aList(anItem(counts('1', '0')), anItem(counts('1', '0')))), 'successRate', 'invalid'],
  ['400', httpFailure(400, 'bad'), 'successRate', 'invalid'],
  ['422', httpFailure(422, 'bad'), 'successRate', 'invalid'],

  ['404', httpFailure(404, '{"error":"no such resource"}'), 'successRate', 'error'],
  ['another 500', httpFailure(500, 'panic'), 'successRate', 'error'],
  ['503', httpFailure(503, 'service unavailable'), 'successRate', 'error'],
  ['403', httpFailure(403, 'no'), 'successRate', 'error'],
  ['HTML', ok('<html>'), 'successRate', 'invalid'],
  ['JSON that ends in the middle', ok('{"kind":"TrafficMet'), 'successRate', 'error'],
];

describe('what TrafficMetrics may answer', () => {
  it.each(table)('%s', async (_, reply, value, kind, detail) => {
    const answer = await answerTo(reply, { value });
    expect(answer).toMatchObject({ kind });
    if (typeof detail === 'number') expect(answer).toMatchObject({ value: detail });
    if (detail instanceof RegExp) expect(answer.message).toMatch(detail);
  });

  it('the requests behind a value come with it', async () => {
    expect(await answerTo(ok(anItem(counts('97', '3'))))).toEqual({ kind: 'value', value: 0.97, requests: 100 });
    expect(await answerTo(ok(anItem(latency('85'))), { value: 'p99' })).toEqual({ kind: 'value', value: 85, requests: 100 });
  });

  it('Retry-After is passed on', async () => {
    expect(await answerTo(httpFailure(429, 'slow down', { 'retry-after': '3' }))).toMatchObject({ kind: 'error', retryAfterMs: 3_000 });
  });

  it('a window longer than asked is reported', async () => {
    const answer = await answerTo(ok(anItem(counts('1', '0'), { window: '1m0s' })), { windowMs: 30_000 });
    expect(answer).toMatchObject({ kind: 'value', windowMs: 60_000, message: 'the server covers 1m, not 30s' });
  });
});

describe('backends of a split', () => {
  const both = ok(aList(ofBackend('web-old', counts('50', '50')), ofBackend('web-abc', counts('9', '1'))));
  it('are told apart by name', async () => {
    expect(await answerTo(both, { resource: 'trafficsplits' })).toEqual({ kind: 'value', value: 0.9, requests: 10 });
  });
  it('that are missing are no data', async () => {
    const onlyOld = ok(aList(ofBackend('web-old', counts('50', '50'))));
    expect(await answerTo(onlyOld, { resource: 'trafficsplits' })).toMatchObject({ kind: 'noData' });
  });
  it('may come alone', async () => {
    expect(await answerTo(ok(ofBackend('web-abc', counts('1', '0'))), { resource: 'trafficsplits' })).toMatchObject({ kind: 'value' });
    expect(await answerTo(ok(ofBackend('web-old', counts('1', '0'))), { resource: 'trafficsplits' })).toMatchObject({ kind: 'invalid' });
  });
});

describe('discovery', () => {
  it('is asked once for many questions, and again after a 404', async () => {
    const source = createTrafficMetricsSource();
    const { asked, io } = aServer(ok(anItem(counts('1', '0'))));
    await source.ask(ask(), io, never);
    await source.ask(ask({ windowMs: 90_000 }), io, never);
    expect(asked).toEqual([
      '/apis/metrics.smi-spec.io',
      '/apis/metrics.smi-spec.io/v1alpha1',
      '/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments/web-abc?t=1m',
      '/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments/web-abc?t=1m30s',
    ]);
    const gone = aServer(httpFailure(404, 'gone'));
    await source.ask(ask(), gone.io, never);
    await source.ask(ask(), gone.io, never);
    expect(gone.asked.filter((path) => path === '/apis/metrics.smi-spec.io')).toHaveLength(1);
  });

  it('takes a server without a list of resources for one of deployments', async () => {
    const { io } = aServer(ok(anItem(counts('1', '0'))), { v1alpha1: undefined });
    expect(await createTrafficMetricsSource().ask(ask(), io, never)).toMatchObject({ kind: 'value' });
  });

  it.each([
    [{ v1alpha1: ['deployments'], v1alpha2: ['deployments', 'trafficsplits'] }, 'deployments', 'v1alpha2'],
    [{ v1alpha1: ['deployments'], v1alpha2: ['deployments'] }, 'deployments', 'v1alpha1'],
    [{ v1alpha2: ['deployments'] }, 'deployments', 'v1alpha2'],
    [{ v1alpha1: ['deployments', 'trafficsplits'] }, 'trafficsplits', 'v1alpha1'],
    [{ v1alpha1: ['deployments'] }, 'trafficsplits', undefined],
    [{}, 'deployments', undefined],
  ] as const)('of %o for %s chooses %s', (served, resource, version) => {
    expect(chooseVersion(served, resource)).toBe(version);
  });
});

describe('quantities', () => {
  it.each([
    ['10m', 0.01],
    ['1500m', 1.5],
    ['1k', 1e3],
    ['2M', 2e6],
    ['1Ki', 1024],
    ['1e3', 1e3],
    ['1E3', 1e3],
    ['3E', 3e18],
    ['.5', 0.5],
    ['7n', 7e-9],
    ['-1', -1],
    ['', undefined],
    ['1 k', undefined],
    ['k', undefined],
    ['1kk', undefined],
    ['NaN', undefined],
    [true, undefined],
    [null, undefined],
    [Number.NaN, undefined],
  ])('%s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });
});
