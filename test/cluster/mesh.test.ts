// Each mode of the data plane shows the trap that it is for, and each dialect's queries tell the truth about real traffic.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed, type Scenario, type ScenarioOptions } from './kit/bed.ts';
import type { MeshMode } from './kit/layout.ts';
import type { ServiceProfile, VirtualService } from './kit/mesh-types.ts';
import { pathOf } from './kit/paths.ts';
import { sleep, waitFor } from './kit/wait.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

type Cleanup = NonNullable<ScenarioOptions['cleanup']>;

/** Root `web` over every pod, as a user's own Service is; leaves `web-a` and `web-b`, one pod each. */
async function twoLeaves(name: string, mode: MeshMode, cleanup: Cleanup): Promise<Scenario> {
  const scenario = await bed.namespace(name, { mode, cleanup });
  const leaf = (app: string) => scenario.deploy({ name: app, labels: { part: 'web' } });
  await Promise.all([leaf('web-a'), leaf('web-b'), scenario.service('web', { part: 'web' })]);
  await Promise.all([scenario.ready('web-a'), scenario.ready('web-b')]);
  await scenario.waitApplied('web', { web: 100 });
  return scenario;
}

/** The data plane had the time to follow, and did not. */
async function stays(scenario: Scenario, weights: Readonly<Record<string, number>>): Promise<void> {
  await sleep(700);
  expect((await scenario.applied('web')).at(-1)?.weights).toEqual(weights);
}

