import { describe, expect, it, test } from 'vitest';
import { seededRandom, VirtualClock } from '../../lib/index.ts';
import type { PortAnswer } from '../http-port.ts';
import { createPrometheusApi, meshTargets, Scraper, TimeSeriesStore } from '../prometheus/index.ts';
import { type RequestBatch, RequestLedger } from '../requests.ts';
import { createTrafficMetricsApi } from './api.ts';
import { goDuration, quantityOf } from './quantity.ts';
import { plainQuirks, type Quirks, smiMetrics, smiMetricsDraft } from './quirks.ts';
import { askEngine, askPort } from './samples.ts';

const startMs = Date.UTC(2026, 0, 1);

const batch = (given: Partial<RequestBatch>): RequestBatch => ({
  atMs: 0,
  namespace: 'shop',
  rootService: 'web',
  port: 80,
  split: 'web',
  backendService: 'web-1',
  server: { workload: 'web-1', pod: 'web-1-a' },
  client: { kind: 'meshed', namespace: 'shop', workload: 'curl' },
  status: 200,
  latencyMs: 12,
  count: 1,
  ...given,
});

const canary = { backendService: 'web-2', server: { workload: 'web-2', pod: 'web-2-a' } };

/** Linkerd with a stable revision of 9 requests a second and a canary of one, a fifth of its answers 503; scraped every 10 s. */
async function aMesh(quirks?: Quirks, { seconds = 60, overPort = false }: { readonly seconds?: number; readonly overPort?: boolean } = {}) {
  const clock = new VirtualClock(startMs);
  const store = new TimeSeriesStore();
  const random = seededRandom(1);
  const ledger = new RequestLedger();
  const scraper = new Scraper({ store, clock, random, targets: meshTargets('linkerd', ledger), intervalMs: 10_000, isSpread: false });
  const prometheus = createPrometheusApi({ store, clock, random });
  const splits = {
    web: {
      service: 'web',
      backends: [
        { service: 'web-2', weight: 10 },
        { service: 'web-1', weight: 90 },
      ],
    },
  };
  const api = createTrafficMetricsApi({
    ...{ clock, random, ask: overPort ? askPort(prometheus.answer) : askEngine(prometheus.engine) },
    splitOf: (namespace, name) => (namespace === 'shop' && name === 'web' ? splits.web : undefined),
    ...(quirks === undefined ? {} : { quirks }),
  });
  scraper.start();
  const run = async (more: number) => {
    for (let second = 0; second < more; second++) {
      ledger.record(batch({ count: 9 }));
      ledger.record(batch({ ...canary, status: second % 5 === 4 ? 503 : 200, latencyMs: 42 }));
      await clock.advance(1_000);
    }
  };
  await run(seconds);
  const get = (path: string): PortAnswer => api.answer({ method: 'GET', url: `/apis/metrics.smi-spec.io${path}` });
  return { ...api, prometheus, clock, ledger, get, run };
}

function jsonOf(answer: PortAnswer) {
  if (answer.kind !== 'reply') throw new Error(answer.kind);
  return { status: answer.status, body: JSON.parse(answer.body) };
}

const valuesOf = (object: { readonly metrics: readonly { readonly name: string; readonly value: string }[] }) =>
  Object.fromEntries(object.metrics.map(({ name, value }) => [name, value]));

const deployment = '/v1alpha1/namespaces/shop/deployments/web-2';

