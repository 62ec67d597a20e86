import { describe, expect, test } from 'vitest';
import type { Answer } from '../core/analysis/question.ts';
import { systemClock } from '../lib/clock.ts';
import { ok } from '../lib/result.ts';
import type { PrometheusReply } from './prometheus-http.ts';
import { createSources } from './registry.ts';
import type { MetricIo, ProviderOf } from './source.ts';
import { testIo } from './testing/io.ts';

type Row = { readonly value: string; readonly labels?: Readonly<Record<string, string>> };
const never = new AbortController().signal;
const subjectOf = (workload: string) => ({ namespace: 'shop', workload, service: workload, rootService: 'web', split: 'web' });
const target = { timeoutMs: 5_000, headers: [] } as const;
const builtin = (name: 'successRate' | 'p99', workload: string): ProviderOf<'prometheusBuiltin'> => ({
  ...{ kind: 'prometheusBuiltin', builtin: name, mesh: 'linkerd', windowMs: 60_000, ...target },
  subject: subjectOf(workload),
});
const query = (of: string): ProviderOf<'prometheus'> => ({ kind: 'prometheus', query: `good_${of}`, countQuery: `all_${of}`, ...target });

/** Answers each query by the rows that `answers` gives it. */
async function ask(
  provider: Omit<ProviderOf<'comparison'>, 'kind'>,
  answers: (query: string) => readonly Row[],
  io: Partial<MetricIo> = {},
) {
  const asked: string[] = [];
  const instantQuery: MetricIo['instantQuery'] = async (call): Promise<PrometheusReply> => {
    asked.push(call.query);
    const result = answers(call.query).map(({ value, labels = {} }) => ({ metric: labels, value: [systemClock.nowMs() / 1_000, value] }));
    return { kind: 'reply', status: 200, headers: {}, body: { status: 'success', data: { resultType: 'vector', result } } };
  };
  const source = createSources()('comparison');
  const answer: Answer = await source.ask(
    { kind: 'comparison', ...provider },
    testIo({ prometheusAddress: 'http://prometheus:9090', instantQuery, ...io }),
    never,
  );
  return { answer, asked };
}

const row = (name: string, value: string, more: Readonly<Record<string, string>> = {}): Row => ({
  value,
  labels: { sluice_row: name, ...more },
});

