// The ladder: a weight that was written and is not followed holds the release; what arrives late lets it go on by itself.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { waitFor } from './kit/wait.ts';
import { eventReasons } from './support/analysis.ts';
import { aRelease, type Release } from './support/release.ts';
import { latency, type RolloutStatus, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const confirmation = { timeout: '15s', maxLag: '2s' };
const steps = [{ setWeight: 30 }, { setWeight: 60 }];
const linkerdSuccess = { prometheus: { builtin: 'successRate', mesh: 'linkerd' } };
const weightCondition = ({ conditions = [] }: RolloutStatus) => conditions.find(({ type }) => type === 'WeightConfirmed');

/** The adapter stops; a new revision gets its first weight, which nobody applies. */
async function stuckAt30(release: Release): Promise<string> {
  await release.scenario.adapter.pause();
  const canary = await release.change({ image: 'example/app:2' });
  const stuck = await release.until('not applied', (status) => weightCondition(status)?.reason === 'WeightNotApplied');
  expect(weightCondition(stuck)).toMatchObject({ status: 'False' });
  expect(stuck.phase).toBe('Progressing');
  expect(stuck.weight?.desired).toBe(30);
  expect(stuck.weight?.confirmedBy).toBeUndefined();
  expect(stuck.weight?.confirmedAt).toBeUndefined();
  expect(stuck.weight?.observed).toBeUndefined();
  await waitFor('an Event', async () => (await eventReasons(bed, release.scenario.name)).includes('WeightNotApplied'));
  expect(release.weights(canary)).toEqual([0, 30]);
  expect(release.load.summary().byRevision[canary] ?? 0).toBe(0);
  return canary;
}

const promoted = (release: Release, canary: string) =>
  release.until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision === canary, 300_000);

/** Who confirmed each weight of the canary that was ever confirmed. */
const rungs = (release: Release, canary: string) =>
  new Set(
    release.rollouts
      .versions()
      .flatMap(({ object: { status } }) =>
        status?.canaryRevision === canary && (status.weight?.desired ?? 0) > 0 ? [status.weight?.confirmedBy] : [],
      )
      .filter((by) => by !== undefined),
  );

describe.concurrent('a weight that is not applied', () => {
  test('is seen by the share that metrics show; the release goes on by itself when the adapter does', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'c-metrics', { cleanup: onTestFinished, canary: { confirmation }, steps });
    const canary = await stuckAt30(release);
    await release.load.more(600);
    expect(release.weights(canary)).toEqual([0, 30]);
    await release.scenario.adapter.resume();
    await promoted(release, canary);
    expect(rungs(release, canary)).toEqual(new Set(['Metrics']));
    await release.serves(canary);
    await release.holds();
  });

  test('is seen in Linkerd’s ServiceProfile where there is no traffic to measure', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'c-adapter', {
      cleanup: onTestFinished,
      mode: 'linkerd',
      traffic: { provider: 'linkerd' },
      canary: { confirmation },
      steps,
    });
    await release.load.stop();
    const canary = await stuckAt30(release);
    await release.scenario.adapter.resume();
    await promoted(release, canary);
    expect(rungs(release, canary)).toEqual(new Set(['Adapter']));
    await release.holds();
  });

  test('is seen in Istio’s VirtualService, too', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'c-istio', {
      cleanup: onTestFinished,
      mode: 'istio',
      traffic: { provider: 'istio' },
      canary: { confirmation },
      steps,
    });
    await release.load.stop();
    const canary = await stuckAt30(release);
    await release.scenario.adapter.resume();
    await promoted(release, canary);
    expect(rungs(release, canary)).toEqual(new Set(['Adapter']));
    await release.holds();
  });

  test('counts against the progress deadline, and the weight goes back to 0', async ({ onTestFinished }) => {
    const options = { canary: { confirmation }, steps, spec: { progressDeadline: '10s' } };
    const release = await aRelease(bed, 'c-deadline', { cleanup: onTestFinished, ...options });
    const canary = await stuckAt30(release);
    const aborting = await release.until('aborting', ({ abort }) => abort !== undefined);
    expect(aborting.abort?.reason).toBe('ProgressDeadlineExceeded');
    await waitFor('the split at 0', () => release.weights(canary).at(-1) === 0);
    await release.scenario.adapter.resume();
    await release.until('rolled back', ({ phase }) => phase === 'RolledBack');
    await release.serves(release.stable);
    await release.holds();
  });

  test('is no reason to keep the canary: a cut is written although nothing follows, and holds RolledBack back until it does', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'c-cut', {
      cleanup: onTestFinished,
      canary: { confirmation },
      metrics: [latency(200)],
      steps: [{ setWeight: 30 }, { pause: { duration: '5m' } }],
    });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'latency-ms': '400' } });
    await release.until('at 30 %', ({ weight }) => weight?.desired === 30 && weight.confirmedAt !== undefined);
    await release.scenario.adapter.pause();
    await release.until('aborting', ({ phase }) => phase === 'Aborting');
    await waitFor('the split at 0', () => release.weights(canary).at(-1) === 0);
    const stuck = await release.until('not applied', (status) => weightCondition(status)?.reason === 'WeightNotApplied');
    expect(stuck.phase).toBe('Aborting');
    // Its traffic is still there: so are its pods.
    expect(release.load.summary(Date.now() - 3_000).byRevision[canary] ?? 0).toBeGreaterThan(0);
    await release.scenario.adapter.resume();
    await release.until('rolled back', ({ phase }) => phase === 'RolledBack', 240_000);
    await release.serves(release.stable);
    await release.holds();
  });
});

