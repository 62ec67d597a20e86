// The metric sources that Sluice ships, asking the sandbox's servers: two witnesses who know nothing of each other must agree.
import { afterEach, describe, expect, it } from 'vitest';
import { failureFromStatus, localFailure } from '../../src/kube/failure.ts';
import { seededRandom, VirtualClock } from '../../src/lib/index.ts';
import { fail, ok } from '../../src/lib/result.ts';
import {
  askShare,
  askSharesTogether,
  createSources,
  dialectOf,
  type MetricIo,
  type ProviderOf,
  sharePartyOf,
} from '../../src/metrics/index.ts';
import { testIo } from '../../src/metrics/testing/io.ts';
import type { Port } from '../../src/sandbox/http-port.ts';
import { type SandboxServer, serve } from '../../src/sandbox/http-server.ts';
import {
  createPrometheusApi,
  type MeshName,
  meshNames,
  meshTargets,
  type PrometheusFault,
  Scraper,
  TimeSeriesStore,
} from '../../src/sandbox/prometheus/index.ts';
import { type RequestBatch, RequestLedger } from '../../src/sandbox/requests.ts';
import {
  askEngine,
  createTrafficMetricsApi,
  plainQuirks,
  type Quirks,
  smiMetrics,
  smiMetricsDraft,
  type TrafficMetricsFault,
} from '../../src/sandbox/traffic-metrics/index.ts';
import { describeMetricSource, type ServerMood } from './source.contract.ts';

const canary = { namespace: 'shop', workload: 'web-2', service: 'web-2', rootService: 'web', split: 'web' };
const stable = { ...canary, workload: 'web-1', service: 'web-1' };

interface Load {
  /** The canary's failures among a hundred requests. */
  readonly failing?: number;
  readonly seconds?: number;
  /** What comes to stable beside it, each second. */
  readonly strangers?: readonly Partial<RequestBatch>[];
}

const batch = (given: Partial<RequestBatch>): RequestBatch => ({
  atMs: 0,
  namespace: 'shop',
  rootService: 'web',
  port: 80,
  split: 'web',
  backendService: 'web-1',
  server: { workload: 'web-1', pod: 'web-1-a' },
  client: { kind: 'meshed', namespace: 'shop', workload: 'load' },
  status: 200,
  latencyMs: 12,
  count: 1,
  ...given,
});

/** A mesh with 90 requests a second to stable and 10 to the canary, scraped every five seconds; nothing of it needs a socket. */
async function aSandbox(mesh: MeshName, { failing = 20, seconds = 120, strangers = [] }: Load = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const store = new TimeSeriesStore();
  const ledger = new RequestLedger();
  const scraper = new Scraper({ store, clock, random, targets: meshTargets(mesh, ledger), intervalMs: 5_000 });
  scraper.start();
  for (let second = 0; second < seconds; second++) {
    await clock.advance(1_000);
    ledger.record(batch({ count: 90 }));
    for (const stranger of strangers) ledger.record(batch(stranger));
    for (const [status, count] of [
      [200, 10 - failing / 10],
      [503, failing / 10],
    ] as const) {
      ledger.record(batch({ backendService: 'web-2', server: { workload: 'web-2', pod: 'web-2-a' }, status, count, latencyMs: 60 }));
    }
  }
  return { clock, random, prometheus: createPrometheusApi({ store, clock, random }) };
}

const servers: SandboxServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

/** The sandbox's Prometheus on a socket, for sources that speak HTTP. */
async function anIo(mesh: MeshName, load?: Load, ...faults: readonly PrometheusFault[]) {
  const { clock, prometheus } = await aSandbox(mesh, load);
  for (const fault of faults) prometheus.faults.add(fault);
  let questions = 0;
  const counted: Port = (request) => {
    questions++;
    return prometheus.answer(request);
  };
  const server = await serve(counted, { clock });
  servers.push(server);
  return { io: testIo({ prometheusAddress: server.url, mesh, clock }), questions: () => questions };
}

const kubeGetOver =
  (port: Port): MetricIo['kubeGet'] =>
  async (path, query, signal) => {
    const answer = port({ method: 'GET', url: `${path}?${new URLSearchParams(query)}` });
    if (answer.kind === 'silence') {
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(fail(localFailure('aborted', 'stopped'))), { once: true });
      });
    }
    if (answer.kind === 'refused') return fail(localFailure('network', 'refused'));
    if (answer.status >= 300) return fail(failureFromStatus({ status: answer.status, body: answer.body, isWrite: false }));
    try {
      return ok(JSON.parse(answer.body));
    } catch {
      return ok(answer.body);
    }
  };