describe('one object, as smi-metrics gives it', () => {
  it('is a TrafficMetrics of the workload, with quantities in thousandths', async () => {
    const { get } = await aMesh();
    const { status, body } = jsonOf(get(`${deployment}?t=1m`));
    expect(status).toBe(200);
    expect(body).toEqual({
      kind: 'TrafficMetrics',
      apiVersion: 'metrics.smi-spec.io/v1alpha1',
      metadata: {
        name: 'web-2',
        namespace: 'shop',
        selfLink: '/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/deployments/web-2',
        creationTimestamp: '2026-01-01T00:01:00Z',
      },
      timestamp: '2026-01-01T00:01:00Z',
      window: '1m0s',
      resource: { kind: 'Deployment', namespace: 'shop', name: 'web-2' },
      edge: { direction: 'from', resource: null },
      metrics: [
        { name: 'p99_response_latency', unit: 'ms', value: '49900m' },
        { name: 'p90_response_latency', unit: 'ms', value: '49' },
        { name: 'p50_response_latency', unit: 'ms', value: '45' },
        // 47 and 11 in truth: the first scrape came after the first second, and the rest is extrapolated.
        { name: 'success_count', value: expect.stringMatching(/^4\d+m?$/) },
        { name: 'failure_count', value: expect.stringMatching(/^1\d+m?$/) },
      ],
    });
  });

  it('covers the window that is asked for, 30 s where none or an unreadable one is', async () => {
    const { get } = await aMesh(undefined, { seconds: 120 });
    const windowOf = (t: string) => jsonOf(get(`${deployment}${t}`)).body.window;
    expect(['', '?t=2m', '?t=90s', '?t=1h', '?t=soon', '?t='].map(windowOf)).toEqual(['30s', '2m0s', '1m30s', '1h0m0s', '30s', '30s']);
    expect(valuesOf(jsonOf(get(deployment)).body)).toMatchObject({ success_count: '24', failure_count: '6' });
  });

  it('counts fractions of requests', async () => {
    const { get } = await aMesh(undefined, { seconds: 97 });
    expect(valuesOf(jsonOf(get(`${deployment}?t=47s`)).body).success_count).toBe('37600m');
  });

  it.each<[Quirks['silence'], number, object]>([
    ['error', 500, { error: 'unable to lookup metrics' }],
    ['emptyList', 200, { kind: 'TrafficMetricsList', items: [] }],
    ['zeroes', 200, { kind: 'TrafficMetrics', resource: { name: 'web-3' } }],
    ['notFound', 404, { kind: 'Status', reason: 'NotFound', message: 'deployments.metrics.smi-spec.io "web-3" not found' }],
  ])('says "%s" where no series match', async (silence, status, body) => {
    const { get } = await aMesh({ ...smiMetrics, silence });
    expect(jsonOf(get('/v1alpha1/namespaces/shop/deployments/web-3?t=1m'))).toMatchObject({ status, body });
  });

  it('is silent with a single scrape, and says 0 for a latency that nobody measured', async () => {
    const early = await aMesh(undefined, { seconds: 9 });
    expect(jsonOf(early.get(deployment)).status).toBe(500);
    const { get, run, faults } = await aMesh();
    faults.add({ kind: 'value', change: (samples) => samples.filter(({ value }) => value < 40 || value > 50) });
    await run(0);
    expect(valuesOf(jsonOf(get(`${deployment}?t=30s`)).body)).toMatchObject({ p99_response_latency: '0', success_count: '24' });
  });

  it('makes the smallest int64 of a latency that is no number, or 0 on another machine', async () => {
    const quiet = async (quirks: Quirks) => {
      const mesh = await aMesh(quirks);
      await mesh.clock.advance(40_000);
      return valuesOf(jsonOf(mesh.get(`${deployment}?t=30s`)).body);
    };
    const nothing = { success_count: '0', failure_count: '0' };
    expect(await quiet(smiMetrics)).toMatchObject({ p99_response_latency: '-9223372036854775808m', ...nothing });
    expect(await quiet({ ...smiMetrics, notANumber: 'zero' })).toMatchObject({ p99_response_latency: '0', ...nothing });
  });

  it('takes latencies from the last two scrapes alone, unless told otherwise', async () => {
    const slowAtLast = async (quirks: Quirks) => {
      const { get, ledger, run } = await aMesh(quirks, { seconds: 100 });
      ledger.record(batch({ ...canary, latencyMs: 900, count: 50 }));
      await run(20);
      return valuesOf(jsonOf(get(`${deployment}?t=1m`)).body).p90_response_latency;
    };
    expect(await slowAtLast(smiMetrics)).toBe('49');
    expect(await slowAtLast({ ...smiMetrics, latency: 'rate' })).not.toBe('49');
  });

  it('can round its counts, come as a list, speak of seconds, and be deaf to the window', async () => {
    const { get } = await aMesh({ ...smiMetrics, counts: 'whole', single: 'list', unit: 'seconds', hearsWindow: false }, { seconds: 97 });
    const { body } = jsonOf(get(`${deployment}?t=1m`));
    expect(body).toMatchObject({ kind: 'TrafficMetricsList', items: [{ window: '30s', resource: { name: 'web-2' } }] });
    expect(body.items[0].metrics[2]).toEqual({ name: 'p50_response_latency', unit: 'seconds', value: '45m' });
    expect(jsonOf((await aMesh({ ...smiMetrics, counts: 'whole' })).get(`${deployment}?t=47s`)).body.metrics[3].value).toBe('38');
  });

  it('cannot answer for a part of a second, which Prometheus does not read', async () => {
    const { get } = await aMesh();
    expect(jsonOf(get(`${deployment}?t=10040ms`))).toEqual({ status: 500, body: { error: 'unable to lookup metrics' } });
  });
});

