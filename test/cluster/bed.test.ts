// The kit judged by itself: what a scenario relies on must be true of the bed before it can be true of Sluice.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { pathOf } from './kit/paths.ts';
import { sleep, waitFor } from './kit/wait.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

/** Four standard deviations of a share `p` seen in `n` draws. */
const bound = (p: number, n: number): number => 4 * Math.sqrt((p * (1 - p)) / n);

describe.concurrent('pods and traffic', () => {
  test('a Deployment answers at the ClusterIP of its Service, from every pod, without a lost request', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-serves', { cleanup: onTestFinished });
    await scenario.deploy({ name: 'web', replicas: 3 });
    await scenario.ready('web');
    await scenario.waitApplied('web', { web: 100 });
    const load = await scenario.load('web', { perSecond: 100, seconds: 60, maxRequests: 300 });
    await load.more(300);
    const { total, lost, byPod } = load.summary();
    expect(total).toBe(300);
    expect(lost).toEqual([]);
    expect(Object.keys(byPod)).toHaveLength(3);
  });

  test('a split of 90/10 is what the requests see', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-split', { cleanup: onTestFinished });
    await Promise.all([
      scenario.deploy({ name: 'web-stable', replicas: 2 }),
      scenario.deploy({ name: 'web-canary' }),
      scenario.service('web', { app: 'web-stable' }),
    ]);
    await Promise.all([scenario.ready('web-stable'), scenario.ready('web-canary')]);
    await scenario.split('web', { 'web-canary': 10, 'web-stable': 90 });
    const { at } = await scenario.waitApplied('web', { 'web-canary': 10, 'web-stable': 90 });
    const load = await scenario.load('web', { perSecond: 200, maxRequests: 3_000 });
    await load.more(3_000);
    expect(load.summary().lost).toEqual([]);
    expect(Math.abs(load.share('web-canary', at) - 0.1)).toBeLessThan(bound(0.1, 3_000));
  });

  test('error rate and latency of the annotations are those of the responses, and may change under way', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-behaviour', { cleanup: onTestFinished });
    await scenario.deploy({ name: 'web', behaviour: { 'error-rate': '0.3', 'latency-ms': '40-60' } });
    await scenario.ready('web');
    await scenario.waitApplied('web', { web: 100 });
    const load = await scenario.load('web', { perSecond: 100 });
    await load.more(1_000);
    const { failed, lost, total } = load.summary();
    expect(lost).toEqual([]);
    expect(Math.abs(failed / total - 0.3)).toBeLessThan(bound(0.3, total));
    const fastest = load.requests().reduce((least, { latencyMs }) => Math.min(least, latencyMs), Number.POSITIVE_INFINITY);
    expect(fastest).toBeGreaterThanOrEqual(38);

    const pods = await bed.admin.list(pathOf('pods', scenario.name));
    for (const { metadata } of pods.items) {
      await bed.admin.patch(pathOf('pods', scenario.name, metadata.name), {
        metadata: { annotations: { 'bed.sluice.dev/error-rate': '0', 'bed.sluice.dev/latency-ms': '0' } },
      });
    }
    await waitFor('100 requests in a row without a failure', async () => {
      const from = Date.now();
      await load.more(100);
      return load.summary(from).failed === 0 && load.summary(from).total >= 90;
    });
  });

  test('backends come and go, and pods leave at weight 0, without a lost request', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-drain', { cleanup: onTestFinished });
    await Promise.all([
      scenario.deploy({ name: 'web-a', replicas: 3 }),
      scenario.deploy({ name: 'web-b', replicas: 3, behaviour: { 'latency-ms': '5-40' } }),
      scenario.service('web', { app: 'web-a' }),
    ]);
    await Promise.all([scenario.ready('web-a'), scenario.ready('web-b')]);
    await scenario.split('web', { 'web-b': 50, 'web-a': 50 });
    await scenario.waitApplied('web', { 'web-a': 50, 'web-b': 50 });
    const load = await scenario.load('web', { perSecond: 150 });
    await load.more(300);
    await scenario.split('web', { 'web-b': 0, 'web-a': 100 });
    const { at } = await scenario.waitApplied('web', { 'web-a': 100 });
    await scenario.deployOnly({ name: 'web-b', replicas: 0, behaviour: { 'latency-ms': '5-40' } });
    await scenario.ready('web-b', 0);
    // Stable shrinks under traffic as well: endpoints leave before the pod does.
    await scenario.deployOnly({ name: 'web-a', replicas: 1 });
    await scenario.ready('web-a', 1);
    await bed.admin.remove(pathOf('services', scenario.name, 'web-b'));
    await load.more(900);
    expect(load.summary().lost).toEqual([]);
    expect(load.summary(at + 1_000).byDeployment['web-b']).toBeUndefined();
  });

  test('a pod that never becomes ready, one that crash-loops, and one without its ConfigMap are seen as such', async ({
    onTestFinished,
  }) => {
    const scenario = await bed.namespace('t-sick', { cleanup: onTestFinished });
    await scenario.deploy({ name: 'never', behaviour: { 'never-ready': 'true' } });
    await scenario.deploy({ name: 'crash', behaviour: { 'crash-after-ms': '500', 'crash-backoff-ms': '300' } });
    await scenario.deploy({ name: 'config', configMap: 'colors' });
    interface Status {
      readonly status: {
        readonly containerStatuses?: readonly {
          readonly ready: boolean;
          readonly restartCount: number;
          readonly state: { readonly waiting?: { readonly reason: string } };
        }[];
      };
    }
    const container = async (app: string) =>
      (await bed.admin.list<Status>(`${pathOf('pods', scenario.name)}?labelSelector=app%3D${app}`)).items[0]?.status.containerStatuses?.[0];
    await waitFor('three restarts', async () => ((await container('crash'))?.restartCount ?? 0) >= 3);
    await waitFor(
      'CreateContainerConfigError',
      async () => (await container('config'))?.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect((await container('never'))?.ready).toBe(false);
    await bed.admin.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'colors', namespace: scenario.name },
      data: { COLOR: 'teal' },
    } as never);
    await scenario.ready('config');
    await scenario.waitApplied('config', { config: 100 });
    const load = await scenario.load('config', { perSecond: 20, maxRequests: 20 });
    await load.more(20);
    expect(new Set(load.requests().map(({ config }) => config))).toEqual(new Set(['teal']));
  });

  test('a paused adapter leaves the weights where they were, and a lag delays them', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-lag', { cleanup: onTestFinished });
    await Promise.all([scenario.deploy({ name: 'web-a' }), scenario.deploy({ name: 'web-b' }), scenario.service('web', { app: 'web-a' })]);
    await Promise.all([scenario.ready('web-a'), scenario.ready('web-b')]);
    await scenario.split('web', { 'web-b': 0, 'web-a': 100 });
    await scenario.waitApplied('web', { 'web-a': 100 });
    await scenario.adapter.pause();
    await scenario.split('web', { 'web-b': 50, 'web-a': 50 });
    const load = await scenario.load('web', { perSecond: 100 });
    await load.more(300);
    expect(load.share('web-b')).toBe(0);
    await scenario.adapter.resume();
    await scenario.waitApplied('web', { 'web-a': 50, 'web-b': 50 });
    await scenario.adapter.lag(3_000);
    const written = Date.now();
    await scenario.split('web', { 'web-b': 100, 'web-a': 0 });
    const { at } = await scenario.waitApplied('web', { 'web-b': 100 });
    expect(at - written).toBeGreaterThanOrEqual(2_900);
    expect((await scenario.applied('web')).map(({ weights }) => weights['web-b'] ?? 0)).toEqual(
      [0, 0, 50, 100].slice(-(await scenario.applied('web')).length),
    );
  });

  test('the audit log counts requests by user and verb', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-audit', { cleanup: onTestFinished });
    const alice = bed.as('alice');
    for (let at = 0; at < 5; at += 1)
      await expect(alice.get(pathOf('configmaps', scenario.name, `nothing-${at}`))).rejects.toMatchObject({ status: 403 });
    const seen = await waitFor('five requests in the log', () => {
      const requests = scenario.audit({ user: 'alice', namespace: scenario.name });
      return requests.length >= 5 ? requests : undefined;
    });
    expect(seen.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`)).toEqual(Array(5).fill('get configmaps 403'));
  });

  test('a real autoscaler scales by CPU that follows the requests', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-hpa', { cleanup: onTestFinished });
    await scenario.deploy({ name: 'web', replicas: 1 });
    await scenario.ready('web');
    await scenario.waitApplied('web', { web: 100 });
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }];
    await bed.admin.create({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: scenario.name },
      spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 4, metrics },
    } as never);
    const load = await scenario.load('web', { perSecond: 15 });
    await scenario.ready('web', 3);
    await load.stop();
    await scenario.ready('web', 1);
    expect(load.summary().lost).toEqual([]);
  });
});

describe.concurrent('faults of one scenario', () => {
  test('Prometheus hangs, refuses and comes back for one scenario, while the others go on', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-outage', { cleanup: onTestFinished });
    const outage = await scenario.outage('prometheus');
    const ask = async (patienceMs = 60_000) => (await fetch(`${outage.url}/-/ready`, { signal: AbortSignal.timeout(patienceMs) })).status;
    expect(await ask()).toBe(200);
    outage.stall();
    await expect(ask(1_000)).rejects.toThrow('timeout');
    outage.refuse();
    await expect(ask()).rejects.toThrow('fetch failed');
    outage.open();
    expect(await ask()).toBe(200);
    expect(await bed.prometheus.value('vector(1)')).toBe(1);
  });

  test('a recorder sees every version of a split, in order', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('t-record', { cleanup: onTestFinished });
    const splits = await scenario.record('trafficsplits');
    for (let weight = 0; weight < 20; weight += 1) await scenario.split('web', { 'web-b': weight, 'web-a': 100 - weight });
    await bed.admin.remove(pathOf('trafficsplits', scenario.name, 'web'));
    const seen = await waitFor('all versions', () => splits.versions('web').length >= 21 && splits.versions('web'));
    expect(seen.map(({ change }) => change)).toEqual(['added', ...Array(19).fill('modified'), 'deleted']);
    expect(seen.every(({ resourceVersion }, at) => at === 0 || resourceVersion > (seen[at - 1]?.resourceVersion ?? 0n))).toBe(true);
  });
});

describe('the whole cluster', () => {
  test('the API server restarts under traffic: requests go on, and a split written after it is obeyed', async () => {
    await bed.exclusive(async () => {
      const scenario = await bed.namespace('t-restart', { alone: true });
      await Promise.all([
        scenario.deploy({ name: 'web-a' }),
        scenario.deploy({ name: 'web-b' }),
        scenario.service('web', { app: 'web-a' }),
      ]);
      await Promise.all([scenario.ready('web-a'), scenario.ready('web-b')]);
      const load = await scenario.load('web', { perSecond: 100 });
      await bed.apiServer.restart(2_000);
      await waitFor('the API server to take writes', async () => {
        await scenario.split('web', { 'web-b': 100, 'web-a': 0 });
        return true;
      });
      await scenario.waitApplied('web', { 'web-b': 100 });
      await load.more(100);
      expect(load.summary().lost).toEqual([]);
      await scenario.dispose();
    });
  });

  test('Prometheus goes and comes back', async () => {
    await bed.exclusive(async () => {
      await bed.prometheus.stop();
      await expect(bed.prometheus.value('vector(1)')).rejects.toThrow();
      await bed.prometheus.start();
      expect(await bed.prometheus.value('vector(1)')).toBe(1);
    });
  });

  test('a mesh that reads v1alpha2 is blind while only v1alpha3 is served', async () => {
    await bed.exclusive(async () => {
      const scenario = await bed.namespace('t-versions', { alone: true, mode: 'osm' });
      await Promise.all([scenario.deploy({ name: 'web', labels: { part: 'a' } }), scenario.deploy({ name: 'web-b' })]);
      await Promise.all([scenario.ready('web'), scenario.ready('web-b')]);
      try {
        await bed.serveSplits('traefik');
        await scenario.split('web', { 'web-b': 0, web: 100 }, 'v1alpha3');
        await sleep(500);
        expect((await scenario.applied('web')).at(-1)?.weights).toEqual({ web: 100 });
        await bed.serveSplits('osm');
        await scenario.split('web', { 'web-b': 25, web: 75 }, 'v1alpha2');
        await scenario.waitApplied('web', { 'web-b': 25, web: 75 });
      } finally {
        await bed.serveSplits('all');
      }
      await scenario.dispose();
    });
  });
});
