import { describe, expect, test } from 'vitest';
import { resources } from '../objects/index.ts';
import { latencyBoundsMs, type Tally } from '../requests.ts';
import { aBench, namespace } from '../testing/bench.ts';
import { expectedUntil, type Rate } from './rate.ts';

const atRest = (behaviour: Readonly<Record<string, string>> = {}, replicas = 1) => {
  const bench = aBench({ mesh: { mode: 'strict' } });
  bench.deploy({ name: 'web', replicas, behaviour });
  bench.service('web', { app: 'web' });
  bench.run(5_000);
  return bench;
};
type Bench = ReturnType<typeof atRest>;
const tallies = ({ sandbox }: Bench) => [...sandbox.ledger.tallies()];
/** Share of requests that took at most so long: one of the bounds that are counted by. */
const within = ({ count, perBound }: Tally, ms: number): number =>
  latencyBoundsMs.reduce((sum, bound, at) => sum + (bound <= ms ? (perBound[at] ?? 0) : 0), 0) / count;
const sumOf = (bench: Bench, pick: (tally: ReturnType<typeof tallies>[number]) => boolean) =>
  tallies(bench)
    .filter(pick)
    .reduce((sum, { count }) => sum + count, 0);

describe('rates', () => {
  const day = 86_400_000;
  test.each<[string, Rate]>([
    ['constant', { kind: 'constant', perSecond: 20 }],
    ['diurnal', { kind: 'diurnal', perSecond: 20, swing: 0.8, periodMs: day }],
    ['bursty', { kind: 'bursty', perSecond: 20, burstPerSecond: 200, everyMs: 60_000, lastsMs: 5_000 }],
  ])('%s: what is expected never shrinks, and adds up', (kind, rate) => {
    const steps = Array.from({ length: 2_000 }, (_, at) => expectedUntil(rate, at * 43_217));
    expect(steps[0]).toBe(0);
    expect(steps.every((value, at) => at === 0 || value >= (steps[at - 1] ?? 0))).toBe(true);
    const perDay = { constant: 20, diurnal: 20, bursty: 35 }[kind] ?? 0;
    expect(expectedUntil(rate, day)).toBeCloseTo(perDay * 86_400, 3);
  });

  test('diurnal: the middle of the first half is the busiest', () => {
    const rate: Rate = { kind: 'diurnal', perSecond: 20, swing: 0.5, periodMs: day };
    const hour = (at: number) => (expectedUntil(rate, (at + 1) * 3_600_000) - expectedUntil(rate, at * 3_600_000)) / 3_600;
    expect([hour(5), hour(17)].map((perSecond) => Math.round(perSecond))).toEqual([30, 10]);
  });

  test('bursty: as much as it says, and when', () => {
    const rate: Rate = { kind: 'bursty', perSecond: 10, burstPerSecond: 100, everyMs: 60_000, lastsMs: 5_000 };
    expect([expectedUntil(rate, 5_000), expectedUntil(rate, 60_000), expectedUntil(rate, 62_000)]).toEqual([500, 1_050, 1_250]);
  });

  test('a client sends at its rate, by chance or evenly, until it stops', () => {
    const bench = atRest();
    const even = bench.load({ name: 'even', rate: { kind: 'constant', perSecond: 20 } });
    const users = bench.load({ name: 'users', arrivals: 'poisson', rate: { kind: 'constant', perSecond: 20 } });
    bench.run(100_000);
    const of = (name: string) => sumOf(bench, ({ route }) => route.client.kind === 'meshed' && route.client.workload === name);
    expect(of('even')).toBe(2_000);
    expect(Math.abs(of('users') - 2_000)).toBeLessThan(4 * Math.sqrt(2_000));
    expect(of('users')).not.toBe(2_000);
    users.stop();
    even.setRate({ kind: 'constant', perSecond: 0 });
    const before = bench.sandbox.oracle.totals().sent;
    bench.run(10_000);
    expect(bench.sandbox.oracle.totals().sent).toBe(before);
  });
});

