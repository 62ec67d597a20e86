import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/index.ts';
import type { SandboxOptions } from '../cluster.ts';
import { resources, routeGroupsOf, splitsOf } from '../objects/index.ts';
import { aBench, type Bench, must, namespace } from '../testing/bench.ts';
import { StepClock } from '../time/index.ts';
import type { MeshMode } from './index.ts';
import { MeshProxy } from './proxy.ts';

const prompt = { adapterMs: [0, 0], routesMs: [0, 0], endpointsMs: [0, 0] } as const;
type Mesh = NonNullable<SandboxOptions['mesh']>;

/** Root `web` over every pod, as a user's own Service is; leaves `web-a` and `web-b`, one pod each; a client that sends nothing yet. */
function twoLeaves(mode: MeshMode, mesh: Mesh = {}) {
  const bench = aBench({ mesh: { mode, lag: prompt, ...mesh } });
  for (const app of ['web-a', 'web-b']) {
    bench.deploy({ name: app, labels: { part: 'web' } });
    bench.service(app, { app });
  }
  bench.service('web', { part: 'web' });
  bench.run(5_000);
  const client = bench.load({ rate: { kind: 'constant', perSecond: 0 } });
  bench.run(1_000);
  return { bench, client, weights: () => bench.weights(client) };
}

const removeSplit = ({ sandbox }: Bench) => sandbox.client.delete(splitsOf('v1alpha4'), { namespace, name: 'web' });
const profile = { namespace, name: `web.${namespace}.svc.cluster.local` };

