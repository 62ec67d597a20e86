// Orders of events that cost requests in the field (facts/reliability.md, section 2), by hand, and the orders that cost none.
import { describe, expect, test } from 'vitest';
import { resources, splitsOf } from './objects/index.ts';
import { aBench, type Bench, namespace } from './testing/bench.ts';

const inSplit = (root: string, weights: Readonly<Record<string, number>>) => (bench: Bench) => bench.split(root, weights);
const scale = (bench: Bench, name: string, replicas: number) => bench.patch(resources.deployments, name, { spec: { replicas } });
const select = (bench: Bench, service: string, app: string) => bench.patch(resources.services, service, { spec: { selector: { app } } });
const kinds = ({ sandbox }: Bench) => [...new Set(sandbox.oracle.losses().map(({ loss }) => loss.kind))].toSorted();

/** Two Deployments of three, a Service for each, a root that selects the old one, and 50 requests a second. */
function twoVersions(lag: { routesMs: readonly [number, number]; endpointsMs: readonly [number, number] }, seed = 1) {
  const bench = aBench({ seed, mesh: { mode: 'strict', lag: { adapterMs: [0, 0], ...lag } } });
  for (const app of ['web-old', 'web-new']) bench.deploy({ name: app, replicas: 3 });
  bench.service('web', { app: 'web-old' });
  return bench;
}

/** As Argo Rollouts does it: Services called stable and canary, whose selectors move; everything is at the new version already. */
function atFullCanary(lag: Parameters<typeof twoVersions>[0], seed = 1) {
  const bench = twoVersions(lag, seed);
  bench.service('web-stable', { app: 'web-old' });
  bench.service('web-canary', { app: 'web-new' });
  inSplit('web', { 'web-stable': 0, 'web-canary': 100 })(bench);
  bench.run(200_000);
  bench.load();
  bench.run(10_000);
  expect(bench.sandbox.oracle.totals()).toMatchObject({ sent: 500, lost: 0 });
  return bench;
}

const servedBy = ({ sandbox }: Bench, workload: string): number =>
  [...sandbox.ledger.tallies()].filter(({ route }) => route.server?.workload === workload).reduce((sum, { count }) => sum + count, 0);

describe('C1: the selector of stable and the weights change in one pass', () => {
  const lag = { routesMs: [1_000, 1_000], endpointsMs: [30_000, 30_000] } as const;

  test('most requests go back to the old version until its endpoints are known', () => {
    const bench = atFullCanary(lag);
    select(bench, 'web-stable', 'web-new');
    inSplit('web', { 'web-stable': 100, 'web-canary': 0 })(bench);
    bench.run(60_000);
    expect(servedBy(bench, 'web-old')).toBeGreaterThan(28 * 50);
    expect(servedBy(bench, 'web-old')).toBeLessThan(30 * 50);
    expect(bench.sandbox.oracle.totals().lost).toBe(0);
  });

  test('with the old pods gone, they are lost', () => {
    const bench = atFullCanary(lag);
    select(bench, 'web-stable', 'web-new');
    inSplit('web', { 'web-stable': 100, 'web-canary': 0 })(bench);
    scale(bench, 'web-old', 0);
    bench.run(60_000);
    expect(bench.sandbox.oracle.totals().lost).toBeGreaterThan(25 * 50);
    expect(kinds(bench)).toEqual(['refused']);
    const [first] = bench.sandbox.oracle.losses();
    expect(first).toMatchObject({ backendService: 'web-stable', split: 'web', loss: { by: { state: 'stopped' } } });
  });

  test('one after the other, each once the last one is confirmed: no request reaches the old version, none is lost', () => {
    const bench = atFullCanary(lag);
    select(bench, 'web-stable', 'web-new');
    bench.run(31_000);
    inSplit('web', { 'web-stable': 100, 'web-canary': 0 })(bench);
    bench.run(2_000);
    scale(bench, 'web-old', 0);
    bench.run(60_000);
    expect([servedBy(bench, 'web-old'), bench.sandbox.oracle.totals().lost]).toEqual([0, 0]);
  });
});

describe('C2: any two lags', () => {
  test.each([1, 2, 3, 4, 5])('seed %i: in one pass requests are lost, or go to the wrong version; in order none does', (seed) => {
    const lag = { routesMs: [0, 120_000], endpointsMs: [0, 120_000] } as const;
    const hasty = atFullCanary(lag, seed);
    select(hasty, 'web-stable', 'web-new');
    inSplit('web', { 'web-stable': 100, 'web-canary': 0 })(hasty);
    scale(hasty, 'web-old', 0);
    scale(hasty, 'web-new', 3);
    select(hasty, 'web-canary', 'web-old');
    hasty.run(300_000);
    expect(hasty.sandbox.oracle.totals().lost + servedBy(hasty, 'web-old')).toBeGreaterThan(0);
    const orderly = atFullCanary(lag, seed);
    select(orderly, 'web-stable', 'web-new');
    orderly.run(121_000);
    inSplit('web', { 'web-stable': 100, 'web-canary': 0 })(orderly);
    orderly.run(121_000);
    select(orderly, 'web-canary', 'web-old');
    scale(orderly, 'web-old', 0);
    orderly.run(300_000);
    expect([servedBy(orderly, 'web-old'), orderly.sandbox.oracle.totals().lost]).toEqual([0, 0]);
  });
});