describe('both sides of a comparison', () => {
  const rates = { canary: builtin('successRate', 'web-2'), stable: builtin('successRate', 'web-1') };

  test('builtin: one request, counts of each, and how much they may be stretched', async () => {
    const { answer, asked } = await ask(rates, () => [
      ...[row('canary_good', '95.5'), row('canary_all', '100.5'), row('canary_scrapes', '4')],
      ...[row('stable_good', '900'), row('stable_all', '900'), row('stable_scrapes', '5')],
    ]);
    expect(answer).toEqual({
      ...{ kind: 'rates', canary: { successes: 95.5, total: 100.5 }, stable: { successes: 900, total: 900 } },
      inflation: 4 / 3,
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('deployment="web-2"');
    expect(asked[0]).toContain('deployment="web-1"');
  });

  test('builtin: a canary without a series of successes has failed each request; without any series it is silent', async () => {
    const rows = [row('stable_good', '900'), row('stable_all', '900')];
    expect((await ask(rates, () => [...rows, row('canary_all', '100')])).answer).toMatchObject({
      kind: 'rates',
      canary: { successes: 0, total: 100 },
    });
    expect((await ask(rates, () => rows)).answer).toMatchObject({ kind: 'noData', message: expect.stringMatching(/^canary: no series/) });
    const both = [row('canary_all', '100'), row('stable_all', '900')];
    expect((await ask(rates, () => both)).answer).toMatchObject({ kind: 'noData', message: expect.stringMatching(/on either side/) });
  });

  test('queries: successes and all of each side', async () => {
    const values: Readonly<Record<string, string>> = { good_2: '95', all_2: '100', good_1: '99', all_1: '100' };
    const { answer, asked } = await ask({ canary: query('2'), stable: query('1') }, (text) => [{ value: values[text] ?? 'NaN' }]);
    expect(answer).toEqual({ kind: 'rates', canary: { successes: 95, total: 100 }, stable: { successes: 99, total: 100 } });
    expect(asked.toSorted()).toEqual(['all_1', 'all_2', 'good_1', 'good_2']);
  });

  test('queries: several series, NaN and silence are told by side, the worst first', async () => {
    const sides = { canary: query('2'), stable: query('1') };
    const answers = (of: Readonly<Record<string, readonly Row[]>>) => async () =>
      (await ask(sides, (text) => of[text] ?? [{ value: '10' }])).answer;
    expect(await answers({ all_1: [{ value: '1' }, { value: '2' }], all_2: [] })()).toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/^stable: .*2 series/),
    });
    expect(await answers({ all_2: [] })()).toMatchObject({ kind: 'noData', message: expect.stringMatching(/^canary: /) });
    expect(await answers({ all_1: [{ value: 'NaN' }] })()).toMatchObject({ kind: 'noData', message: expect.stringMatching(/^stable: /) });
  });

  test('TrafficMetrics: counts by the rate and the requests behind it', async () => {
    const kubeGet: MetricIo['kubeGet'] = async (path) => {
      if (path.endsWith('.io')) return ok({ versions: [{ version: 'v1alpha1' }] });
      if (path.endsWith('v1alpha1')) return ok({ resources: [{ name: 'deployments' }] });
      const name = path.split('/').at(-1);
      const [success, failure] = name === 'web-2' ? ['75', '25'] : ['100', '0'];
      return ok({
        resource: { kind: 'Deployment', name },
        metrics: [
          { name: 'success_count', value: success },
          { name: 'failure_count', value: failure },
        ],
      });
    };
    const side = (workload: string) =>
      ({ kind: 'trafficMetrics', value: 'successRate', resource: 'deployments', subject: subjectOf(workload), windowMs: 60_000 }) as const;
    const { answer } = await ask({ canary: side('web-2'), stable: side('web-1') }, () => [], { kubeGet });
    expect(answer).toMatchObject({ kind: 'rates', canary: { successes: 75, total: 100 }, stable: { successes: 100, total: 100 } });
  });

  test('latencies: buckets that both have, in milliseconds, never falling', async () => {
    const seconds = { ...builtin('p99', 'web-2'), mesh: 'traefik-mesh' };
    const buckets = (name: string, counts: Readonly<Record<string, string>>) =>
      Object.entries(counts).map(([le, value]) => row(`${name}_slow`, value, { le }));
    const { answer } = await ask({ canary: seconds, stable: { ...seconds, subject: subjectOf('web-1') } }, () => [
      ...buckets('canary', { '0.1': '5', '0.5': '4.9', '1': '9', '+Inf': '10' }),
      ...buckets('stable', { '0.1': '9', '0.5': '10', '2': '10', '+Inf': '10' }),
    ]);
    expect(answer).toEqual({
      ...{ kind: 'latencies', bounds: [100, 500], canary: { cumulative: [5, 5], total: 10 }, stable: { cumulative: [9, 10], total: 10 } },
    });
    const halves = { canary: builtin('p99', 'web-2'), stable: builtin('p99', 'web-1') };
    expect((await ask(halves, () => buckets('canary', { '1': '1', '+Inf': '1' }))).answer).toMatchObject({
      kind: 'noData',
      message: expect.stringMatching(/^stable: no histogram/),
    });
    const without = [...buckets('canary', { '1': '1' }), ...buckets('stable', { '1': '1', '+Inf': '1' })];
    expect((await ask(halves, () => without)).answer).toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/^canary: .*no \+Inf/),
    });
  });
});
