import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeFailure } from '../kube/index.ts';
import { ClusterClock, Contact, createKubeClient, localFailure } from '../kube/index.ts';
import { SilentServer } from '../kube/testing/silent-server.ts';
import { seededRandom, silentLogger, VirtualClock } from '../lib/index.ts';
import { createSources } from '../metrics/index.ts';
import { problemsOf } from './readiness.ts';
import { RolloutController } from './rollout-controller.ts';

let clock: VirtualClock;
let server: SilentServer;
let controller: RolloutController;
let stop: AbortController;
let running: Promise<void>;
let settled: number;

beforeEach(() => {
  clock = new VirtualClock();
  server = new SilentServer(clock);
  settled = 0;
  const random = seededRandom(4);
  const contact = new Contact({ transport: server, clock, random, log: silentLogger });
  const client = createKubeClient({ transport: contact.over(server), clock, random, log: silentLogger });
  controller = new RolloutController({
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
    concurrency: 8,
    schedule: () => () => {},
    // A standby: it is ready all the same.
    epoch: () => undefined,
    onFenced: () => {},
    onSettled: () => {
      settled += 1;
    },
  });
  stop = new AbortController();
  setMaxListeners(0, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
});

const watches = () => {
  running = controller.watch(stop.signal);
};
/** The cluster has TrafficSplits; the path of their CRD. */
const serveSplits = (): string => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/trafficsplits.split.smi-spec.io';
  server.bodies.set('/apis', { groups: [{ name: 'split.smi-spec.io', versions: [{ version: 'v1alpha4' }] }] });
  const spec = { versions: [{ name: 'v1alpha4', served: true, storage: true }] };
  server.bodies.set(path, { metadata: { name: 'trafficsplits.split.smi-spec.io', uid: 'crd', resourceVersion: '2' }, spec });
  return path;
};
const gauge = async () => /^sluice_api_server_reachable (\d)$/m.exec(await controller.telemetry.registry.metrics())?.[1];

test('a standby that sees everything is ready', async () => {
  watches();
  expect(controller.problems()).toContain('the mesh is not discovered yet');
  await clock.advance(1_000);
  expect(controller.problems()).toEqual([]);
  expect(await gauge()).toBe('1');
});

test('one whose discovery has never succeeded is not, and says why; once it has, a failure is no news', async () => {
  server.refused.add('/apis');
  watches();
  await clock.advance(60_000);
  expect(controller.problems()).toEqual(['the mesh is not discovered yet (network: connection refused)']);
  server.refused.clear();
  await clock.advance(13_000);
  expect(controller.problems()).toEqual([]);
});

test('one that could not read what the CRD of TrafficSplit says of the mesh has not discovered it', async () => {
  server.refused.add(serveSplits());
  watches();
  await clock.advance(60_000);
  expect(controller.problems()).toEqual(['the mesh is not discovered yet (network: connection refused)']);
  server.refused.clear();
  await clock.advance(13_000);
  expect(controller.problems()).toEqual([]);
});

test('a standby watches what the Rollouts need of the mesh, and is not ready before it does', async () => {
  const splits = '/apis/split.smi-spec.io/v1alpha4/trafficsplits';
  serveSplits();
  const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '3' };
  const spec = {
    workloadRef: { name: 'web' },
    service: { name: 'web' },
    traffic: { smi: {} },
    strategy: { canary: { steps: [{ setWeight: 10 }] } },
  };
  server.objects.set('/apis/sluice.dev/v1alpha1/rollouts', [{ metadata, spec }]);
  server.refused.add(splits);
  watches();
  await clock.advance(10_000);
  expect(controller.problems()).toEqual(['trafficsplits.split.smi-spec.io/v1alpha4 is not synced (network: connection refused)']);
  server.refused.clear();
  await clock.advance(30_000);
  expect(controller.problems()).toEqual([]);
});

test('what the first lists leave behind goes on a standby, too, though its Rollouts wait for the lease; not before all are in', async () => {
  const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '3' };
  server.objects.set('/apis/sluice.dev/v1alpha1/rollouts', [{ metadata, spec: {} }]);
  server.refused.add('/api/v1/configmaps');
  watches();
  await clock.advance(60_000);
  expect(settled).toBe(0);
  server.refused.clear();
  await clock.advance(60_000);
  expect(settled).toBe(1);
});

test('one that cannot watch the kinds of the cluster, by which it learns of a mesh, is not', async () => {
  server.refused.add('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
  watches();
  await clock.advance(10_000);
  expect(controller.problems()).toEqual(['customresourcedefinitions is not synced (network: connection refused)']);
});

test('with the API server away from the start nothing is ready, the gauge says so, and all is well soon after it comes', async () => {
  server.is = 'refusing';
  watches();
  expect(await gauge()).toBe('0');
  await clock.advance(5 * 60_000);
  expect(controller.problems()[0]).toBe('the API server cannot be reached (network: connection refused)');
  expect(controller.problems()).toContain('rollouts is not synced (network: connection refused)');
  expect(controller.unreachableSinceMs).toBeDefined();
  expect(await gauge()).toBe('0');
  server.is = 'up';
  await clock.advance(4_000);
  expect(controller.problems()).toEqual([]);
  expect(controller.unreachableSinceMs).toBeUndefined();
  expect(await gauge()).toBe('1');
});

test('one whose credentials are refused later is not ready, though its stores are full; and is again, once they are taken', async () => {
  watches();
  await clock.advance(1_000);
  expect(controller.problems()).toEqual([]);
  server.is = 'unauthorized';
  server.endStreams();
  await clock.advance(60_000);
  expect(controller.problems()).toEqual(['not one watch is live (unauthorized 401: Unauthorized)']);
  server.is = 'up';
  await clock.advance(60_000);
  expect(controller.problems()).toEqual([]);
});

test('kinds of ours that are not installed are named with what to do; those of a mesh are no problem', () => {
  const failure: KubeFailure = localFailure('notFound', 'not found');
  const missing = ['rollouts-1', 'virtualservices.networking.istio.io/v1'];
  const kube = { isReady: true, unsynced: [], missing, failing: missing.map((name) => ({ name, failure })) };
  expect(problemsOf({ kube, isDiscovered: true, discoveryFailure: undefined })).toEqual([
    'rollouts-1 are not served: apply the output of `sluice render crds`',
  ]);
});
