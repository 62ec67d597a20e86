import { describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '../lib/index.ts';
import { serveHttp } from './api/index.ts';
import { createSandbox } from './cluster.ts';
import { resources } from './objects/index.ts';
import { aBench, deploymentDraft, must, namespace } from './testing/bench.ts';

function underLoad() {
  const bench = aBench({ mesh: { mode: 'linkerd' } });
  bench.deploy({ name: 'web', replicas: 2, behaviour: { 'error-rate': '0.25' } });
  bench.service('web', { app: 'web' });
  bench.run(5_000);
  bench.load();
  bench.run(120_000);
  return bench;
}
const metricsPath = `/apis/metrics.smi-spec.io/v1alpha1/namespaces/${namespace}/deployments/web`;

describe('what can be asked about the requests', () => {
  test('Prometheus counts what the clients saw', () => {
    const { sandbox, clock } = underLoad();
    const labels = `namespace="${namespace}",deployment="web",direction="inbound"`;
    const query = `sum(rate(response_total{${labels},classification="success"}[1m])) / sum(rate(response_total{${labels}}[1m]))`;
    const value = sandbox.metrics?.prometheus.engine.instant(query, clock.nowMs());
    const { served, failed } = sandbox.oracle.totals();
    const truth = 1 - failed / served;
    expect(value).toMatchObject({ ok: true, value: { type: 'vector', samples: [{}] } });
    const [sample] = value?.ok && value.value.type === 'vector' ? value.value.samples : [];
    expect(Math.abs((sample?.value ?? 0) - truth)).toBeLessThan(0.03);
  });

  test('where several meshes share a cluster each counts its own namespaces', () => {
    const bench = aBench({ metrics: { dialects: ['linkerd', 'osm'], scrapeMs: 1_000, counts: (dialect) => dialect === 'osm' } });
    bench.deploy({ name: 'web' });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    bench.load();
    bench.run(30_000);
    const names = ['osm_request_total', 'response_total'].map((name) => {
      const value = bench.sandbox.metrics?.prometheus.engine.instant(`count(${name})`, bench.clock.nowMs());
      return value?.ok === true && value.value.type === 'vector' ? value.value.samples.length : undefined;
    });
    expect(names).toEqual([1, 0]);
  });

  test('TrafficMetrics are behind the API server, and in its discovery, in both of its forms', () => {
    const { sandbox } = underLoad();
    const answer = sandbox.api.request({ method: 'GET', path: metricsPath, query: { t: '60s' } });
    expect(answer.status).toBe(200);
    const { metrics } = JSON.parse(String(answer.body)) as {
      readonly metrics: readonly { readonly name: string; readonly value: string }[];
    };
    const counts = Object.fromEntries(
      metrics.map(({ name, value }) => [name, value.endsWith('m') ? Number(value.slice(0, -1)) / 1_000 : Number(value)]),
    );
    const { success_count: good = 0, failure_count: bad = 0 } = counts;
    expect(Math.abs(good + bad - 3_000)).toBeLessThan(200);
    expect(Math.abs(bad / (good + bad) - 0.25)).toBeLessThan(0.03);
    const groups = sandbox.api.request({ method: 'GET', path: '/apis' }).body as { readonly groups: readonly { readonly name: string }[] };
    expect(groups.groups.map(({ name }) => name)).toContain('metrics.smi-spec.io');
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const list = sandbox.api.request({ method: 'GET', path: '/apis', headers: { accept } }).body as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    expect(list.items.at(-1)).toMatchObject({
      metadata: { name: 'metrics.smi-spec.io' },
      versions: [{ version: 'v1alpha1', resources: [{ resource: 'deployments' }, { resource: 'pods' }] }, { version: 'v1alpha2' }],
    });
  });

  test('of TrafficMetrics the versions are served that APIServices name, where any does', () => {
    const { sandbox } = aBench({});
    const group = 'metrics.smi-spec.io';
    const path = '/apis/apiregistration.k8s.io/v1/apiservices';
    const status = (version: string) => sandbox.api.request({ method: 'GET', path: `/apis/${group}/${version}` }).status;
    const register = (version: string) =>
      sandbox.api.request({
        ...{ method: 'POST', path, headers: { 'content-type': 'application/json' } },
        body: {
          ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `${version}.${group}` } },
          spec: { group, version, groupPriorityMinimum: 100, versionPriority: 100 },
        },
      }).status;
    expect([register('v1alpha1'), status('v1alpha1'), status('v1alpha2')]).toEqual([201, 200, 404]);
    const groups = sandbox.api.request({ method: 'GET', path: '/apis' }).body as { readonly groups: readonly object[] };
    expect(groups.groups.at(-1)).toMatchObject({ name: group, versions: [{ version: 'v1alpha1' }] });
    expect(JSON.parse(String(sandbox.api.request({ method: 'GET', path: `/apis/${group}` }).body))).toEqual(groups.groups.at(-1));
    expect([register('v1alpha2'), status('v1alpha2')]).toEqual([201, 200]);
  });

  test('a slow, a silent and a broken TrafficMetrics are so on the line', () => {
    const { sandbox, clock } = underLoad();
    const line = sandbox.line();
    const ask = () => {
      const heard: [number, string][] = [];
      const fromMs = clock.monotonicMs();
      line.send({ method: 'GET', path: metricsPath }, (outcome) => heard.push([clock.monotonicMs() - fromMs, outcome.kind]));
      clock.runFor(60_000);
      return heard;
    };
    expect(ask()).toEqual([[0, 'answered']]);
    const faults = sandbox.metrics?.trafficMetrics.faults;
    const ends = [
      [{ kind: 'slow', delayMs: 4_000 } as const, [[4_000, 'answered']]],
      [{ kind: 'silent' } as const, []],
      [{ kind: 'truncated' } as const, [[0, 'lost']]],
    ] as const;
    for (const [fault, expected] of ends) {
      const end = faults?.add(fault);
      expect(ask()).toEqual(expected);
      end?.();
    }
  });
});