async function aTrafficMetricsIo(quirks: Quirks, load?: Load, ...faults: readonly TrafficMetricsFault[]) {
  const { clock, random, prometheus } = await aSandbox('linkerd', load);
  const splits = {
    service: 'web',
    backends: [
      { service: 'web-2', weight: 10 },
      { service: 'web-1', weight: 90 },
    ],
  };
  const api = createTrafficMetricsApi({ clock, random, ask: askEngine(prometheus.engine), splitOf: () => splits, quirks });
  const isAbout = (path: string) => path.includes('/namespaces/');
  for (const fault of faults) api.faults.add(fault, { strikes: isAbout });
  let questions = 0;
  const counted: Port = (request) => {
    if (isAbout(request.url)) questions++;
    return api.answer(request);
  };
  return { io: testIo({ kubeGet: kubeGetOver(counted), clock }), questions: () => questions };
}

const target = { timeoutMs: 5_000, headers: [] } as const;
const builtin = (name: 'successRate' | 'p50' | 'p99' | 'requests'): ProviderOf<'prometheusBuiltin'> => ({
  ...{ kind: 'prometheusBuiltin', builtin: name, mesh: 'auto', subject: canary, windowMs: 60_000 },
  ...target,
});
const trafficMetrics = (value: 'successRate' | 'p99', resource: 'deployments' | 'trafficsplits'): ProviderOf<'trafficMetrics'> => ({
  ...{ kind: 'trafficMetrics', value, resource, subject: canary, windowMs: 60_000 },
});

const never = new AbortController().signal;
const sources = createSources();
const askQuery = (query: string, io: MetricIo) => sources('prometheus').ask({ kind: 'prometheus', query, ...target }, io, never);
const askBuiltin = (name: Parameters<typeof builtin>[0], io: MetricIo) => sources('prometheusBuiltin').ask(builtin(name), io, never);
const askTrafficMetrics = (io: MetricIo, ...what: Parameters<typeof trafficMetrics>) =>
  createSources()('trafficMetrics').ask(trafficMetrics(...what), io, never);

const moods: Readonly<Record<ServerMood, readonly PrometheusFault[]>> = {
  value: [],
  zero: [],
  noData: [{ kind: 'empty' }],
  refuses: [{ kind: 'status', status: 400 }],
  fails: [{ kind: 'status', status: 503 }],
  hangs: [{ kind: 'silent' }],
};
const loadIn = (mood: ServerMood): Load => (mood === 'zero' ? { failing: 100 } : {});

for (const mesh of ['istio', 'traefik-mesh'] as const) {
  describeMetricSource(`prometheusBuiltin on the sandbox's ${mesh}`, () => ({
    source: createSources()('prometheusBuiltin'),
    provider: builtin('successRate'),
    start: async (mood) => ({ ...(await anIo(mesh, loadIn(mood), ...moods[mood])), stop: async () => {} }),
  }));
}

describeMetricSource("trafficMetrics on the sandbox's smi-metrics", () => ({
  source: createSources()('trafficMetrics'),
  provider: trafficMetrics('successRate', 'deployments'),
  start: async (mood) => {
    const faults: readonly TrafficMetricsFault[] = mood === 'noData' ? [{ kind: 'value', change: () => [] }] : (moods[mood] as never);
    return { ...(await aTrafficMetricsIo(smiMetrics, loadIn(mood), ...faults)), stop: async () => {} };
  },
}));

