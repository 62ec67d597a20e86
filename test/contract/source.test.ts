import { expect, it } from 'vitest';
import { failureFromStatus, localFailure } from '../../src/kube/failure.ts';
import { fail, ok } from '../../src/lib/result.ts';
import { createSources, type MetricIo, type ProviderOf, sourceKinds } from '../../src/metrics/index.ts';
import { json, type Respond, startServer, vector } from '../../src/metrics/testing/http-server.ts';
import { testIo, toTestServer } from '../../src/metrics/testing/io.ts';
import { describeMetricSource, type ServerMood, type SourceBed } from './source.contract.ts';

const subject = { namespace: 'shop', workload: 'web-1', service: 'web-1', rootService: 'web', split: 'web' };

/** A Prometheus in a mood; `rows` labels the rows of a combined query. */
function aPrometheus(label: string | undefined, answer?: (value: string) => object) {
  const row = (name: string, value: string) => ({ value, labels: label === undefined ? {} : { [label]: name } });
  const rows =
    answer ?? ((value: string) => vector(label === undefined ? [row('value', value)] : [row('value', value), row('requests', '10')]));
  const moods: Readonly<Record<ServerMood, Respond>> = {
    value: (response) => json(response, rows('0.5')),
    zero: (response) => json(response, rows('0')),
    noData: (response) => json(response, vector([])),
    refuses: (response) => json(response, { status: 'error', errorType: 'bad_data', error: 'no' }, 400),
    fails: (response) => json(response, { status: 'error', errorType: 'internal', error: 'no' }, 503),
    hangs: () => {},
  };
  return async (mood: ServerMood) => {
    const server = await startServer(moods[mood]);
    return { io: testIo({ prometheusAddress: server.url, mesh: 'istio' }), questions: () => server.requests.length, stop: server.close };
  };
}

function aTrafficMetricsServer(mood: ServerMood): { io: MetricIo; questions: () => number; stop: () => Promise<void> } {
  let questions = 0;
  const counts = (success: string, failure: string) =>
    ok({
      resource: { kind: 'Deployment', name: 'web-1' },
      metrics: [
        { name: 'success_count', value: success },
        { name: 'failure_count', value: failure },
      ],
    });
  const httpFailure = (status: number, body: string) => fail(failureFromStatus({ status, body, isWrite: false }));
  const kubeGet: MetricIo['kubeGet'] = (path, _, signal) => {
    if (path.endsWith('.io')) return Promise.resolve(ok({ versions: [{ version: 'v1alpha1' }] }));
    if (path.endsWith('v1alpha1')) return Promise.resolve(ok({ resources: [{ name: 'deployments' }] }));
    questions++;
    switch (mood) {
      case 'value':
        return Promise.resolve(counts('1', '1'));
      case 'zero':
        return Promise.resolve(counts('0', '1'));
      case 'noData':
        return Promise.resolve(httpFailure(500, '{"error":"unable to lookup metrics"}'));
      case 'refuses':
        return Promise.resolve(httpFailure(400, 'no'));
      case 'fails':
        return Promise.resolve(httpFailure(503, 'no'));
      case 'hangs':
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(fail(localFailure('aborted', 'stopped'))), { once: true });
        });
    }
  };
  return { io: testIo({ kubeGet }), questions: () => questions, stop: async () => {} };
}

const side = (workload: string): ProviderOf<'prometheusBuiltin'> => ({
  ...{ kind: 'prometheusBuiltin', builtin: 'successRate', mesh: 'auto', windowMs: 60_000, timeoutMs: 5_000, headers: [] },
  subject: { ...subject, workload, service: workload },
});

/** Both sides alike, in one answer. */
function aComparedPrometheus(mood: ServerMood) {
  const rows = (good: string) =>
    vector(
      ['canary', 'stable'].flatMap((name) => [
        { value: good, labels: { sluice_row: `${name}_good` } },
        { value: '10', labels: { sluice_row: `${name}_all` } },
        { value: '5', labels: { sluice_row: `${name}_scrapes` } },
      ]),
    );
  return aPrometheus(undefined, rows)(mood);
}

/** A service of the test's own: its name is turned into the loopback address that no template may name. */
async function aWebService(mood: ServerMood) {
  const moods: Readonly<Record<ServerMood, Respond>> = {
    value: (response) => json(response, { data: { value: 0.5 } }),
    zero: (response) => json(response, { data: { value: 0 } }),
    noData: (response) => json(response, { data: {} }),
    refuses: (response) => json(response, {}, 400),
    fails: (response) => json(response, {}, 503),
    hangs: () => {},
  };
  const server = await startServer(moods[mood]);
  const io = testIo({ webExchange: toTestServer(server.url) });
  return { io, questions: () => server.requests.length, stop: server.close };
}

const target = { timeoutMs: 5_000, headers: [] } as const;
const providers: { readonly [Kind in (typeof sourceKinds)[number]]: Pick<SourceBed<Kind>, 'provider' | 'start' | 'answers'> } = {
  comparison: {
    provider: { kind: 'comparison', canary: side('web-2'), stable: side('web-1') },
    start: aComparedPrometheus,
    answers: {
      value: 'rates',
      zero: { kind: 'rates', canary: { successes: 0, total: 10 }, stable: { successes: 0, total: 10 } },
    },
  },
  prometheus: { provider: { kind: 'prometheus', query: 'up', ...target }, start: aPrometheus(undefined) },
  prometheusBuiltin: {
    provider: { kind: 'prometheusBuiltin', builtin: 'successRate', mesh: 'auto', subject, windowMs: 60_000, ...target },
    start: aPrometheus('sluice_row'),
  },
  trafficMetrics: {
    provider: { kind: 'trafficMetrics', value: 'successRate', resource: 'deployments', subject, windowMs: 60_000 },
    start: async (mood) => aTrafficMetricsServer(mood),
  },
  web: {
    provider: { kind: 'web', url: 'http://web.example/value', method: 'GET', path: ['data', 'value'], ...target },
    start: aWebService,
  },
};

for (const kind of sourceKinds) {
  const { provider, start, answers } = providers[kind];
  describeMetricSource(kind, () => ({
    ...{ source: createSources()(kind), provider: provider as ProviderOf<typeof kind>, start },
    ...(answers === undefined ? {} : { answers }),
  }));
}

it('every registered source is enrolled', () => {
  expect(Object.keys(providers).sort()).toEqual([...sourceKinds].sort());
});