describe('answers', () => {
  test('fail as often as the pods say, with the code that they say', () => {
    const bench = atRest({ 'error-rate': '0.2', 'error-code': '502' });
    bench.load();
    bench.run(100_000);
    const failed = sumOf(bench, ({ route }) => route.status === 502);
    expect(Math.abs(failed - 1_000)).toBeLessThan(4 * Math.sqrt(5_000 * 0.2 * 0.8));
    expect(bench.sandbox.oracle.totals()).toEqual({ sent: 5_000, served: 5_000, failed, lost: 0 });
  });

  test('take as long as the pods say', () => {
    const bench = atRest({ 'latency-ms': '100-200' });
    bench.load({ rate: { kind: 'constant', perSecond: 200 } });
    bench.run(100_000);
    const [tally, ...others] = tallies(bench);
    if (tally === undefined || others.length > 0) throw new Error('one route');
    expect([tally.count, within(tally, 75), within(tally, 200)]).toEqual([20_000, 0, 1]);
    expect(Math.abs(within(tally, 150) - 0.5)).toBeLessThan(0.1);
    expect(Math.abs(tally.latencySumMs / 20_000 - 150)).toBeLessThan(2);
  });

  test('with a long tail have the median and the 99th percentile that are asked for', () => {
    const bench = aBench({ mesh: { mode: 'strict' }, profiles: () => ({ latency: { kind: 'tailed', p50Ms: 40, p99Ms: 400 } }) });
    bench.deploy({ name: 'web' });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    for (const perSecond of [5, 500]) bench.load({ name: `at-${perSecond}`, rate: { kind: 'constant', perSecond } });
    bench.run(1_000_000);
    expect(tallies(bench)).toHaveLength(2);
    for (const tally of tallies(bench)) {
      expect(Math.abs(within(tally, 40) - 0.5)).toBeLessThan(0.03);
      expect(Math.abs(within(tally, 400) - 0.99)).toBeLessThan(0.006);
      expect(within(tally, 1_000)).toBeGreaterThan(0.99);
    }
  });

  test('change at once when the pod does, and never before', () => {
    const bench = atRest();
    bench.load();
    bench.run(10_300);
    for (const { metadata } of bench.pods('web')) bench.sandbox.faults.behave(metadata, { 'error-rate': '1' });
    bench.run(10_000);
    const [good, bad] = [200, 500].map((status) => sumOf(bench, ({ route }) => route.status === status));
    // Each of the two proxies has sent the whole part of its half.
    expect(good).toBe(2 * Math.floor(10.3 * 25));
    expect((good ?? 0) + (bad ?? 0)).toBe(2 * Math.floor(20.3 * 25));
  });

  test('go round the endpoints', () => {
    const bench = atRest({}, 3);
    bench.load({ proxies: 1 });
    bench.run(30_000);
    expect(tallies(bench).map(({ count }) => count)).toEqual([500, 500, 500]);
  });

  test('a pod that is asked for more than it can do refuses the rest', () => {
    const bench = atRest({ 'capacity-per-second': '30' });
    bench.load();
    bench.run(60_000);
    const busy = sumOf(bench, ({ route }) => route.status === 503);
    expect(busy).toBeGreaterThan(19 * 60);
    expect(busy).toBeLessThan(21 * 60);
    expect(bench.sandbox.oracle.totals().lost).toBe(0);
  });
});

describe('counters', () => {
  test('of a pod end with it', () => {
    const bench = atRest({}, 2);
    bench.load();
    bench.run(10_000);
    const [gone] = bench.pods('web');
    bench.sandbox.client.delete(resources.pods, gone?.metadata ?? { name: '' });
    bench.run(10_000);
    const pods = tallies(bench).map(({ route }) => route.server?.pod);
    expect(pods).toHaveLength(2);
    expect(pods).not.toContain(gone?.metadata.name);
  });
});

test('probes of the kubelet reach the counters of pods that are probed over HTTP, and nobody else', () => {
  const bench = aBench({ mesh: { mode: 'linkerd' } });
  const probe = { httpGet: { path: '/', port: 8080 } };
  const container = { name: 'app', image: 'example/app:1', ports: [{ containerPort: 8080 }] };
  bench.deploy({
    name: 'web',
    podSpec: { containers: [{ ...container, readinessProbe: probe, livenessProbe: { ...probe, periodSeconds: 5 } }] },
  });
  bench.deploy({ name: 'bare' });
  bench.run(5_000);
  bench.load({ rate: { kind: 'constant', perSecond: 0 } });
  bench.run(100_000);
  const [tally, ...others] = tallies(bench);
  expect(others).toEqual([]);
  expect(tally?.route).toMatchObject({ client: { kind: 'kubelet' }, server: { workload: 'web' }, status: 200 });
  expect(Math.abs((tally?.count ?? 0) - 30)).toBeLessThanOrEqual(2);
  expect(bench.sandbox.oracle.totals().sent).toBe(0);
});

describe('losses', () => {
  test('a Service that is not there', () => {
    const bench = atRest();
    bench.load({ target: { namespace, service: 'nobody', port: 80 } });
    bench.load({ name: 'port', target: { namespace, service: 'web', port: 81 } });
    bench.run(1_000);
    expect(bench.sandbox.oracle.losses().map(({ rootService, loss, count }) => [rootService, loss.kind, count])).toEqual([
      ['nobody', 'no-service', 50],
      ['web', 'no-service', 50],
    ]);
  });

  test('a pod that listens elsewhere than its Service says refuses', () => {
    const bench = atRest();
    bench.patch(resources.services, 'web', { spec: { ports: [{ name: 'http', port: 80, targetPort: 9090 }] } });
    bench.run(2_000);
    bench.load();
    bench.run(1_000);
    expect(bench.sandbox.oracle.losses()).toMatchObject([{ loss: { kind: 'refused', by: { state: 'serving' } }, count: 50 }]);
  });

  test('a crash costs what is sent until the proxies have heard of it', () => {
    const bench = aBench({ mesh: { mode: 'strict', lag: { endpointsMs: [3_000, 3_000] } } });
    bench.deploy({ name: 'web', replicas: 2, behaviour: { 'crash-backoff-ms': '60000' } });
    bench.service('web', { app: 'web' });
    bench.run(10_000);
    bench.load();
    bench.run(10_000);
    const [victim] = bench.pods('web');
    bench.sandbox.faults.crash(victim?.metadata ?? { name: '' });
    bench.run(10_000);
    const { lost } = bench.sandbox.oracle.totals();
    expect(lost).toBeGreaterThan(70);
    expect(lost).toBeLessThan(80);
    expect(bench.sandbox.oracle.losses()).toMatchObject([
      { loss: { kind: 'refused', by: { pod: victim?.metadata.name, state: 'crashed' } } },
    ]);
  });

  test('a client outside the mesh gets no connection, one inside is told 503', () => {
    const bench = atRest();
    bench.patch(resources.deployments, 'web', { spec: { replicas: 0 } });
    bench.run(10_000);
    bench.load();
    bench.load({ name: 'ingress', isMeshed: false });
    bench.run(1_000);
    expect(tallies(bench).map(({ route }) => [route.client.kind, route.status])).toEqual([
      ['meshed', 503],
      ['unmeshed', 0],
    ]);
  });
});