describe.each(meshNames)('the builtin metrics of %s', (mesh) => {
  it('tell the truth about a canary that fails every fifth request', async () => {
    const { io } = await anIo(mesh);
    const rate = await askBuiltin('successRate', io);
    expect(rate).toMatchObject({ kind: 'value', value: expect.closeTo(0.8, 10), requests: expect.closeTo(600, 6) });
    const requests = await askBuiltin('requests', io);
    expect(requests).toMatchObject({ kind: 'value', value: expect.closeTo(600, 6) });
    const latency = await askBuiltin('p50', io);
    // 60 ms, as finely as the mesh's buckets tell.
    expect(latency).toMatchObject({ kind: 'value', value: expect.any(Number) });
    if (latency.kind === 'value')
      expect([Math.floor(latency.value / 51), Math.ceil(latency.value / 101)]).toEqual([mesh === 'traefik-mesh' ? 0 : 1, 1]);
  });

  it('say 0, not nothing, of a canary that fails every request', async () => {
    const { io } = await anIo(mesh, { failing: 100 });
    expect(await askBuiltin('successRate', io)).toMatchObject({ kind: 'value', value: 0 });
  });

  it('say nothing after a single scrape', async () => {
    const { io } = await anIo(mesh, { seconds: 5 });
    expect(await askBuiltin('successRate', io)).toMatchObject({ kind: 'noData' });
  });

  it('are the same whether they are asked together, in one request, or each apart', async () => {
    const { io, questions } = await anIo(mesh);
    const unknown = { ...canary, workload: 'web-9', service: 'web-9' };
    const asked = (['successRate', 'p50', 'p99', 'requests'] as const).flatMap((name) =>
      [canary, stable, unknown].map((subject) => ({ ...builtin(name), subject })),
    );
    const { together, ask } = sources('prometheusBuiltin');
    const answers = await together?.ask(asked, io, never);
    expect(questions()).toBe(1);
    expect(new Set(asked.map((provider) => together?.partyOf(provider, io))).size).toBe(1);
    expect(answers).toEqual(await Promise.all(asked.map((provider) => ask(provider, io, new AbortController().signal))));
    expect(answers?.filter(({ kind }) => kind === 'noData')).toHaveLength(4);
  });

  it('show the share of the canary', async () => {
    const { io } = await anIo(mesh);
    const dialect = dialectOf(mesh);
    if (dialect === undefined) throw new Error(mesh);
    const question = { canary, stable, windowStartedAtMs: 0, windowMs: 60_000, via: { kind: 'prometheus', dialect } } as const;
    const reading = await askShare(question, createSources(), io, never);
    expect(reading).toMatchObject({ hasSeries: true, canaryRequests: expect.closeTo(600, 6), stableRequests: expect.closeTo(5_400, 6) });
    expect(reading).not.toHaveProperty('failure');
  });

  it('show the same shares to many who ask together, in one request', async () => {
    const { io, questions } = await anIo(mesh);
    const dialect = dialectOf(mesh);
    if (dialect === undefined) throw new Error(mesh);
    const unknown = { ...canary, workload: 'web-9', service: 'web-9' };
    const asked = [
      { canary, stable, windowStartedAtMs: 0, windowMs: 60_000 },
      { canary: unknown, stable, windowStartedAtMs: 7, windowMs: 30_000 },
      { canary, stable, windowStartedAtMs: 0, windowMs: 1_000 },
    ].map((question) => ({ ...question, via: { kind: 'prometheus', dialect } as const }));
    const readings = await askSharesTogether(asked, io, never);
    expect(questions()).toBe(1);
    expect(new Set(asked.map(sharePartyOf))).toEqual(new Set([mesh]));
    expect(readings).toEqual(await Promise.all(asked.map((question) => askShare(question, createSources(), io, never))));
    expect(readings?.map(({ failure }) => failure)).toEqual([undefined, undefined, expect.stringMatching(/too short/)]);
  });

  it('leave out of the share who never met the split: clients without a proxy, and the probes', async () => {
    const passers = ['unmeshed', 'kubelet'] as const;
    const { io } = await anIo(mesh, { strangers: passers.map((kind) => ({ client: { kind }, split: undefined, count: 30 })) });
    const dialect = dialectOf(mesh);
    if (dialect === undefined) throw new Error(mesh);
    const question = { canary, stable, windowStartedAtMs: 0, windowMs: 60_000, via: { kind: 'prometheus', dialect } } as const;
    expect(await askShare(question, createSources(), io, never)).toMatchObject({
      ...{ canaryRequests: expect.closeTo(600, 6), stableRequests: expect.closeTo(5_400, 6) },
    });
  });
});

