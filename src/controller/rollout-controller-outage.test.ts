import { setMaxListeners } from 'node:events';
import { expect, test } from 'vitest';
import { ClusterClock, Contact, createKubeClient } from '../kube/index.ts';
import { SilentServer } from '../kube/testing/silent-server.ts';
import { seededRandom, silentLogger, VirtualClock } from '../lib/index.ts';
import { createSources } from '../metrics/index.ts';
import { RolloutController } from './rollout-controller.ts';

const statusPath = '/apis/sluice.dev/v1alpha1/namespaces/shop/rollouts/web/status';
const runPath = '/apis/sluice.dev/v1alpha1/namespaces/shop/analysisruns/check/status';

/** A leader over one Rollout and one AnalysisRun, each of which asks for one write: its status. */
function aLeader() {
  const clock = new VirtualClock();
  const server = new SilentServer(clock);
  const metadata = { namespace: 'shop', uid: 'u', resourceVersion: '3', generation: 1 };
  server.objects.set('/apis/sluice.dev/v1alpha1/rollouts', [{ metadata: { ...metadata, name: 'web' }, spec: { strategy: 'none' } }]);
  const metrics = [{ name: 'm', thresholdRange: { min: 1 }, provider: { prometheus: { address: 'http://prometheus:9090', query: 'up' } } }];
  server.objects.set('/apis/sluice.dev/v1alpha1/analysisruns', [{ metadata: { ...metadata, name: 'check' }, spec: { metrics } }]);
  const random = seededRandom(6);
  const contact = new Contact({ transport: server, clock, random, log: silentLogger });
  let isLeaseSure = true;
  const fence = { check: () => isLeaseSure };
  const client = createKubeClient({ transport: contact.over(server), clock, random, log: silentLogger, fence });
  const controller = new RolloutController({
    client,
    contact,
    clock: new ClusterClock(clock),
    random,
    log: silentLogger,
    recorder: { event() {} },
    sources: createSources(),
    namespaces: [],
    clusterDomain: 'cluster.local',
    prometheusAddress: undefined,
    concurrency: 2,
    schedule: () => () => {},
    epoch: () => 1,
    onFenced: () => {},
    onSettled: () => {},
  });
  const [stop, interrupt] = [new AbortController(), new AbortController()];
  setMaxListeners(0, stop.signal, interrupt.signal);
  const running = Promise.all([controller.watch(stop.signal), controller.reconcile(stop.signal, interrupt.signal)]);
  return {
    clock,
    server,
    leaseIsSure(is: boolean) {
      isLeaseSure = is;
    },
    async end() {
      stop.abort();
      await running;
    },
  };
}

test('what could not be written in an outage of ten minutes is written within seconds of its end, though nothing else happens', async () => {
  const { clock, server, end } = aLeader();
  server.refused.add(statusPath);
  server.refused.add(runPath);
  await clock.advance(2_000);
  expect(server.asked(statusPath).length).toBeGreaterThan(0);
  expect(server.asked(runPath).length).toBeGreaterThan(0);
  server.is = 'refusing';
  await clock.advance(10 * 60_000);
  server.refused.clear();
  server.is = 'up';
  const backMs = clock.monotonicMs();
  await clock.advance(60_000);
  for (const path of [statusPath, runPath]) {
    expect(server.asked(path).find((atMs) => atMs >= backMs)).toBeLessThanOrEqual(backMs + 2_000);
  }
  await end();
});

test('what was not written while the lease was in doubt is written when it is sure again', async () => {
  const { clock, server, leaseIsSure, end } = aLeader();
  leaseIsSure(false);
  await clock.advance(3_000);
  expect([...server.asked(statusPath), ...server.asked(runPath)]).toEqual([]);
  leaseIsSure(true);
  await clock.advance(6_000);
  expect(server.asked(statusPath)).toHaveLength(1);
  expect(server.asked(runPath).length).toBeGreaterThanOrEqual(1);
  await end();
});