describe.concurrent('modes', () => {
  test('strict: relative weights; a missing backend or port is excluded; all zero and a split of itself are no split', async ({
    onTestFinished,
  }) => {
    const scenario = await twoLeaves('m-strict', 'strict', onTestFinished);
    await scenario.split('web', { 'web-a': 1_000, 'web-b': 500, 'web-none': 500 });
    await scenario.waitApplied('web', { 'web-a': 200 / 3, 'web-b': 100 / 3 });
    const ports = [{ name: 'http', port: 81, targetPort: 8080 }];
    await bed.admin.patch(pathOf('services', scenario.name, 'web-b'), { spec: { ports } });
    await scenario.waitApplied('web', { 'web-a': 100 });
    await scenario.split('web', { 'web-a': 0, 'web-b': 0 });
    await scenario.waitApplied('web', { web: 100 });
    await scenario.split('web', { 'web-a': 50, web: 50 });
    await stays(scenario, { web: 100 });
  });

  test('linkerd: the ServiceProfile rules; weights are strings; a missing backend fails its share; all zero is the apex', async ({
    onTestFinished,
  }) => {
    const scenario = await twoLeaves('m-linkerd', 'linkerd', onTestFinished);
    await scenario.split('web', { 'web-b': 50, 'web-none': 50 });
    await scenario.waitApplied('web', { 'web-b': 50, 'web-none': 50 });
    const path = pathOf('serviceprofiles', scenario.name, `web.${scenario.name}.svc.cluster.local`);
    const profile = await bed.admin.get<ServiceProfile>(path);
    expect(profile.spec?.dstOverrides).toContainEqual({ authority: `web-b.${scenario.name}.svc.cluster.local`, weight: '50' });
    const load = await scenario.load('web', { perSecond: 100 });
    await load.more(200);
    const { lost, total } = load.summary();
    expect(lost.every(({ status }) => status === 503)).toBe(true);
    expect(Math.abs(lost.length / total - 0.5)).toBeLessThan(0.2);
    await bed.admin.patch(path, { spec: { dstOverrides: [{ authority: `web-a.${scenario.name}.svc.cluster.local`, weight: '1' }] } });
    await scenario.waitApplied('web', { 'web-a': 100 });
    await scenario.split('web', { 'web-a': 0, 'web-b': 0 });
    await scenario.waitApplied('web', { web: 100 });
    // Deleted while the adaptor is down: nobody ever clears the profile.
    await scenario.split('web', { 'web-a': 0, 'web-b': 100 });
    await scenario.waitApplied('web', { 'web-b': 100 });
    await scenario.adapter.pause();
    await bed.admin.remove(pathOf('trafficsplits', scenario.name, 'web'));
    await sleep(300);
    await scenario.adapter.resume();
    await stays(scenario, { 'web-b': 100 });
  });

  test('osm: a sum below 1 keeps the old route; missing backends are skipped; a leaf that the root does not select fails', async ({
    onTestFinished,
  }) => {
    const scenario = await twoLeaves('m-osm', 'osm', onTestFinished);
    await scenario.split('web', { 'web-a': 25, 'web-b': 25, 'web-none': 50 });
    await scenario.waitApplied('web', { 'web-a': 50, 'web-b': 50 });
    await scenario.split('web', { 'web-a': 0, 'web-b': 0 });
    await stays(scenario, { 'web-a': 50, 'web-b': 50 });
    await scenario.split('web', { 'web-a': 100, 'web-b': 0 });
    await scenario.waitApplied('web', { 'web-a': 100 });
    await scenario.service('web', { part: 'web', app: 'web-b' });
    const load = await scenario.load('web', { perSecond: 50 });
    await waitFor('the leaf to fail', async () => {
      const from = Date.now();
      await load.more(20);
      return load.summary(from).lost.length >= 15;
    });
  });

  test('istio: whole percents, the last takes the rest; an edit is put back; all zero keeps the old one', async ({ onTestFinished }) => {
    const scenario = await twoLeaves('m-istio', 'istio', onTestFinished);
    await scenario.split('web', { 'web-b': 5, 'web-a': 995 });
    await scenario.waitApplied('web', { 'web-b': 1, 'web-a': 99 });
    await scenario.split('web', { 'web-a': 995, 'web-b': 5 });
    await scenario.waitApplied('web', { 'web-a': 100, 'web-b': 0 });
    const path = pathOf('virtualservices', scenario.name, 'web-vs');
    await bed.admin.patch(path, { spec: { hosts: ['web'], http: [] } });
    await waitFor('the adapter to put it back', async () => (await bed.admin.get<VirtualService>(path)).spec?.http?.length === 1);
    await scenario.split('web', { 'web-a': 0, 'web-b': 0 });
    await stays(scenario, { 'web-a': 100, 'web-b': 0 });
  });

  test('traefik-mesh: all zero answers 500; a missing route group and the root as backend drop the split', async ({ onTestFinished }) => {
    const scenario = await twoLeaves('m-traefik', 'traefik-mesh', onTestFinished);
    await scenario.split('web', { 'web-a': 75, 'web-none': 25 });
    await scenario.waitApplied('web', { 'web-a': 100 });
    await scenario.split('web', { 'web-a': 0, 'web-b': 0 });
    await scenario.waitApplied('web', {});
    const load = await scenario.load('web', { perSecond: 20, maxRequests: 10 });
    await load.more(10);
    expect(load.summary().byStatus).toEqual({ 500: 10 });
    await scenario.split('web', { 'web-a': 50, web: 50 });
    await scenario.waitApplied('web', { web: 100 });
  });

  test('traefik-mesh: matches are honoured, and the rest goes to the root', async ({ onTestFinished }) => {
    const scenario = await twoLeaves('m-matches', 'traefik-mesh', onTestFinished);
    await scenario.service('web', { app: 'web-a' });
    const matches = [{ kind: 'HTTPRouteGroup', name: 'beta' }];
    const backends = [{ service: 'web-b', weight: 100 }];
    const metadata = { name: 'web', namespace: scenario.name };
    await bed.admin.apply({
      apiVersion: 'split.smi-spec.io/v1alpha4',
      kind: 'TrafficSplit',
      metadata,
      spec: { service: 'web', backends, matches },
    } as never);
    await stays(scenario, { web: 100 });
    const spec = { matches: [{ name: 'beta', headers: [{ 'x-user': 'beta' }], pathRegex: '/', methods: ['GET'] }] };
    await bed.admin.apply({
      apiVersion: 'specs.smi-spec.io/v1alpha4',
      kind: 'HTTPRouteGroup',
      metadata: { ...metadata, name: 'beta' },
      spec,
    } as never);
    await scenario.waitApplied('web', { 'web-b': 100 });
    const [plain, beta] = await Promise.all([
      scenario.load('web', { perSecond: 50, maxRequests: 50 }),
      scenario.load('web', { perSecond: 50, maxRequests: 50, headers: { 'x-user': 'beta' } }),
    ]);
    await Promise.all([plain.more(50), beta.more(50)]);
    expect(plain.summary().byDeployment).toEqual({ 'web-a': 50 });
    expect(beta.summary().byDeployment).toEqual({ 'web-b': 50 });
  });

  test('consul: a sum other than 100 is refused, and the old one stays', async ({ onTestFinished }) => {
    const scenario = await twoLeaves('m-consul', 'consul', onTestFinished);
    await scenario.split('web', { 'web-a': 90, 'web-b': 10 });
    await scenario.waitApplied('web', { 'web-a': 90, 'web-b': 10 });
    await scenario.split('web', { 'web-a': 90, 'web-b': 20 });
    await stays(scenario, { 'web-a': 90, 'web-b': 10 });
  });

  test('nginx: weight 0 is no backend; a fraction stops the mesh from reading at all', async ({ onTestFinished }) => {
    const scenario = await twoLeaves('m-nginx', 'nginx', onTestFinished);
    await scenario.split('web', { 'web-a': 3, 'web-b': 1 });
    await scenario.waitApplied('web', { 'web-a': 75, 'web-b': 25 });
    await scenario.split('web', { 'web-a': 0.5, 'web-b': 0.5 });
    await stays(scenario, { 'web-a': 75, 'web-b': 25 });
    await scenario.split('web', { 'web-a': 0, 'web-b': 0 });
    await scenario.waitApplied('web', { web: 100 });
  });

  test('a backend without endpoints fails its share', async ({ onTestFinished }) => {
    const scenario = await twoLeaves('m-empty', 'strict', onTestFinished);
    await scenario.deployOnly({ name: 'web-b', replicas: 0, labels: { part: 'web' } });
    await scenario.ready('web-b', 0);
    await scenario.split('web', { 'web-a': 50, 'web-b': 50 });
    await scenario.waitApplied('web', { 'web-a': 50, 'web-b': 50 });
    const load = await scenario.load('web', { perSecond: 100, maxRequests: 300 });
    await load.more(300);
    expect(Math.abs(load.summary().lost.length / 300 - 0.5)).toBeLessThan(0.15);
  });
});

