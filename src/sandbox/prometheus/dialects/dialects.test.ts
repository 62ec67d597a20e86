import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../../lib/index.ts';
import { type RequestBatch, RequestLedger } from '../../requests.ts';
import { createEngine } from '../promql/engine.ts';
import { Scraper } from '../scraper.ts';
import { TimeSeriesStore } from '../store.ts';
import { type MeshName, meshNames, meshTargets } from './index.ts';

const batch = (given: Partial<RequestBatch> = {}): RequestBatch => ({
  atMs: 0,
  namespace: 'test',
  rootService: 'web',
  port: 8080,
  split: 'web',
  backendService: 'web-canary',
  server: { workload: 'web-canary', pod: 'web-canary-a' },
  client: { kind: 'meshed', namespace: 'users', workload: 'curl' },
  status: 200,
  latencyMs: 12,
  count: 1,
  ...given,
});

/** One mesh, scraped once after these requests. */
function aMesh(mesh: MeshName, ...batches: readonly Partial<RequestBatch>[]) {
  const clock = new VirtualClock();
  const store = new TimeSeriesStore();
  const ledger = new RequestLedger();
  const targets = meshTargets(mesh, ledger);
  const scraper = new Scraper({ store, clock, random: seededRandom(1), targets });
  const record = (...more: readonly Partial<RequestBatch>[]) => {
    for (const given of more) ledger.record(batch(given));
  };
  const scrape = () => {
    for (const target of targets) scraper.scrape(target);
  };
  record(...batches);
  scrape();
  const engine = createEngine(store);
  /** The values of a query; a query without series is an empty list. */
  const ask = (query: string): readonly number[] => {
    const found = engine.instant(query, clock.nowMs());
    if (!found.ok) throw new Error(found.failure.message);
    return found.value.type === 'vector' ? found.value.samples.map(({ value }) => value) : [];
  };
  return { clock, ledger, record, scrape, ask };
}

/** Total, successes and the bucket at or above 25 ms: the queries of the meshes' own documents, for Deployment and Service web-canary. */
const seriesOf: Readonly<Record<MeshName, { readonly total: string; readonly good: string; readonly bucket: string }>> = {
  linkerd: series(
    'response_total',
    'namespace="test",deployment="web-canary",direction="inbound",route_name!="probe"',
    'classification="success"',
    {
      name: 'response_latency_ms_bucket',
      le: '30',
    },
  ),
  istio: series(
    'istio_requests_total',
    'reporter="destination",destination_workload_namespace="test",destination_workload="web-canary"',
    'response_code!~"5..|0"',
    { name: 'istio_request_duration_milliseconds_bucket', le: '25' },
  ),
  osm: series(
    'osm_request_total',
    'destination_namespace="test",destination_kind="Deployment",destination_name="web-canary"',
    'response_code!~"5.."',
    { name: 'osm_request_duration_ms_bucket', le: '25' },
  ),
  'traefik-mesh': series(
    'traefik_service_requests_total',
    'service=~"test-web-web-[0-9]+-web-canary-traffic-split-backend@http"',
    'code!~"5.."',
    { name: 'traefik_service_request_duration_seconds_bucket', le: '0.1' },
  ),
  consul: series(
    'envoy_cluster_upstream_rq_xx',
    'consul_destination_service="web-canary",consul_destination_namespace="default"',
    'envoy_response_code_class!="5"',
    { name: 'envoy_cluster_upstream_rq_time_bucket', le: '25' },
  ),
  nginx: series('nginxplus_upstream_server_responses', 'dst_namespace="test",dst_deployment="web-canary"', 'code=~"[1-4]xx"', {
    name: 'nginxplus_upstream_server_response_latency_ms_bucket',
    le: '30',
  }),
  envoy: series('envoy_cluster_upstream_rq_xx', 'envoy_cluster_name="test/web-canary|8080"', 'envoy_response_code_class!="5"', {
    name: 'envoy_cluster_upstream_rq_time_bucket',
    le: '25',
  }),
};

function series(total: string, selector: string, good: string, { name, le }: { readonly name: string; readonly le: string }) {
  return { total: `${total}{${selector}}`, good: `${total}{${selector},${good}}`, bucket: `${name}{${selector},le="${le}"}` };
}

describe.each(meshNames)('the series of %s', (mesh) => {
  const { total, good, bucket } = seriesOf[mesh];

  it('count requests, successes and latencies of one revision, and not those of another', () => {
    const other = { backendService: 'web-stable', server: { workload: 'web-stable', pod: 'web-stable-a' } };
    const { ask } = aMesh(
      mesh,
      { count: 90 },
      { count: 7, status: 404, latencyMs: 400 },
      { count: 3, status: 503, latencyMs: 2 },
      { ...other, count: 1_000 },
    );
    expect(ask(`sum(${total})`)).toEqual([100]);
    expect(ask(`sum(${good})`)).toEqual([97]);
    expect(ask(`sum(${bucket})`)).toEqual([93]);
  });

  it('begin with the first request', () => {
    const { ask } = aMesh(mesh);
    expect(ask(total)).toEqual([]);
    expect(ask('up')).not.toEqual([]);
  });

  it('leave out the probes of the kubelet', () => {
    const { ask } = aMesh(mesh, { count: 5 }, { count: 60, client: { kind: 'kubelet' }, split: undefined });
    expect(ask(`sum(${total})`)).toEqual([5]);
  });

  it('end with the pod that had them, and begin anew with the next one', async () => {
    const { ask, ledger, record, scrape, clock } = aMesh(mesh, { count: 500 });
    ledger.forgetPod('test', 'web-canary-a');
    await clock.advance(10_000);
    scrape();
    expect(ask(total)).toEqual([]);
    record({ count: 8 });
    await clock.advance(10_000);
    scrape();
    expect(ask(`sum(${total})`)).toEqual([8]);
    expect(ask(`sum(resets(${total}[1m]))`)).toEqual([1]);
  });
});