describe('lists, edges and splits', () => {
  it('lists every workload of a namespace, or of all', async () => {
    const { get } = await aMesh();
    for (const path of ['/v1alpha1/namespaces/shop/deployments?t=1m', '/v1alpha1/deployments?t=1m']) {
      const { body } = jsonOf(get(path));
      expect(body).toMatchObject({ kind: 'TrafficMetricsList', apiVersion: 'metrics.smi-spec.io/v1alpha1' });
      expect(body.items.map((item: { resource: unknown }) => item.resource)).toEqual([
        { kind: 'Deployment', namespace: 'shop', name: 'web-1' },
        { kind: 'Deployment', namespace: 'shop', name: 'web-2' },
      ]);
    }
    expect(jsonOf(get('/v1alpha1/namespaces/other/deployments')).body.items).toEqual([]);
  });

  it('knows pods too', async () => {
    const { get } = await aMesh();
    expect(jsonOf(get('/v1alpha1/namespaces/shop/pods/web-1-a?t=1m')).body.resource).toEqual({
      kind: 'Pod',
      namespace: 'shop',
      name: 'web-1-a',
    });
  });

  it('gives the backends of a split as a list, only in v1alpha2, only those that were called', async () => {
    const { get } = await aMesh(smiMetricsDraft);
    const { body } = jsonOf(get('/v1alpha2/namespaces/shop/trafficsplits/web?t=1m'));
    expect(body).toMatchObject({ kind: 'TrafficMetricsList', apiVersion: 'metrics.smi-spec.io/v1alpha2' });
    expect(body.items).toMatchObject([
      {
        resource: { kind: 'Trafficsplit', namespace: 'shop', name: 'web' },
        edge: { direction: 'from', side: 'client', resource: null },
        backend: { apex: 'web', name: 'web-1', weight: '90' },
      },
      { backend: { apex: 'web', name: 'web-2', weight: '10' } },
    ]);
    expect(valuesOf(body.items[1])).toMatchObject({ p50_response_latency: '45' });
    expect(jsonOf(get('/v1alpha2/namespaces/shop/trafficsplits/none')).status).toBe(500);
    expect(jsonOf(get('/v1alpha1/namespaces/shop/trafficsplits/web'))).toEqual({
      status: 404,
      body: { error: 'Unsupported resource: trafficsplits' },
    });
  });

  it('gives an edge for each caller and each callee', async () => {
    const { get } = await aMesh();
    const edgesOf = (name: string) =>
      jsonOf(get(`/v1alpha1/namespaces/shop/deployments/${name}/edges?t=1m`)).body.items.map((item: { edge: unknown }) => item.edge);
    const to = (direction: string, name: string) => ({ direction, resource: { kind: 'Deployment', namespace: 'shop', name } });
    expect(edgesOf('web-2')).toEqual([to('from', 'curl')]);
    expect(edgesOf('curl')).toEqual([to('to', 'web-1'), to('to', 'web-2')]);
  });
});

describe('discovery', () => {
  it('names the versions and their resources', async () => {
    const { get } = await aMesh(smiMetricsDraft);
    expect(jsonOf(get('')).body).toMatchObject({
      kind: 'APIGroup',
      name: 'metrics.smi-spec.io',
      versions: [{ version: 'v1alpha1' }, { groupVersion: 'metrics.smi-spec.io/v1alpha2' }],
      preferredVersion: { version: 'v1alpha1' },
    });
    const namesOf = (version: string) => jsonOf(get(`/${version}`)).body.resources.map(({ name }: { name: string }) => name);
    expect(namesOf('v1alpha1')).toEqual(['deployments', 'pods']);
    expect(namesOf('v1alpha2')).toEqual(['deployments', 'pods', 'trafficsplits']);
  });

  it('answers 404 to what is not served, and refuses to write', async () => {
    const { get, answer } = await aMesh(smiMetrics);
    const statusOf = (path: string) => (get(path) as { status?: number }).status;
    expect(['/v1alpha2', '/v1alpha3', '/v1alpha1/nodes', '/v1alpha1/namespaces/shop/deployments/web-2/more'].map(statusOf)).toEqual([
      404, 404, 404, 404,
    ]);
    expect(statusOf('/v1alpha1/namespaces/%zz/deployments')).toBe(400);
    expect(jsonOf(answer({ method: 'PUT', url: `/apis/metrics.smi-spec.io${deployment}` })).status).toBe(405);
  });
});