/** Success ratio and p99 in ms of Deployment and Service `web-b`, per mesh, over a window of 10 s. */
const queries = (ns: string): Readonly<Record<string, { total: string; ok: string; bucket: string; toMs: number }>> => ({
  linkerd: {
    total: `response_total{namespace="${ns}",deployment="web-b",direction="inbound"}`,
    ok: 'classification="success"',
    bucket: `response_latency_ms_bucket{namespace="${ns}",deployment="web-b",direction="inbound"}`,
    toMs: 1,
  },
  'linkerd outbound': {
    total: `response_total{direction="outbound",dst_namespace="${ns}",dst_service="web-b"}`,
    ok: 'classification="success"',
    bucket: `response_latency_ms_bucket{direction="outbound",dst_namespace="${ns}",dst_service="web-b"}`,
    toMs: 1,
  },
  istio: {
    total: `istio_requests_total{reporter="destination",destination_workload_namespace="${ns}",destination_workload="web-b"}`,
    ok: 'response_code!~"5..|0"',
    bucket: `istio_request_duration_milliseconds_bucket{reporter="destination",destination_workload_namespace="${ns}",destination_workload="web-b"}`,
    toMs: 1,
  },
  osm: {
    total: `osm_request_total{destination_namespace="${ns}",destination_kind="Deployment",destination_name="web-b"}`,
    ok: 'response_code!~"5.."',
    bucket: `osm_request_duration_ms_bucket{destination_namespace="${ns}",destination_kind="Deployment",destination_name="web-b"}`,
    toMs: 1,
  },
  envoy: {
    total: `envoy_cluster_upstream_rq_xx{dialect="envoy",envoy_cluster_name="${ns}/web-b|8080"}`,
    ok: 'envoy_response_code_class!="5"',
    bucket: `envoy_cluster_upstream_rq_time_bucket{dialect="envoy",envoy_cluster_name="${ns}/web-b|8080"}`,
    toMs: 1,
  },
  traefik: {
    total: `traefik_service_requests_total{service=~"${ns}-web-web-[0-9]+-web-b-traffic-split-backend@http"}`,
    ok: 'code!~"5.."',
    bucket: `traefik_service_request_duration_seconds_bucket{service=~"${ns}-web-web-[0-9]+-web-b-traffic-split-backend@http"}`,
    toMs: 1_000,
  },
  consul: {
    total: `envoy_cluster_upstream_rq_xx{consul_destination_service="web-b",consul_destination_namespace="default",consul_destination_kube_namespace="${ns}"}`,
    ok: 'envoy_response_code_class!="5"',
    bucket: `envoy_cluster_upstream_rq_time_bucket{consul_destination_service="web-b",consul_destination_namespace="default",consul_destination_kube_namespace="${ns}"}`,
    toMs: 1,
  },
  nginx: {
    total: `nginxplus_upstream_server_responses{dst_namespace="${ns}",dst_deployment="web-b"}`,
    ok: 'code=~"[1-4]xx"',
    bucket: `nginxplus_upstream_server_response_latency_ms_bucket{dst_namespace="${ns}",dst_deployment="web-b"}`,
    toMs: 1,
  },
});