describe('each fault of Prometheus is taken for what it is', () => {
  it.each<[string, PrometheusFault, string]>([
    ['down', { kind: 'down' }, 'error'],
    ['a 500', { kind: 'status', status: 500 }, 'error'],
    ['a 429', { kind: 'status', status: 429, retryAfter: '7' }, 'error'],
    ['a 422', { kind: 'status', status: 422 }, 'invalid'],
    ['NaN', { kind: 'value', next: () => Number.NaN }, 'noData'],
    ['+Inf', { kind: 'value', next: () => Number.POSITIVE_INFINITY }, 'noData'],
    ['-Inf', { kind: 'value', next: () => Number.NEGATIVE_INFINITY }, 'noData'],
    ['no series', { kind: 'empty' }, 'noData'],
    ['two series', { kind: 'twoSeries' }, 'invalid'],
    ['a string', { kind: 'type', type: 'string' }, 'invalid'],
    ['a matrix', { kind: 'type', type: 'matrix' }, 'invalid'],
    ['a histogram', { kind: 'type', type: 'histogram' }, 'invalid'],
    ['an old answer', { kind: 'old', ageMs: 130_000 }, 'noData'],
    ['garbage', { kind: 'garbage' }, 'invalid'],
    ['half an answer', { kind: 'truncated' }, 'error'],
    ['more than 256 KiB', { kind: 'huge', bytes: 300_000 }, 'error'],
    ['a warning', { kind: 'notes', warnings: ['remote storage is slow'] }, 'value'],
  ])('%s', async (_, fault, kind) => {
    const { io, questions } = await anIo('istio', {}, fault);
    const query = 'sum(rate(istio_requests_total{reporter="destination",destination_workload="web-2"}[1m]))';
    expect(await askQuery(query, io)).toMatchObject({ kind });
    expect(questions()).toBe(1);
  });
});

describe('TrafficMetrics', () => {
  it.each([
    ['a deployment of smi-metrics', smiMetrics, 'deployments'],
    ['a deployment of the draft', smiMetricsDraft, 'deployments'],
    ['a split of the draft', smiMetricsDraft, 'trafficsplits'],
    ['a plain server', plainQuirks, 'trafficsplits'],
    ['a list in place of an object', { ...smiMetrics, single: 'list' }, 'deployments'],
    ['seconds in place of milliseconds', { ...smiMetrics, unit: 'seconds' }, 'deployments'],
  ] as const)('%s tells rate and latency', async (_, quirks, resource) => {
    const { io } = await aTrafficMetricsIo(quirks);
    const rate = await askTrafficMetrics(io, 'successRate', resource);
    expect(rate).toMatchObject({ kind: 'value', value: expect.closeTo(0.8, 3), requests: expect.closeTo(600, 0) });
    const latency = await askTrafficMetrics(io, 'p99', resource);
    // 99.5 ms; in seconds, quantities end at the millisecond.
    expect(latency).toMatchObject({ kind: 'value', value: expect.closeTo(99.3, 0) });
  });

  it.each<[string, Quirks, TrafficMetricsFault, string]>([
    ['no series', smiMetrics, { kind: 'value', change: () => [] }, 'noData'],
    ['an empty list', { ...smiMetrics, silence: 'emptyList' }, { kind: 'value', change: () => [] }, 'noData'],
    ['zeroes', { ...smiMetrics, silence: 'zeroes' }, { kind: 'value', change: () => [] }, 'noData'],
    ['the smallest int64', smiMetrics, { kind: 'value', change: (all) => all.map((each) => ({ ...each, value: Number.NaN })) }, 'noData'],
    ['an old object', smiMetrics, { kind: 'old', ageMs: 130_000 }, 'noData'],
    ['an object of a while ago', smiMetrics, { kind: 'old', ageMs: 110_000 }, 'value'],
    ['another object', smiMetrics, { kind: 'stranger', name: 'web-9' }, 'invalid'],
    ['no failures counted', smiMetrics, { kind: 'without', metric: 'failure_count' }, 'noData'],
    ['an API server that cannot reach it', smiMetrics, { kind: 'down' }, 'error'],
    ['garbage that begins as JSON', smiMetrics, { kind: 'garbage' }, 'error'],
    ['a longer window', smiMetrics, { kind: 'window', windowMs: 90_000 }, 'value'],
  ])('%s', async (_, quirks, fault, kind) => {
    const { io } = await aTrafficMetricsIo(quirks, { seconds: 300 }, fault);
    expect(await askTrafficMetrics(io, 'successRate', 'deployments')).toMatchObject({ kind });
  });

  it('shows the share of the canary', async () => {
    const { io } = await aTrafficMetricsIo(smiMetrics);
    const question = { canary, stable, windowStartedAtMs: 0, windowMs: 60_000, via: { kind: 'trafficMetrics' } } as const;
    expect(await askShare(question, createSources(), io, never)).toMatchObject({
      ...{ canaryRequests: expect.closeTo(600, 0), stableRequests: expect.closeTo(5_400, 0) },
    });
  });
});
