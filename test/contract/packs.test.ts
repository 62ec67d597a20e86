// The ready-made templates as they are shipped, from their YAML to a verdict: each asks about canaries in the situations that a rollout meets, whose answers
// to every query were recorded of a real Prometheus (prometheus/rows/templates.table).
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { askingOf } from '../../src/core/analysis/ask.ts';
import { type AnalysisTemplateSpec, analysisTemplateSpecSchema, judge, type Metric, scopeOf } from '../../src/core/analysis/index.ts';
import { failureFromStatus } from '../../src/kube/failure.ts';
import { seededRandom, VirtualClock } from '../../src/lib/index.ts';
import { fail, ok } from '../../src/lib/result.ts';
import { createSources, dialects, type MetricIo } from '../../src/metrics/index.ts';
import { testIo } from '../../src/metrics/testing/io.ts';
import { createPrometheusApi, TimeSeriesStore } from '../../src/sandbox/prometheus/index.ts';
import { askEngine, createTrafficMetricsApi, smiMetrics } from '../../src/sandbox/traffic-metrics/index.ts';
import { seriesOf, startMsOf } from './prometheus/fixtures.ts';
import { type SituationName, situations } from './prometheus/situations.ts';

const folder = 'analysis-templates';
interface Pack {
  readonly pack: string;
  /** Undefined: its queries are of one mesh already. */
  readonly mesh?: string;
  readonly specs: readonly AnalysisTemplateSpec[];
}

const packs = readdirSync(folder).map((file): Pack => {
  const documents = parseAllDocuments(readFileSync(`${folder}/${file}`, 'utf8')).map((document) => document.toJS());
  return { pack: file.replace('.yaml', ''), specs: documents.map(({ spec }) => analysisTemplateSpecSchema.parse(spec)) };
});

const store = new TimeSeriesStore();
for (const name of Object.keys(situations) as SituationName[]) {
  for (const { labels, samples } of seriesOf(name)) {
    for (const { atMs, value } of samples) {
      if (value === 'stale') store.markStale(labels, atMs);
      else store.append(labels, atMs, value);
    }
  }
}

/** Prometheus, and smi-metrics in front of it, 150 seconds into the situation: where the answers were recorded. */
function anIo(situation: SituationName, mesh: string | undefined): MetricIo {
  const clock = new VirtualClock(startMsOf(situation) + 150_000);
  const random = seededRandom(1);
  const prometheus = createPrometheusApi({ store, clock, random });
  const smi = createTrafficMetricsApi({ clock, random, ask: askEngine(prometheus.engine), splitOf: () => undefined, quirks: smiMetrics });
  return testIo({
    ...{ clock, mesh, prometheusAddress: 'http://prometheus:9090/' },
    instantQuery: async ({ query }) => {
      const body = new URLSearchParams({ query }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = prometheus.answer({ method: 'POST', url: '/api/v1/query', headers, body });
      if (answer.kind !== 'reply') throw new Error(answer.kind);
      return { kind: 'reply', status: answer.status, headers: {}, body: JSON.parse(answer.body) };
    },
    kubeGet: async (path, query) => {
      const answer = smi.answer({ method: 'GET', url: `${path}?${new URLSearchParams(query)}` });
      if (answer.kind !== 'reply') throw new Error(answer.kind);
      if (answer.status >= 300) return fail(failureFromStatus({ status: answer.status, body: answer.body, isWrite: false }));
      return ok(JSON.parse(answer.body));
    },
  });
}

const canary = { namespace: 'shop', rollout: 'web', service: 'web', canaryService: 'web-2', canaryWorkload: 'web-2', window: '1m' };

async function resultOf(spec: AnalysisTemplateSpec, io: MetricIo): Promise<readonly (readonly [string, string])[]> {
  const scope = scopeOf(spec.args, canary);
  const one = async (metric: Metric) => {
    const asking = askingOf(metric, scope, { namespace: 'shop' });
    if (!asking.ok) return asking.failure.map(({ message }) => message).join();
    const { provider } = asking.value.question;
    const answer = await createSources()(provider.kind).ask(provider, io, new AbortController().signal);
    return judge(metric, answer, scope).result;
  };
  return Promise.all(spec.metrics.map(async (metric) => [metric.name, await one(metric)] as const));
}

/** What a person who knows the requests would say: at least 99 % succeed, and the slowest of a hundred takes no more than 500 ms. */
const truth: Readonly<Record<SituationName, { readonly 'success-rate': string; readonly 'latency-p99': string }>> = {
  healthy: { 'success-rate': 'Pass', 'latency-p99': 'Fail' },
  failing20: { 'success-rate': 'Fail', 'latency-p99': 'Fail' },
  // All fail, and fast: a rate of 0 and not silence, though no series of a success was ever there.
  failing100: { 'success-rate': 'Fail', 'latency-p99': 'Pass' },
  slow: { 'success-rate': 'Pass', 'latency-p99': 'Fail' },
  silentSince60: { 'success-rate': 'NoData', 'latency-p99': 'NoData' },
  neverCalled: { 'success-rate': 'NoData', 'latency-p99': 'NoData' },
  firstSample: { 'success-rate': 'NoData', 'latency-p99': 'NoData' },
  restarted: { 'success-rate': 'Fail', 'latency-p99': 'Fail' },
};

/** The pack whose queries are the detected mesh's is asked in each of them. */
const asked = packs.flatMap(({ pack, specs }): readonly Pack[] =>
  pack === 'builtin' ? dialects.map(({ mesh }) => ({ pack, mesh, specs })) : [{ pack, specs }],
);

describe.each(asked)('the pack $pack $mesh', ({ specs, mesh }) => {
  it.each(Object.entries(truth))('of a canary that is %s', async (situation, expected) => {
    const io = anIo(situation as SituationName, mesh);
    const results = (await Promise.all(specs.map((spec) => resultOf(spec, io)))).flat();
    expect(Object.fromEntries(results)).toEqual(expected);
  });
});