describe('modes', () => {
  test('strict: relative weights; a missing backend or port is excluded; all zero and a split of itself are no split', () => {
    const { bench, weights } = twoLeaves('strict');
    expect(weights()).toEqual({ web: 100 });
    bench.split('web', { 'web-a': 1_000, 'web-b': 500, 'web-none': 500 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 66.7, 'web-b': 33.3 });
    bench.patch(resources.services, 'web-b', { spec: { ports: [{ name: 'http', port: 81, targetPort: 8080 }] } });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 100 });
    bench.split('web', { 'web-a': 0, 'web-b': 0 });
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
    bench.split('web', { 'web-a': 50, web: 50 });
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
  });

  test('linkerd: the ServiceProfile rules; weights are strings; a missing backend fails its share; all zero is the apex', () => {
    const { bench, client, weights } = twoLeaves('linkerd');
    const { client: api, oracle } = bench.sandbox;
    bench.split('web', { 'web-b': 50, 'web-none': 50 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-b': 50, 'web-none': 50 });
    expect(api.get(resources.serviceProfiles, profile)?.spec).toMatchObject({
      dstOverrides: [{ authority: `web-b.${namespace}.svc.cluster.local`, weight: '50' }, { weight: '50' }],
    });
    client.setRate({ kind: 'constant', perSecond: 100 });
    bench.run(20_000);
    expect(oracle.totals(`${namespace}/web-b`)).toMatchObject({ lost: 0 });
    expect(oracle.totals(`${namespace}/web-none`).served).toBe(0);
    expect(Math.abs(oracle.totals().lost / oracle.totals().sent - 0.5)).toBeLessThan(0.05);
    expect(oracle.losses().map(({ loss }) => loss.kind)).toEqual(['no-backend']);
    must(api.patch(resources.serviceProfiles, profile, { spec: { dstOverrides: [{ authority: 'web-a', weight: '1' }] } }));
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 100 });
    bench.split('web', { 'web-a': 0, 'web-b': 0 });
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
  });

  test('linkerd: a split that is deleted while the adaptor is down keeps its weights for ever', () => {
    const { bench, weights } = twoLeaves('linkerd');
    bench.split('web', { 'web-a': 0, 'web-b': 100 });
    bench.run(10);
    removeSplit(bench);
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
    bench.split('web', { 'web-a': 0, 'web-b': 100 });
    bench.run(10);
    bench.sandbox.faults.adapter(namespace).pause();
    removeSplit(bench);
    bench.run(1_000);
    bench.sandbox.faults.adapter(namespace).resume();
    bench.run(700_000);
    expect(weights()).toEqual({ 'web-b': 100 });
  });

  test('linkerd: a profile that says so is skipped, without a word', () => {
    const { bench, weights } = twoLeaves('linkerd');
    bench.split('web', { 'web-a': 100, 'web-b': 0 });
    bench.run(10);
    must(bench.sandbox.client.patch(resources.serviceProfiles, profile, { metadata: { annotations: { 'smi.linkerd.io/skip': 'true' } } }));
    bench.split('web', { 'web-a': 0, 'web-b': 100 });
    bench.run(60_000);
    expect(weights()).toEqual({ 'web-a': 100 });
  });

  test('linkerd: of two splits of one root the last write wins, and the resync every ten minutes writes both again', () => {
    const { bench, weights } = twoLeaves('linkerd');
    bench.split('web', { 'web-a': 100, 'web-b': 0 });
    bench.run(10);
    const other = { service: 'web', backends: [{ service: 'web-b', weight: 100 }] };
    const draft = { apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplit', metadata: { namespace, name: 'another' }, spec: other };
    must(bench.sandbox.client.create(splitsOf('v1alpha4'), draft));
    bench.run(10);
    expect(weights()).toEqual({ 'web-b': 100 });
    bench.split('web', { 'web-a': 99, 'web-b': 1 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 99, 'web-b': 1 });
    bench.run(600_000);
    expect(weights()).toEqual({ 'web-b': 100 });
  });

  test('osm: a sum below 1 keeps the old route; missing backends are skipped; a leaf that the root does not select fails', () => {
    const { bench, client, weights } = twoLeaves('osm');
    bench.split('web', { 'web-a': 25, 'web-b': 25, 'web-none': 50 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 50, 'web-b': 50 });
    bench.split('web', { 'web-a': 0, 'web-b': 0 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 50, 'web-b': 50 });
    bench.split('web', { 'web-a': 100, 'web-b': 0 });
    bench.run(10);
    bench.patch(resources.services, 'web', { spec: { selector: { part: 'web', app: 'web-b' } } });
    bench.run(100);
    client.setRate({ kind: 'constant', perSecond: 50 });
    bench.run(1_000);
    expect(bench.sandbox.oracle.totals()).toMatchObject({ served: 0, lost: 50 });
  });

  test('istio: an adapter that has not heard yet that the split is gone does not fight the collector for its object', () => {
    const { bench } = twoLeaves('istio');
    bench.split('web', { 'web-b': 5, 'web-a': 995 });
    bench.run(10);
    const made: string[] = [];
    bench.sandbox.server.store.onCommit(({ type, object }) => {
      if (object.kind === 'VirtualService') made.push(type);
    });
    bench.sandbox.faults.adapter(namespace).lag([5_000, 5_000]);
    removeSplit(bench);
    bench.run(10_000);
    expect(made).toEqual(['DELETED']);
  });

  test('istio: whole percents, the last takes the rest; an edit is put back; all zero keeps the old one', () => {
    const { bench, weights } = twoLeaves('istio');
    const { client: api } = bench.sandbox;
    bench.split('web', { 'web-b': 5, 'web-a': 995 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-b': 1, 'web-a': 99 });
    bench.split('web', { 'web-a': 995, 'web-b': 5 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 100, 'web-b': 0 });
    const rules = { namespace, name: 'web-vs' };
    must(api.patch(resources.virtualServices, rules, { spec: { hosts: ['web'], http: [] } }));
    bench.run(100);
    expect(api.get(resources.virtualServices, rules)?.spec).toMatchObject({ http: [{ route: [{ weight: 100 }, { weight: 0 }] }] });
    bench.split('web', { 'web-a': 0, 'web-b': 0 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 100, 'web-b': 0 });
    removeSplit(bench);
    bench.run(1_000);
    expect(api.get(resources.virtualServices, rules)).toBeUndefined();
    expect(weights()).toEqual({ web: 100 });
  });

  test('traefik-mesh: all zero answers 500; a missing route group and the root as backend drop the split', () => {
    const { bench, client, weights } = twoLeaves('traefik-mesh');
    bench.split('web', { 'web-a': 75, 'web-none': 25 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 100 });
    bench.split('web', { 'web-a': 0, 'web-b': 0 });
    bench.run(10);
    expect(weights()).toBe(500);
    client.setRate({ kind: 'constant', perSecond: 10 });
    bench.run(1_000);
    expect([...bench.sandbox.ledger.tallies()].map(({ route, count }) => [route.status, route.server, count])).toEqual([
      [500, undefined, 10],
    ]);
    bench.split('web', { 'web-a': 50, web: 50 });
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
  });

  test('traefik-mesh: matches are honoured, and the rest goes to the root', () => {
    const { bench, client } = twoLeaves('traefik-mesh');
    bench.patch(resources.services, 'web', { spec: { selector: { part: null, app: 'web-a' } } });
    const group = { matches: [{ name: 'beta', headers: [{ 'x-user': 'beta' }], pathRegex: '/', methods: ['GET'] }] };
    must(
      bench.sandbox.client.create(routeGroupsOf('v1alpha4'), {
        apiVersion: 'specs.smi-spec.io/v1alpha4',
        kind: 'HTTPRouteGroup',
        metadata: { namespace, name: 'beta' },
        spec: group,
      }),
    );
    const spec = { service: 'web', backends: [{ service: 'web-b', weight: 100 }], matches: [{ kind: 'HTTPRouteGroup', name: 'beta' }] };
    must(
      bench.sandbox.client.create(splitsOf('v1alpha4'), {
        apiVersion: 'split.smi-spec.io/v1alpha4',
        kind: 'TrafficSplit',
        metadata: { namespace, name: 'web' },
        spec,
      }),
    );
    bench.run(100);
    client.setRate({ kind: 'constant', perSecond: 10 });
    const beta = bench.load({
      name: 'beta',
      request: { path: '/', method: 'GET', headers: { 'x-user': 'beta' } },
      rate: { kind: 'constant', perSecond: 10 },
    });
    bench.run(1_000);
    const served = [...bench.sandbox.ledger.tallies()].map(({ route }) => [
      route.client.kind === 'meshed' ? route.client.workload : '',
      ...[route.server?.workload, route.split],
    ]);
    expect(served).toEqual([
      ['curl', 'web-a', undefined],
      ['beta', 'web-b', 'web'],
    ]);
    beta.stop();
  });

  test('consul: a sum that is not 100 is refused, and the old one stays', () => {
    const { bench, weights } = twoLeaves('consul');
    bench.split('web', { 'web-a': 60, 'web-b': 40 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 60, 'web-b': 40 });
    bench.split('web', { 'web-a': 60, 'web-b': 41 });
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 60, 'web-b': 40 });
  });

  test('none, and a namespace of another mode than the rest', () => {
    const { bench, weights } = twoLeaves('none');
    bench.split('web', { 'web-a': 0, 'web-b': 100 });
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
    must(
      bench.sandbox.client.patch(
        resources.namespaces,
        { name: namespace },
        { metadata: { labels: { 'bed.sluice.dev/mesh-mode': 'strict' } } },
      ),
    );
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 0, 'web-b': 100 });
  });

  test.each([
    ['linkerd', 'linkerd', 'v1alpha1'],
    ['osm', 'osm', 'v1alpha2'],
    ['nginx', 'traefik', 'v1alpha3'],
    ['strict', 'sdk', 'v1alpha4'],
  ] as const)('%s obeys what its own chart installs', (mode, splits, version) => {
    const { bench, weights } = twoLeaves(mode, { splits });
    bench.split('web', { 'web-a': 90, 'web-b': 10 }, version);
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 90, 'web-b': 10 });
  });

  test('a mesh whose version is not served sees no split at all', () => {
    const { bench, weights } = twoLeaves('linkerd', { splits: 'sdk' });
    bench.split('web', { 'web-a': 90, 'web-b': 10 });
    bench.run(60_000);
    expect(weights()).toEqual({ web: 100 });
  });

  test('a client outside the mesh sees what the root Service selects, whatever the split says', () => {
    const { bench } = twoLeaves('strict');
    bench.split('web', { 'web-a': 0, 'web-b': 100 });
    bench.patch(resources.services, 'web', { spec: { selector: { app: 'web-a' } } });
    const outside = bench.load({ name: 'ingress', isMeshed: false });
    bench.run(1_000);
    expect(bench.weights(outside)).toEqual({ web: 100 });
    expect(bench.sandbox.oracle.totals(`${namespace}/web`)).toMatchObject({ sent: 50, lost: 0 });
    expect([...bench.sandbox.ledger.tallies()].map(({ route }) => [route.client.kind, route.server?.workload])).toEqual([
      ['unmeshed', 'web-a'],
    ]);
  });
});