describe.concurrent('without a Prometheus', () => {
  test('the mesh’s TrafficMetrics show the share, and that nothing follows', async ({ onTestFinished }) => {
    const controllerOptions = { prometheus: '' };
    const release = await aRelease(bed, 'c-smi', { cleanup: onTestFinished, canary: { confirmation }, steps, controllerOptions });
    const canary = await stuckAt30(release);
    await release.scenario.adapter.resume();
    await promoted(release, canary);
    expect(rungs(release, canary)).toEqual(new Set(['Metrics']));
    await release.serves(canary);
    await release.holds();
  });

  test('and without traffic, the elapsed bound confirms, for nothing else can be seen', async ({ onTestFinished }) => {
    const controllerOptions = { prometheus: '' };
    const release = await aRelease(bed, 'c-elapsed', {
      cleanup: onTestFinished,
      canary: { confirmation: { timeout: '60s', maxLag: '20s' } },
      steps,
      controllerOptions,
    });
    await release.load.stop();
    const canary = await release.change({ image: 'example/app:2' });
    await promoted(release, canary);
    expect(rungs(release, canary)).toEqual(new Set(['Elapsed']));
    // Never before its bound: each raise is at least that long after the one before.
    const raises = release.splits
      .versions()
      .filter(({ object }, at, all) => at === 0 || JSON.stringify(object.spec) !== JSON.stringify(all[at - 1]?.object.spec));
    const times = raises
      .filter(({ object }) => object.spec.backends.some(({ service, weight }) => service === `web-${canary}` && weight > 0))
      .map(({ at }) => at);
    expect(times.length).toBeGreaterThanOrEqual(3);
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(19_000);
    await release.holds();
  });

  test('every reader of Prometheus being away, a pending share counts as unseen after the timeout', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'c-away', { cleanup: onTestFinished, canary: { confirmation }, steps, cuttable: true });
    release.outage.refuse();
    const canary = await release.change({ image: 'example/app:2' });
    await promoted(release, canary);
    expect(rungs(release, canary)).toEqual(new Set(['Elapsed']));
    await release.serves(canary);
    await release.holds();
  });
});

describe
  .skipIf(bed.info.ground !== 'sandbox')
  .concurrent('with one request of twenty from outside the mesh, where the share alone can confirm', () => {
    /** Linkerd before 2.12 reads the split itself, and writes no object. */
    const options = {
      ...{ traffic: { provider: 'linkerd' }, steps, perSecond: 57, metrics: [successRate({ provider: linkerdSuccess })] },
      canary: { confirmation: { timeout: '15s', maxLag: '2s' } },
    };

    test.for([
      { name: 'pinned', plainService: true },
      { name: 'unpinned', plainService: false },
    ])('a good release is promoted and a bad one rolled back, the Service $name', async ({ name, plainService }, { onTestFinished }) => {
      const release = await aRelease(bed, `c-outside-${name}`, { cleanup: onTestFinished, ...options, plainService });
      await release.scenario.load('web', { perSecond: 3, seconds: 900, isMeshed: false });
      const good = await release.change({ image: 'example/app:2' });
      await promoted(release, good);
      expect(rungs(release, good)).toEqual(new Set(['Metrics']));
      await release.serves(good);
      const bad = await release.change({ image: 'example/app:3', behaviour: { 'error-rate': '0.5' } });
      await release.until('rolled back', ({ phase, canaryRevision }) => phase === 'RolledBack' && canaryRevision === bad);
      await release.serves(good);
      await release.holds();
    });
  });
