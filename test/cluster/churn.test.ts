// Templates that change in mid-run: another one, stable's again, one after a rollback, one that has been there before.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { aRelease, type Release } from './support/release.ts';
import { isPromoted, type RolloutStatus, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const half = [{ setWeight: 50 }, { pause: { duration: '6s' } }];
const isAt = (weight: number) => (status: RolloutStatus) => status.weight?.desired === weight && status.weight.confirmedAt !== undefined;

/** Ground truth: the first request that `later` answered was sent after the last one that `earlier` answered. */
function servedInTurn({ load }: Release, earlier: string, later: string): void {
  const sentTo = (revision: string) => load.requests().filter((request) => request.revision === revision);
  const last = Math.max(...sentTo(earlier).map(({ at }) => at));
  const first = Math.min(...sentTo(later).map(({ at }) => at));
  expect(Number.isFinite(last) && Number.isFinite(first), 'both had traffic').toBe(true);
  expect(first).toBeGreaterThan(last);
}

const replicasOf = async (release: Release, revision: string) => {
  const found = await bed.admin.find<{ spec: { replicas?: number } }>(pathOf('deployments', release.scenario.name, `web-${revision}`));
  return found?.spec.replicas;
};

describe.concurrent('churn', () => {
  test('a new template in mid-run: the old canary is at 0, confirmed, before the new one has traffic', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ch-new', { cleanup: onTestFinished, steps: half });
    // The data plane lags: whoever does not wait for it begins while the old canary still has its share.
    await release.scenario.adapter.lag(1_000);
    const second = await release.change({ image: 'example/app:2' });
    await release.until('at 50 %', isAt(50));
    await release.load.more(100);
    const third = await release.change({ image: 'example/app:3' });
    const done = await release.until('promoted', isPromoted(third));
    expect(done.history).toMatchObject([
      { revision: second, outcome: 'Superseded' },
      { revision: third, outcome: 'Promoted' },
    ]);
    const runs = release.rollouts.versions().filter(({ object }) => object.status?.canaryRevision === third);
    const [first] = runs;
    expect(first?.object.status).toMatchObject({ attempt: 1, weight: { desired: 0 }, step: { index: 0 } });
    expect(first?.object.status?.weight?.confirmedAt).toBeDefined();
    const applied = await release.scenario.applied('web');
    const had = applied.findLastIndex(({ weights }) => (weights[`web-${second}`] ?? 0) > 0);
    expect(applied[had + 1]?.at, 'the data plane had taken the old one’s share away').toBeLessThanOrEqual(first?.at ?? 0);
    servedInTurn(release, second, third);
    expect(release.weights(second)).toEqual([0, 50, 0]);
    await waitFor('the superseded pods to go', async () => (await replicasOf(release, second)) === 0);
    await release.serves(third);
    await release.holds();
  });

  test('back to the template of stable in mid-run: to 0, confirmed, Reverted, Healthy', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ch-revert', { cleanup: onTestFinished, steps: half });
    const second = await release.change({ image: 'example/app:2' });
    await release.until('at 50 %', isAt(50));
    await release.write({ image: 'example/app:1' });
    const back = await release.until('reverted', ({ phase, canaryRevision }) => phase === 'Healthy' && canaryRevision === undefined);
    expect(back.stableRevision, 'stable is what it was').toBe(release.stable);
    expect(back.history).toMatchObject([{ revision: second, outcome: 'Superseded', reason: 'Reverted' }]);
    expect(back.abort).toBeUndefined();
    await release.serves(release.stable);
    await waitFor('the reverted pods to go', async () => (await replicasOf(release, second)) === 0);
    await release.holds();
  });

  test('a revision that comes again is judged again: reverted, then promoted; then the first one once more', async ({ onTestFinished }) => {
    const metrics = [successRate()];
    const release = await aRelease(bed, 'ch-again', { cleanup: onTestFinished, steps: half, metrics });
    const second = await release.change({ image: 'example/app:2' });
    await release.until('at 50 % and analysed', ({ analysis, weight }) => weight?.desired === 50 && (analysis?.length ?? 0) > 0);
    await release.write({ image: 'example/app:1' });
    await release.until('reverted', ({ phase, canaryRevision }) => phase === 'Healthy' && canaryRevision === undefined);
    expect(await release.change({ image: 'example/app:2' })).toBe(second);
    await release.until('promoted the second time', isPromoted(second));
    const first = await release.change({ image: 'example/app:1' });
    expect(first).toBe(release.stable);
    await release.until('promoted to the first again', isPromoted(first));
    await release.serves(first);
    await release.holds();
  });

  test('after a rollback: stable’s template heals, the bad one again is judged again, a good one is promoted', async ({
    onTestFinished,
  }) => {
    const metrics = [successRate()];
    const release = await aRelease(bed, 'ch-after', { cleanup: onTestFinished, steps: half, metrics });
    const bad = { image: 'example/app:2', behaviour: { 'error-rate': '0.4' } };
    const second = await release.change(bad);
    await release.until('rolled back', ({ phase }) => phase === 'RolledBack');
    await release.write({ image: 'example/app:1' });
    const healed = await release.until('healed', ({ phase }) => phase === 'Healthy');
    expect(healed.canaryRevision).toBeUndefined();
    expect(healed.abort).toBeUndefined();
    expect(await release.change(bad)).toBe(second);
    await release.until('rolled back again', ({ phase }) => phase === 'RolledBack');
    expect(release.weights(second)).toEqual([0, 50, 0, 50, 0]);
    const third = await release.change({ image: 'example/app:3' });
    const done = await release.until('promoted', isPromoted(third));
    expect(done.history?.map(({ outcome }) => outcome)).toEqual(['RolledBack', 'RolledBack', 'Promoted']);
    expect(done.abort).toBeUndefined();
    await release.serves(third);
    await release.holds();
  });

  test('kubectl rollout restart of the workload is a new template like any other', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ch-restart', { cleanup: onTestFinished });
    const restart = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await bed.admin.patch(
      pathOf('deployments', 'ch-restart', 'web'),
      { spec: { template: { metadata: { annotations: restart } } } },
      'strategic',
    );
    const done = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision !== release.stable);
    expect(release.weights(done.stableRevision ?? '')).toEqual([0, 20, 50, 100]);
    await release.serves(done.stableRevision ?? '');
    await release.holds();
  });
});