describe('lag', () => {
  test('weights take effect after the lag of the adapter and of each proxy, in the order in which they were written', () => {
    const { bench, client } = twoLeaves('strict', { lag: { adapterMs: [2_000, 2_000], routesMs: [1_000, 5_000], endpointsMs: [0, 0] } });
    bench.run(10_000);
    for (const weight of [10, 20, 30]) {
      bench.split('web', { 'web-a': 100 - weight, 'web-b': weight });
      bench.run(500);
    }
    const seen: unknown[][] = [[], []];
    for (let step = 0; step < 200; step += 1) {
      bench.run(50);
      client.proxies.forEach((_, proxy) => {
        const weights = bench.weights(client, proxy);
        const canary = typeof weights === 'object' ? (weights['web-b'] ?? 0) : weights;
        if (seen[proxy]?.at(-1) !== canary) seen[proxy]?.push(canary);
      });
    }
    for (const history of seen) {
      expect(history.at(-1)).toBe(30);
      expect(history).toEqual(history.toSorted((left, right) => Number(left) - Number(right)));
    }
  });

  test.each([1, 2, 3, 4, 5, 6])('of what arrives at one moment the newest holds, whichever the clock takes first (seed %i)', (seed) => {
    const clock = new StepClock({ tieBreak: seededRandom(seed) });
    const proxy = new MeshProxy('curl', true, clock, () => {});
    proxy.tellEndpoints('web', ['old'], 100);
    proxy.tellEndpoints('web', ['newer'], 50);
    proxy.tellEndpoints('web', ['newest'], 10);
    clock.runFor(200);
    expect(proxy.cluster('web')?.addresses).toEqual(['newest']);
  });

  test('endpoints of a Service that is made again under its name do not wait until the old ones are forgotten', () => {
    const clock = new StepClock();
    const proxy = new MeshProxy('curl-0', true, clock, () => {});
    proxy.tellEndpoints('web', ['old'], 0);
    proxy.tellEndpoints('web', undefined, 100);
    clock.runFor(3_000);
    expect(proxy.cluster('web')?.addresses).toEqual(['old']);
    proxy.tellEndpoints('web', ['new'], 0);
    clock.runFor(60_000);
    expect(proxy.cluster('web')?.addresses).toEqual(['new']);
    proxy.tellEndpoints('web', undefined, 0);
    clock.runFor(3_001);
    expect(proxy.cluster('web')).toBeUndefined();
  });

  test('nothing takes effect before its lag is over', () => {
    const { bench, weights } = twoLeaves('strict', { lag: { ...prompt, adapterMs: [60_000, 60_000] } });
    bench.split('web', { 'web-a': 0, 'web-b': 100 });
    bench.run(59_900);
    expect(weights()).toEqual({ web: 100 });
    bench.run(200);
    expect(weights()).toEqual({ 'web-a': 0, 'web-b': 100 });
  });

  test('an adapter that is down changes nothing, and catches up', () => {
    const { bench, weights } = twoLeaves('strict');
    const adapter = bench.sandbox.faults.adapter(namespace);
    adapter.pause();
    bench.split('web', { 'web-a': 50, 'web-b': 50 });
    bench.run(600_000);
    expect(weights()).toEqual({ web: 100 });
    adapter.resume();
    bench.run(10);
    expect(weights()).toEqual({ 'web-a': 50, 'web-b': 50 });
    adapter.pause();
    removeSplit(bench);
    bench.run(10);
    adapter.resume();
    bench.run(10);
    expect(weights()).toEqual({ web: 100 });
  });

  test('a proxy that takes no routes still hears of endpoints, and the newest route is what it gets in the end', () => {
    const { bench, client } = twoLeaves('strict');
    const { faults } = bench.sandbox;
    faults.hold('routes', `${namespace}/curl`);
    bench.split('web', { 'web-a': 50, 'web-b': 50 });
    bench.run(10);
    bench.split('web', { 'web-a': 10, 'web-b': 90 });
    bench.patch(resources.deployments, 'web-a', { spec: { replicas: 2 } });
    bench.run(5_000);
    expect(bench.weights(client)).toEqual({ web: 100 });
    expect(client.proxies[0]?.cluster(`${namespace}/web-a|8080`)?.addresses).toHaveLength(2);
    faults.release('routes', `${namespace}/curl`);
    expect(bench.weights(client)).toEqual({ 'web-a': 10, 'web-b': 90 });
  });

  test('a proxy hears of the namespaces of its roots alone, and of a root that it follows later', () => {
    const { bench } = twoLeaves('strict');
    const { mesh } = bench.sandbox;
    const proxy = mesh.connect('elsewhere/observer', true, []);
    const root = { namespace, service: 'web', port: 80 };
    bench.patch(resources.deployments, 'web-a', { spec: { replicas: 2 } });
    bench.run(5_000);
    expect(proxy.cluster(`${namespace}/web-a|8080`)).toBeUndefined();
    mesh.follow(proxy, root);
    expect(proxy.route(`${namespace}/web|80`)?.route).toMatchObject({ kind: 'split' });
    expect(proxy.cluster(`${namespace}/web-a|8080`)?.addresses).toHaveLength(2);
    mesh.follow(proxy, { ...root, service: 'late' });
    bench.service('late', { app: 'web-a' });
    bench.split('web', { 'web-b': 100 });
    bench.run(1_000);
    expect(proxy.route(`${namespace}/web|80`)?.route).toMatchObject({ shares: [{ backend: 'web-b' }] });
    expect(proxy.route(`${namespace}/late|80`)?.route).toMatchObject({ shares: [{ backend: 'late' }] });
    expect(proxy.cluster(`${namespace}/late|8080`)?.addresses).toHaveLength(2);
  });
});
