import { describe, expect, test } from 'vitest';
import { type Pod, resources } from '../objects/index.ts';
import { aBench, type Bench } from '../testing/bench.ts';

const thePod = (bench: Bench): Pod => {
  const [pod, ...more] = bench.pods('web');
  if (pod === undefined || more.length > 0) throw new Error(`${more.length + (pod === undefined ? 0 : 1)} pods`);
  return pod;
};
const refOf = (pod: Pod) => ({ namespace: 'shop', name: pod.metadata.name });
const container = (bench: Bench) =>
  (thePod(bench).status as Readonly<Record<string, unknown>>).containerStatuses as readonly [Readonly<Record<string, unknown>>];

describe('a pod', () => {
  test('is placed, starts, and becomes ready after what it needs to start', () => {
    const bench = aBench({ delays: { startMs: [0, 0] } });
    bench.deploy({ name: 'web', behaviour: { 'start-delay-ms': '5000' } });
    bench.run(4_900);
    expect(thePod(bench)).toMatchObject({ spec: { nodeName: 'sandbox' }, status: { phase: 'Pending', podIP: '10.244.0.2' } });
    expect(container(bench)[0].state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    bench.run(400);
    expect(thePod(bench).status?.phase).toBe('Running');
    expect(bench.readyPods('web')).toBe(1);
  });

  test('that is never ready runs, and becomes ready when its annotation goes', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', behaviour: { 'never-ready': 'true' } });
    bench.run(10_000);
    expect([thePod(bench).status?.phase, bench.readyPods('web')]).toEqual(['Running', 0]);
    bench.sandbox.faults.behave(refOf(thePod(bench)), { 'never-ready': null });
    bench.run(100);
    expect(bench.readyPods('web')).toBe(1);
  });

  test('stops being ready when its time is over, and stays an endpoint that says so', () => {
    const bench = aBench({ delays: { startMs: [0, 0] } });
    bench.deploy({ name: 'web', behaviour: { 'unready-after-ms': '3000' } });
    bench.service('web', { app: 'web' });
    bench.run(2_900);
    expect(bench.slices('web')[0]?.endpoints?.[0]?.conditions).toEqual({ ready: true, serving: true, terminating: false });
    bench.run(500);
    expect(bench.slices('web')[0]?.endpoints?.[0]?.conditions).toEqual({ ready: false, serving: false, terminating: false });
  });

  test('that crashes comes back later and later, at most every 10 s, and is not ready meanwhile', () => {
    const bench = aBench({ delays: { startMs: [0, 0], scheduleMs: [0, 0], controllersMs: [0, 0] } });
    bench.deploy({ name: 'web', behaviour: { 'crash-after-ms': '1000' } });
    const readyAt: number[] = [];
    let wasReady = false;
    for (let ms = 0; ms < 60_000; ms += 100) {
      bench.run(100);
      const isReady = bench.readyPods('web') === 1;
      if (isReady && !wasReady) readyAt.push(ms);
      wasReady = isReady;
    }
    const gaps = readyAt.slice(1).map((ms, index) => Math.round((ms - (readyAt[index] ?? 0)) / 1_000));
    // A second of running, then a back-off of 1, 2, 4, 8, 10, 10, ... seconds.
    expect(gaps).toEqual([2, 3, 5, 9, 11, 11, 11]);
    expect(container(bench)[0].restartCount).toBeGreaterThanOrEqual(7);
  });

  test('in its back-off says that it crashed, and how', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', behaviour: { 'crash-loop': 'true', 'crash-backoff-ms': '300000' } });
    bench.run(10_000);
    expect(container(bench)[0]).toMatchObject({
      ...{ ready: false, restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    expect(thePod(bench).status?.phase).toBe('Running');
  });

  test('crashes after as many requests as it is told, over the next one', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', behaviour: { 'crash-after-requests': '30', 'crash-backoff-ms': '60000' } });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    bench.load();
    bench.run(3_000);
    const { served } = bench.sandbox.oracle.totals();
    expect(served).toBe(30);
    const kinds = new Set(bench.sandbox.oracle.losses().map(({ loss }) => loss.kind));
    expect([...kinds]).toEqual(['crashed', 'refused', 'no-endpoints']);
    expect(bench.readyPods('web')).toBe(0);
  });

  test('that is deleted serves for its grace and is an endpoint on its way out; then it is gone', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', behaviour: { 'shutdown-grace-ms': '4000' } });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    const ip = thePod(bench).status?.podIP ?? '';
    bench.patch(resources.deployments, 'web', { spec: { replicas: 0 } });
    bench.run(3_000);
    expect(bench.sandbox.network.at(ip)).toMatchObject({ isTerminating: true });
    expect(bench.slices('web')[0]?.endpoints?.[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    bench.run(2_000);
    expect(bench.pods('web')).toEqual([]);
    expect(bench.sandbox.network.at(ip)).toBeUndefined();
    expect(bench.sandbox.network.endedAt(ip)?.fate).toBe('stopped');
    expect(bench.slices('web').flatMap(({ endpoints }) => endpoints ?? [])).toEqual([]);
  });

  test('has no longer grace than it declares', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', behaviour: { 'shutdown-grace-ms': '60000' }, podSpec: { terminationGracePeriodSeconds: 2 } });
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', { spec: { replicas: 0 } });
    bench.run(2_500);
    expect(bench.pods('web')).toEqual([]);
  });

  test('does not start without the configuration that it names, and does once it is there', () => {
    const bench = aBench();
    const container = { name: 'app', image: 'example/app:1', envFrom: [{ configMapRef: { name: 'colours' } }] };
    bench.deploy({ name: 'web', podSpec: { containers: [container] } });
    bench.run(5_000);
    expect(JSON.stringify(thePod(bench).status)).toContain('CreateContainerConfigError');
    bench.sandbox.client.create(resources.configMaps, { metadata: { namespace: 'shop', name: 'colours' }, data: { COLOR: 'blue' } });
    bench.run(4_000);
    expect(bench.readyPods('web')).toBe(1);
  });

  test('behaves as its image does, where the caller knows it, and its own annotations count more', () => {
    const bench = aBench({
      profiles: ({ spec }) =>
        spec.containers[0]?.image === 'example/app:2' ? { errorRate: 1, errorCode: 502, startDelayMs: 1_000 } : undefined,
    });
    bench.deploy({ name: 'web', image: 'example/app:2' });
    bench.deploy({ name: 'other', image: 'example/app:2', behaviour: { 'error-rate': '0' } });
    bench.run(5_000);
    const behaviours = [...bench.sandbox.network.servers()].map(({ identity, behaviour }) => [
      identity.workload,
      behaviour.errorRate,
      behaviour.errorCode,
    ]);
    expect(behaviours.toSorted()).toEqual([
      ['other', 0, 502],
      ['web', 1, 502],
    ]);
  });

  test('that is evicted is over, and another takes its place', () => {
    const bench = aBench();
    bench.deploy({ name: 'web' });
    bench.run(5_000);
    const first = thePod(bench);
    bench.sandbox.faults.evict(refOf(first));
    bench.run(5_000);
    expect(bench.readyPods('web')).toBe(1);
    const evicted = bench.pods('web').find(({ metadata }) => metadata.uid === first.metadata.uid);
    expect(evicted?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(bench.sandbox.network.endedAt(first.status?.podIP ?? '')?.fate).toBe('evicted');
  });

  test('on a lost node counts as ready for 40 s more, is replaced after five minutes, and ends when the node is back', () => {
    const bench = aBench();
    bench.deploy({ name: 'web' });
    bench.run(5_000);
    const first = thePod(bench);
    bench.sandbox.faults.loseNode(refOf(first));
    bench.run(39_000);
    expect(bench.readyPods('web')).toBe(1);
    expect(bench.sandbox.network.at(first.status?.podIP ?? '')).toBeUndefined();
    bench.run(2_000);
    expect([bench.readyPods('web'), bench.pods('web').length]).toEqual([0, 1]);
    bench.run(305_000);
    expect([bench.readyPods('web'), bench.pods('web').length]).toEqual([1, 2]);
    bench.sandbox.faults.recoverNode(refOf(first));
    bench.run(3_000);
    expect(bench.pods('web').map(({ metadata }) => metadata.uid)).not.toContain(first.metadata.uid);
  });

  test('whose object is removed by force serves nobody any more', () => {
    const bench = aBench();
    bench.deploy({ name: 'web' });
    bench.run(5_000);
    const pod = thePod(bench);
    bench.sandbox.client.delete(resources.pods, refOf(pod), { gracePeriodSeconds: 0 });
    bench.run(1);
    expect(bench.sandbox.network.endedAt(pod.status?.podIP ?? '')?.fate).toBe('killed');
  });
});