interface TrafficMetrics {
  readonly metrics: readonly { readonly name: string; readonly unit?: string; readonly value: string }[];
}

describe.concurrent('metrics', () => {
  // The words are the bed's own (kit/dialects.ts); those of the sandbox are held by src/sandbox/prometheus/dialects.
  test.skipIf(bed.info.ground === 'sandbox')(
    'every dialect tells success rate and p99 of real traffic, and so does TrafficMetrics',
    async ({ onTestFinished }) => {
      const scenario = await bed.namespace('m-dialects', { cleanup: onTestFinished });
      await scenario.deploy({ name: 'web-a' });
      await scenario.deploy({ name: 'web-b', behaviour: { 'error-rate': '0.2', 'latency-ms': '40-180' } });
      await scenario.service('web', { app: 'web-a' });
      await Promise.all([scenario.ready('web-a'), scenario.ready('web-b')]);
      await scenario.split('web', { 'web-b': 50, 'web-a': 50 });
      await scenario.waitApplied('web', { 'web-b': 50, 'web-a': 50 });
      const load = await scenario.load('web', { perSecond: 160, seconds: 120 });
      await sleep(15_000);
      const fromMs = Date.now() - 11_000;
      const measured: Record<string, { success: number; p99: number }> = {};
      for (const [mesh, { total, ok, bucket, toMs }] of Object.entries(queries(scenario.name))) {
        const good = total.replace('}', `,${ok}}`);
        const success = await bed.prometheus.value(`(sum(rate(${good}[10s])) or vector(0)) / sum(rate(${total}[10s]))`);
        const p99 = await bed.prometheus.value(`histogram_quantile(0.99, sum by (le) (rate(${bucket}[10s]))) * ${toMs}`);
        measured[mesh] = { success: success ?? Number.NaN, p99: p99 ?? Number.NaN };
      }
      const truth = load.requests(fromMs).filter(({ deployment }) => deployment === 'web-b');
      const success = truth.filter(({ status }) => status < 500).length / truth.length;
      expect(Math.abs(success - 0.8)).toBeLessThan(0.08);
      // On a busy machine requests take longer than the pods mean them to: what clients saw is the truth, and a bucket may double it.
      const slowest = truth.map(({ latencyMs }) => latencyMs).toSorted((left, right) => left - right);
      const seenMs = slowest[Math.floor(0.99 * slowest.length)] ?? Number.NaN;
      for (const [mesh, values] of Object.entries(measured)) {
        expect(Math.abs(values.success - success), `${mesh}: success ${values.success}, true ${success}`).toBeLessThan(0.05);
        expect(values.p99, `${mesh}: p99`).toBeGreaterThan(140);
        expect(values.p99, `${mesh}: p99, where clients saw ${seenMs}`).toBeLessThan(Math.max(320, 2 * seenMs));
      }
      const metrics = await bed.admin.get<TrafficMetrics>(
        `/apis/metrics.smi-spec.io/v1alpha1/namespaces/${scenario.name}/deployments/web-b?t=10s`,
      );
      const value = (name: string) => {
        const text = metrics.metrics.find((metric) => metric.name === name)?.value ?? '';
        return text.endsWith('m') ? Number(text.slice(0, -1)) / 1_000 : Number(text);
      };
      const counted = value('success_count') + value('failure_count');
      expect(Math.abs(value('success_count') / counted - success)).toBeLessThan(0.08);
      expect(value('p99_response_latency')).toBeGreaterThan(140);
      const unknown = await bed.admin.raw('GET', `/apis/metrics.smi-spec.io/v1alpha1/namespaces/${scenario.name}/deployments/nobody`);
      expect(unknown).toEqual({ status: 500, body: '{"error":"unable to lookup metrics"}' });
      const split = await bed.admin.get<{ items: readonly { backend: { name: string; weight: string } }[] }>(
        `/apis/metrics.smi-spec.io/v1alpha2/namespaces/${scenario.name}/trafficsplits/web?t=10s`,
      );
      expect(split.items.map(({ backend }) => `${backend.name} ${backend.weight}`)).toEqual(['web-b 50', 'web-a 50']);
    },
  );
});