/** As Sluice does it: a Service for each version, weights between them. */
function atHalf(lag: Parameters<typeof twoVersions>[0]) {
  const bench = twoVersions(lag);
  bench.service('web-old', { app: 'web-old' });
  bench.service('web-new', { app: 'web-new' });
  inSplit('web', { 'web-old': 50, 'web-new': 50 })(bench);
  bench.run(30_000);
  bench.load();
  bench.run(10_000);
  return bench;
}
const usual = { routesMs: [500, 5_000], endpointsMs: [500, 5_000] } as const;

describe('C4: pods go faster than the mesh shifts', () => {
  test('with the adapter down, a cut that was written and not applied leaves requests without pods', () => {
    const bench = atHalf(usual);
    bench.sandbox.faults.adapter(namespace).pause();
    inSplit('web', { 'web-old': 100, 'web-new': 0 })(bench);
    bench.run(30_000);
    scale(bench, 'web-new', 0);
    bench.run(60_000);
    const { lost } = bench.sandbox.oracle.totals();
    expect(lost).toBeGreaterThan(20 * 60);
    expect(kinds(bench)).toEqual(['no-endpoints', 'refused']);
    const inForce = bench.sandbox.client.get(splitsOf('v1alpha4'), { namespace, name: 'web' });
    // The split that was in force is not the one that is stored.
    for (const { splitVersion } of bench.sandbox.oracle.losses())
      expect(Number(splitVersion)).toBeLessThan(Number(inForce?.metadata.resourceVersion));
  });

  test('once the data plane is seen to have followed, nothing is lost', () => {
    const bench = atHalf(usual);
    bench.sandbox.faults.adapter(namespace).pause();
    inSplit('web', { 'web-old': 100, 'web-new': 0 })(bench);
    bench.run(600_000);
    bench.sandbox.faults.adapter(namespace).resume();
    bench.run(5_001);
    scale(bench, 'web-new', 0);
    bench.run(60_000);
    expect(bench.sandbox.oracle.totals().lost).toBe(0);
  });
});

describe('weights and endpoints', () => {
  test('C10: weight before the pods are there is lost; after they are ready, and known, it is not', () => {
    const withNew = (readyFirst: boolean) => {
      const bench = aBench({ mesh: { mode: 'strict', lag: { adapterMs: [0, 0], ...usual } } });
      bench.deploy({ name: 'web-old', replicas: 3 });
      bench.service('web-old', { app: 'web-old' });
      bench.service('web-new', { app: 'web-new' });
      bench.service('web', { app: 'web-old' });
      inSplit('web', { 'web-old': 100, 'web-new': 0 })(bench);
      bench.run(30_000);
      bench.load();
      bench.deploy({ name: 'web-new', replicas: 3, behaviour: { 'start-delay-ms': '90000' } });
      if (readyFirst) bench.run(100_000);
      inSplit('web', { 'web-old': 0, 'web-new': 100 })(bench);
      bench.run(150_000);
      return bench;
    };
    const hasty = withNew(false);
    expect(hasty.sandbox.oracle.totals().lost).toBeGreaterThan(80 * 50);
    expect(kinds(hasty)).toEqual(['no-endpoints']);
    expect(withNew(true).sandbox.oracle.totals().lost).toBe(0);
  });

  test('C6: the pods of an overtaken version go first, or its weight does', () => {
    const hasty = atHalf(usual);
    scale(hasty, 'web-new', 0);
    inSplit('web', { 'web-old': 100, 'web-new': 0 })(hasty);
    hasty.run(60_000);
    // A stopping pod serves on for 1.5 s: what the proxies have not heard of by then is lost.
    expect(hasty.sandbox.oracle.totals().lost).toBeGreaterThan(0);
    const orderly = atHalf(usual);
    inSplit('web', { 'web-old': 100, 'web-new': 0 })(orderly);
    orderly.run(5_001);
    scale(orderly, 'web-new', 0);
    orderly.run(60_000);
    expect(orderly.sandbox.oracle.totals().lost).toBe(0);
  });

  test('C20: a backend that loses all its endpoints keeps its share, and loses it, until the weight leaves', () => {
    const bench = atHalf(usual);
    for (const { metadata } of bench.pods('web-new')) bench.sandbox.faults.behave(metadata, { 'never-ready': 'true' });
    bench.run(30_000);
    const { lost } = bench.sandbox.oracle.totals();
    expect(lost).toBeGreaterThan(20 * 25);
    expect(bench.sandbox.oracle.losses().at(-1)).toMatchObject({
      backendService: 'web-new',
      loss: { kind: 'no-endpoints', last: [{ state: 'serving' }, {}, {}] },
    });
    inSplit('web', { 'web-old': 100, 'web-new': 0 })(bench);
    bench.run(5_001);
    const after = bench.sandbox.oracle.totals().lost;
    bench.run(60_000);
    expect(bench.sandbox.oracle.totals().lost).toBe(after);
  });

  test('a split that is deleted gives the traffic to all pods that the root selects', () => {
    const bench = atHalf(usual);
    bench.sandbox.client.delete(splitsOf('v1alpha4'), { namespace, name: 'web' });
    bench.run(6_000);
    const before = servedBy(bench, 'web-new');
    bench.run(10_000);
    expect(servedBy(bench, 'web-new')).toBe(before);
    expect(bench.sandbox.oracle.totals().lost).toBe(0);
  });
});
