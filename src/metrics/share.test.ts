import { afterEach, describe, expect, it } from 'vitest';
import { failureFromStatus } from '../kube/failure.ts';
import { fail, ok } from '../lib/result.ts';
import { dialectOf } from './dialects.ts';
import { rowLabel } from './promql.ts';
import { createSources } from './registry.ts';
import { askShare, askSharesTogether, type ShareQuestion, shareQuery, shareWindowTooShort } from './share.ts';
import type { MetricIo } from './source.ts';
import { json, startServer, type TestServer, vector } from './testing/http-server.ts';
import { testIo } from './testing/io.ts';

let server: TestServer | undefined;
afterEach(async () => server?.close());
const never = new AbortController().signal;
const subject = (name: string) => ({ namespace: 'shop', workload: name, service: name, rootService: 'web', split: 'web' });

const aQuestion = (via?: ShareQuestion['via']): ShareQuestion => ({
  canary: subject('web-new'),
  stable: subject('web-old'),
  windowStartedAtMs: 1_000_000,
  windowMs: 30_000,
  via: via ?? { kind: 'prometheus', dialect: dialectOf('linkerd') ?? expect.fail() },
});

const rows = (counts: Readonly<Record<string, string>>) =>
  vector(Object.entries(counts).map(([name, value]) => ({ value, labels: { [rowLabel]: name } })));

async function readingOf(body: object, status = 200) {
  server = await startServer((response) => json(response, body, status));
  return askShare(aQuestion(), createSources(), testIo({ prometheusAddress: server.url }), never);
}

const blank = { windowStartedAtMs: 1_000_000, windowMs: 30_000, canaryRequests: 0, stableRequests: 0, hasSeries: false };

describe('what the share counts', () => {
  it.each([
    // Of Linkerd and Istio the client's side: the server's counts clients without a proxy, too.
    ['linkerd', 'response_total{direction="outbound",dst_namespace="shop",dst_deployment="web-new",dst_service!=""}'],
    ['istio', 'istio_requests_total{reporter="source",destination_workload_namespace="shop",destination_workload="web-new"}'],
    ['osm', 'osm_request_total{destination_namespace="shop",destination_kind="Deployment",destination_name="web-new"}'],
    ['traefik-mesh', 'traefik_service_requests_total{service=~"shop-web-web-[0-9]+-web-new-traffic-split-backend@http"}'],
    ['consul', 'envoy_cluster_upstream_rq_xx{consul_destination_service="web-new",consul_destination_namespace="default"}'],
    ['nginx', 'nginxplus_upstream_server_responses{dst_namespace="shop",dst_deployment="web-new"}'],
    ['envoy', 'envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"shop/web-new\\\\|[0-9]+"}'],
  ])('of %s is what the clients’ proxies sent', (mesh, series) => {
    const query = shareQuery(aQuestion(), dialectOf(mesh) ?? expect.fail());
    expect(query).toContain(`sum(increase(${series}[30s])), "${rowLabel}", "canary"`);
    expect(query).toContain(`count(${series}), "${rowLabel}", "canarySeries"`);
  });
});

describe('the share by Prometheus', () => {
  it('is one request', async () => {
    const reading = await readingOf(rows({ canary: '10.2', stable: '89.8', canarySeries: '2', stableSeries: '4' }));
    expect(reading).toEqual({ ...blank, canaryRequests: 10.2, stableRequests: 89.8, hasSeries: true });
    expect(server?.requests).toHaveLength(1);
  });

  it('without any series says that metrics cannot see this traffic', async () => {
    expect(await readingOf(rows({}))).toEqual(blank);
  });

  it('a canary without series has no requests', async () => {
    expect(await readingOf(rows({ stable: '50', stableSeries: '1' }))).toEqual({ ...blank, stableRequests: 50, hasSeries: true });
  });

  it.each([
    [{ canarySeries: '1', stableSeries: '1' }],
    [{ stable: '50', canarySeries: '1', stableSeries: '1' }],
    [{ canary: '5', canarySeries: '1', stableSeries: '1' }],
  ])('series without two scrapes in the window (%o) are no lack of traffic', async (counts) => {
    const reading = await readingOf(rows(counts));
    expect(reading).toMatchObject({ hasSeries: true, failure: shareWindowTooShort });
    expect(reading).not.toHaveProperty('outage');
  });

  it.each([
    ['NaN', '5'],
    ['5', '-1'],
    ['+Inf', '5'],
  ])('counts of %s and %s are no reading', async (canary, stable) => {
    expect(await readingOf(rows({ canary, stable }))).toMatchObject({
      failure: 'the counts are no numbers',
      canaryRequests: 0,
      stableRequests: 0,
    });
  });

  it('trouble is a failure of the reading', async () => {
    expect(await readingOf({ status: 'error', errorType: 'internal', error: 'oh' }, 500)).toEqual({
      ...blank,
      failure: 'HTTP 500: internal: oh',
      outage: `Prometheus ${server?.url} cannot be asked: HTTP 500: internal: oh`,
    });
  });

  it('of many is asked apart where asking together is trouble, unless the server asks for patience', async () => {
    const together = async (status: number, headers: Record<string, string> = {}) => {
      server = await startServer((response) => response.writeHead(status, headers).end());
      const readings = await askSharesTogether([aQuestion(), aQuestion()], testIo({ prometheusAddress: server.url }), never);
      await server.close();
      return readings;
    };
    expect(await together(503)).toBeUndefined();
    expect(await together(400)).toBeUndefined();
    const busy = { ...blank, failure: 'HTTP 429', outage: expect.stringMatching(/cannot be asked: HTTP 429$/) };
    expect(await together(429, { 'retry-after': '7' })).toEqual([busy, busy]);
  });

  it('names who cannot be asked, and nothing secret of its address', async () => {
    const io = testIo({ prometheusAddress: 'http://reader:geheim@127.0.0.1:1/prom' });
    const { outage } = await askShare(aQuestion(), createSources(), io, never);
    expect(outage).toBe('Prometheus http://127.0.0.1:1/prom cannot be asked: connect ECONNREFUSED 127.0.0.1:1');
  });

  it('without an address nothing is asked', async () => {
    expect(await askShare(aQuestion(), createSources(), testIo(), never)).toMatchObject({
      hasSeries: false,
      failure: expect.stringContaining('no address'),
    });
  });
});