/** Requests that no pod answered. */
const unreached: Partial<RequestBatch> = { server: undefined, status: 503 };

describe('who sees a request that reached no pod', () => {
  it.each<[MeshName, readonly number[], readonly number[]]>([
    // The server's side saw nothing, and Open Service Mesh does not know whom it was meant for.
    ['linkerd', [10], [10]],
    ['istio', [10], [10]],
    ['osm', [10], [10]],
    ['nginx', [10], [10]],
    // These count where the client is.
    ['traefik-mesh', [14], [10]],
    ['consul', [14], [10]],
    ['envoy', [14], [10]],
  ])('%s', (mesh, total, good) => {
    const { ask } = aMesh(mesh, { count: 10 }, { ...unreached, count: 4 });
    expect(ask(`sum(${seriesOf[mesh].total})`)).toEqual(total);
    expect(ask(`sum(${seriesOf[mesh].good})`)).toEqual(good);
  });

  it('is the client where the mesh has a client side beside the one that is asked', () => {
    const { ask } = aMesh('linkerd', { ...unreached, count: 4 });
    expect(ask('sum(response_total{direction="outbound",dst_namespace="test",dst_service="web-canary",classification="failure"})')).toEqual(
      [4],
    );
    const istio = aMesh('istio', { ...unreached, count: 4 }, { ...unreached, status: 0, count: 2 });
    expect(istio.ask('sum by (response_code) (istio_requests_total{reporter="source",response_flags=~"UF|UH"})')).toEqual([2, 4]);
    const osm = aMesh('osm', { ...unreached, count: 4 });
    expect(osm.ask('sum(osm_request_total{destination_name="unknown"})')).toEqual([4]);
    expect(osm.ask('sum(envoy_cluster_upstream_rq_xx{envoy_cluster_name="test/web-canary|8080"})')).toEqual([4]);
  });
});

describe('the traps of each mesh', () => {
  it('linkerd and istio count every request on both sides', () => {
    expect(aMesh('linkerd', { count: 10 }).ask('sum(response_total)')).toEqual([20]);
    expect(aMesh('istio', { count: 10 }).ask('sum(istio_requests_total)')).toEqual([20]);
  });

  it('clients without a proxy are seen by the server alone', () => {
    const bare: Partial<RequestBatch> = { client: { kind: 'unmeshed' }, split: undefined, count: 10 };
    expect(meshNames.filter((mesh) => aMesh(mesh, bare).ask(seriesOf[mesh].total).length > 0)).toEqual(['linkerd', 'istio']);
  });

  it('linkerd counts probes under a route of their own', () => {
    const { ask } = aMesh('linkerd', { count: 60, client: { kind: 'kubelet' } });
    expect(ask('sum(response_total{deployment="web-canary",direction="inbound",route_name="probe"})')).toEqual([60]);
  });

  it('traefik counts the second hop again, together with whoever calls the revision directly', () => {
    const { ask } = aMesh('traefik-mesh', { count: 10 }, { rootService: 'web-canary', split: undefined, count: 3 });
    expect(ask('sum(traefik_service_requests_total{service="test-web-canary-8080@http"})')).toEqual([13]);
    expect(ask(`sum(${seriesOf['traefik-mesh'].total})`)).toEqual([10]);
  });

  it("traefik's buckets are too coarse for a percentile: 10 ms read as 99", () => {
    const { ask } = aMesh('traefik-mesh', { count: 100, latencyMs: 10 });
    const [p99 = 0] = ask('1000 * histogram_quantile(0.99, sum by (le) (traefik_service_request_duration_seconds_bucket))');
    expect(p99).toBeCloseTo(99);
  });

  it('consul knows one namespace: a service of the same name in another one is the same', () => {
    const { ask } = aMesh('consul', { count: 10 }, { namespace: 'other', count: 5 });
    expect(ask(`sum(${seriesOf.consul.total})`)).toEqual([15]);
  });

  it("envoy's twin on the server's side is left out by an anchored expression", () => {
    const { ask } = aMesh('envoy', { count: 10 });
    expect(ask('count by (envoy_cluster_name) (envoy_cluster_upstream_rq_xx)')).toHaveLength(2);
    expect(ask('sum(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"test/web-canary\\\\|[0-9]+"})')).toEqual([10]);
  });

  it('nginx counts classes of codes, and exact codes in its histogram', () => {
    const { ask } = aMesh('nginx', { count: 10 }, { status: 204, count: 2 });
    expect(ask('nginxplus_upstream_server_responses{code="2xx"}')).toEqual([12]);
    expect(ask('nginxplus_upstream_server_response_latency_ms_count{code="204"}')).toEqual([2]);
  });

  it('two ports, two clients and two pods are series of their own, and one revision', () => {
    const { ask } = aMesh(
      'traefik-mesh',
      { count: 1 },
      { count: 2, port: 9090 },
      { count: 4, client: { kind: 'meshed', namespace: 'users', workload: 'bot' } },
    );
    expect(ask(seriesOf['traefik-mesh'].total)).toEqual([5, 2]);
    const linkerd = aMesh('linkerd', { count: 1 }, { count: 2, server: { workload: 'web-canary', pod: 'web-canary-b' } });
    expect(linkerd.ask(seriesOf.linkerd.total)).toEqual([1, 2]);
  });
});