describe('other writers', () => {
  test('a webhook denies, or changes what is written, at whatever front end', () => {
    const bench = aBench();
    const { faults, client, line, server } = bench.sandbox;
    const end = faults.admit((request) =>
      request.method === 'POST' && request.path.endsWith('/configmaps')
        ? { status: 403, headers: {}, body: { reason: 'Forbidden', message: 'no' } }
        : undefined,
    );
    const draft = { metadata: { namespace, name: 'settings' } };
    expect(client.create(resources.configMaps, draft)).toMatchObject({ ok: false, failure: { status: 403, message: 'no' } });
    const statuses: number[] = [];
    line({ frontEnd: server.frontEnd().port }).send(
      { method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body: draft, headers: { 'content-type': 'application/json' } },
      (outcome) => outcome.kind === 'answered' && statuses.push(outcome.answer.status),
    );
    expect(statuses).toEqual([403]);
    end();
    expect(client.create(resources.configMaps, draft).ok).toBe(true);
  });

  test('a GitOps tool puts back what it applied, as often as it looks', () => {
    const bench = aBench();
    const { faults, client } = bench.sandbox;
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'settings' }, data: { mode: 'git' } };
    const stop = faults.keepApplied(resources.configMaps, manifest, 60_000);
    bench.run(1);
    const mode = () => client.get(resources.configMaps, manifest.metadata)?.data;
    must(client.patch(resources.configMaps, manifest.metadata, { data: { mode: 'mine' } }));
    bench.run(59_000);
    expect(mode()).toEqual({ mode: 'mine' });
    bench.run(1_000);
    expect(mode()).toEqual({ mode: 'git' });
    stop();
    must(client.patch(resources.configMaps, manifest.metadata, { data: { mode: 'mine' } }));
    bench.run(600_000);
    expect(mode()).toEqual({ mode: 'mine' });
  });

  test('somebody edits a split, somebody scales', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 1 });
    bench.split('web', { 'web-a': 100, 'web-b': 0 });
    const { faults } = bench.sandbox;
    expect(faults.editSplit('v1alpha2', { namespace, name: 'web' }, { 'web-a': 1, 'web-b': 99 })).toBe(true);
    expect(faults.editSplit('v1alpha2', { namespace, name: 'nobody' }, { 'web-a': 1 })).toBe(false);
    expect(bench.sandbox.mesh.split(namespace, 'web')).toBeUndefined();
    bench.run(10);
    expect(bench.sandbox.mesh.split(namespace, 'web')?.spec?.backends).toEqual([
      { service: 'web-a', weight: 1 },
      { service: 'web-b', weight: 99 },
    ]);
    expect(faults.scale(resources.deployments, { namespace, name: 'web' }, 3)).toBe(true);
    bench.run(5_000);
    expect(bench.readyPods('web')).toBe(3);
  });
});

describe('the view of a scheduler', () => {
  test('says when something is due next, and is idle in between; stopped, nothing is', () => {
    const bench = aBench({ delays: { controllersMs: [10, 10] } });
    bench.run(1_000);
    const { sandbox, clock } = bench;
    expect(sandbox.isIdle()).toBe(true);
    bench.deploy({ name: 'web' });
    expect(sandbox.isIdle()).toBe(false);
    expect(sandbox.nextAtMs()).toBe(clock.monotonicMs());
    bench.run(0);
    expect([sandbox.isIdle(), sandbox.nextAtMs()]).toEqual([true, clock.monotonicMs() + 10]);
    sandbox.stop();
    expect(sandbox.nextAtMs()).toBeUndefined();
    bench.run(60_000);
    expect(bench.pods('web')).toEqual([]);
  });

  test('pods that are placed when they are made cost fewer writes, and end up the same', () => {
    const writesOfPods = (isTerse: boolean) => {
      const bench = aBench({ isTerse });
      bench.deploy({ name: 'web', replicas: 10 });
      bench.run(10_000);
      expect(bench.readyPods('web')).toBe(10);
      return bench.sandbox.server.store.since(0).filter(({ table }) => table === 'pods').length;
    };
    expect([writesOfPods(false), writesOfPods(true)]).toEqual([40, 20]);
  });
});

test('it runs on a clock that is not its own, and others reach it over HTTP', async () => {
  const clock = new VirtualClock();
  const sandbox = createSandbox({ clock, random: seededRandom(1) });
  const api = await serveHttp(sandbox.line());
  try {
    const body = JSON.stringify({ ...deploymentDraft({ name: 'web', replicas: 2 }), metadata: { name: 'web' } });
    const headers = { 'content-type': 'application/json' };
    const made = await fetch(`${api.url}/apis/apps/v1/namespaces/default/deployments`, { method: 'POST', headers, body });
    expect(made.status).toBe(201);
    await clock.advance(5_000);
    const read = await fetch(`${api.url}/apis/apps/v1/namespaces/default/deployments/web`);
    expect(await read.json()).toMatchObject({ status: { readyReplicas: 2 } });
    const groups = await fetch(`${api.url}/apis/metrics.smi-spec.io`);
    expect(await groups.json()).toMatchObject({ kind: 'APIGroup', name: 'metrics.smi-spec.io' });
  } finally {
    sandbox.stop();
    await api.close();
  }
});