describe('the share by TrafficMetrics', () => {
  const counts: Readonly<Record<string, object | undefined>> = {
    'web-new': { success: '9', failure: '1' },
    'web-old': { success: '90', failure: '0' },
  };
  const kubeGet =
    (window: string, known: Readonly<Record<string, object | undefined>> = counts): MetricIo['kubeGet'] =>
    async (path) => {
      if (path.endsWith('smi-spec.io')) return ok({ versions: [{ version: 'v1alpha1' }] });
      if (path.endsWith('v1alpha1')) return ok({ resources: [{ name: 'deployments' }] });
      const name = path.split('/').at(-1) ?? '';
      const found = known[name];
      if (found === undefined)
        return fail(failureFromStatus({ status: 500, body: '{"error":"unable to lookup metrics"}', isWrite: false }));
      const metrics = Object.entries(found).map(([metric, value]) => ({ name: `${metric}_count`, value }));
      return ok({ resource: { kind: 'Deployment', name }, window, metrics });
    };
  const ask = (io: Partial<MetricIo>) => askShare(aQuestion({ kind: 'trafficMetrics' }), createSources(), testIo(io), never);

  it('is the requests of both', async () => {
    expect(await ask({ kubeGet: kubeGet('30s') })).toEqual({
      ...{ ...blank, canaryRequests: 10, stableRequests: 90, hasSeries: true },
      // Of Deployments: whoever called.
      countsAll: true,
    });
  });
  it('is that of the split’s own clients where the server knows splits', async () => {
    const paths: string[] = [];
    const backend = (name: string, count: string) => ({
      ...{ resource: { kind: 'TrafficSplit', name: 'web' }, edge: { direction: 'from', side: 'client', resource: null }, window: '30s' },
      ...{
        backend: { apex: 'web', name, weight: '50' },
        metrics: [
          { name: 'success_count', value: count },
          { name: 'failure_count', value: '0' },
        ],
      },
    });
    const io = (items: readonly object[]): Partial<MetricIo> => ({
      async kubeGet(path) {
        paths.push(path);
        if (path.endsWith('smi-spec.io')) return ok({ versions: [{ version: 'v1alpha2' }] });
        if (path.endsWith('v1alpha2')) return ok({ resources: [{ name: 'deployments' }, { name: 'trafficsplits' }] });
        return ok({ items });
      },
    });
    expect(await ask(io([backend('web-new', '30'), backend('web-old', '70')]))).toEqual({
      ...{ ...blank, canaryRequests: 30, stableRequests: 70, hasSeries: true },
    });
    // A backend that nobody has called has no object.
    expect(await ask(io([backend('web-old', '70')]))).toEqual({ ...blank, stableRequests: 70, hasSeries: true });
    expect(paths.some((path) => path.includes('/deployments/'))).toBe(false);
  });
  it('with one of them unknown is all of the other', async () => {
    expect(await ask({ kubeGet: kubeGet('30s', { 'web-old': counts['web-old'] }) })).toMatchObject({
      canaryRequests: 0,
      stableRequests: 90,
      hasSeries: true,
    });
    expect(await ask({ kubeGet: kubeGet('30s', {}) })).toEqual({ ...blank, countsAll: true });
  });
  it('silence over a window that no scrape fits into is no lack of series', async () => {
    const short = { ...aQuestion({ kind: 'trafficMetrics' }), windowMs: 40 };
    const reading = await askShare(short, createSources(), testIo({ kubeGet: kubeGet('40ms', {}) }), never);
    expect(reading).toMatchObject({ hasSeries: false, failure: shareWindowTooShort });
  });
  it('over a longer window began earlier', async () => {
    expect(await ask({ kubeGet: kubeGet('1m0s') })).toMatchObject({ windowMs: 60_000, windowStartedAtMs: 970_000 });
  });
  it('trouble is a failure of the reading', async () => {
    expect(await ask({})).toMatchObject({
      failure: expect.stringContaining('no API server here'),
      outage: expect.stringMatching(/^the API server’s TrafficMetrics cannot be asked: .*no API server here/),
    });
  });
});