describe('faults', () => {
  it.each([
    ['down', { kind: 'down' }, { kind: 'reply', status: 503, body: 'service unavailable\n' }],
    ['silent', { kind: 'silent' }, { kind: 'silence' }],
    ['status', { kind: 'status', status: 429 }, { kind: 'reply', status: 429 }],
    ['slow', { kind: 'slow', delayMs: 20_000 }, { kind: 'reply', status: 200, afterMs: 20_000 }],
    ['garbage', { kind: 'garbage' }, { body: expect.stringContaining('\uFFFD') }],
    ['truncated', { kind: 'truncated' }, { brokenAfterBytes: expect.any(Number) }],
  ] as const)('%s', async (_, fault, answer) => {
    const { get, faults } = await aMesh();
    faults.add(fault);
    expect(get(`${deployment}?t=1m`)).toMatchObject(answer);
  });

  it('old: everything as it was so long ago', async () => {
    const { get, faults } = await aMesh(undefined, { seconds: 120 });
    faults.add({ kind: 'old', ageMs: 60_000 });
    expect(jsonOf(get(`${deployment}?t=30s`)).body).toMatchObject({ timestamp: '2026-01-01T00:01:00Z', window: '30s' });
  });

  it('a window, a metric and a name that nobody asked for', async () => {
    const { get, faults } = await aMesh(undefined, { seconds: 120 });
    faults.add({ kind: 'window', windowMs: 300_000 });
    faults.add({ kind: 'without', metric: 'failure_count' });
    faults.add({ kind: 'stranger', name: 'web-9' });
    const { body } = jsonOf(get(`${deployment}?t=30s`));
    expect(body).toMatchObject({ window: '5m0s', resource: { name: 'web-9' } });
    expect(Object.keys(valuesOf(body))).not.toContain('failure_count');
  });

  it('NaN in place of every number', async () => {
    const { get, faults } = await aMesh();
    faults.add({ kind: 'value', change: (samples) => samples.map((sample) => ({ ...sample, value: Number.NaN })) });
    const values = Object.values(valuesOf(jsonOf(get(`${deployment}?t=1m`)).body));
    expect(new Set(values)).toEqual(new Set(['-9223372036854775808m']));
  });

  it('says the same of a Prometheus that is down as of a workload without series', async () => {
    const { get, prometheus } = await aMesh(undefined, { overPort: true });
    expect(jsonOf(get(`${deployment}?t=1m`)).status).toBe(200);
    for (const fault of [
      { kind: 'down' },
      { kind: 'garbage' },
      { kind: 'slow', delayMs: 60_000 },
      { kind: 'status', status: 500 },
    ] as const) {
      prometheus.faults.clear();
      prometheus.faults.add(fault);
      expect(jsonOf(get(`${deployment}?t=1m`))).toEqual({ status: 500, body: { error: 'unable to lookup metrics' } });
    }
    prometheus.faults.clear();
    prometheus.faults.add({ kind: 'value', next: () => Number.NEGATIVE_INFINITY });
    expect(valuesOf(jsonOf(get(`${deployment}?t=1m`)).body).success_count).toBe('-9223372036854775808m');
  });
});

it('serves whole counts and answers of the API machinery where it is asked to be plain', async () => {
  const { get } = await aMesh(plainQuirks, { seconds: 97 });
  expect(valuesOf(jsonOf(get('/v1alpha2/namespaces/shop/deployments/web-2?t=47s')).body).success_count).toBe('38');
  expect(jsonOf(get('/v1alpha2/namespaces/shop/deployments/none')).body).toMatchObject({ kind: 'Status', code: 404 });
});

test.each([
  [73.492, '73492m'],
  [0.0004, '0'],
  [0.0019, '1m'],
  [-0.5, '-500m'],
  [1, '1'],
  [1_000, '1k'],
  [1_500, '1500'],
  [2_000_000, '2M'],
  [3e12, '3T'],
  [Number.NaN, '-9223372036854775808m'],
  [Number.POSITIVE_INFINITY, '-9223372036854775808m'],
  [1e16, '-9223372036854775808m'],
])('the quantity of %f is %s', (value, quantity) => {
  expect(quantityOf(value)).toBe(quantity);
});

test.each([
  [0, '0s'],
  [250, '250ms'],
  [1_500, '1.5s'],
  [30_000, '30s'],
  [60_000, '1m0s'],
  [3_661_000, '1h1m1s'],
])('%i ms are %s to Go', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
