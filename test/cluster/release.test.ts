// The main job: a good release is promoted, a bad one is rolled back, judged by a real Prometheus, checked against what each request saw.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { aRelease } from './support/release.ts';
import { successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

describe.concurrent('releases', () => {
  test('a good release is promoted and no request is lost', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'r-good', { cleanup: onTestFinished, metrics: [successRate()] });
    const canary = await release.change({ image: 'example/app:2' });
    const promoted = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    expect(promoted.history?.at(-1)).toMatchObject({ revision: canary, outcome: 'Promoted' });
    const before = release.rollouts.versions().flatMap(({ object: { status } }) => (status?.canaryRevision === canary ? [status] : []));
    expect(
      before.some(({ weight }) => weight?.desired === 100),
      'it had all traffic before it was stable',
    ).toBe(true);
    await release.serves(canary);
    await release.holds();
  });

  test('a release that fails 30 % of its requests is rolled back, and few users met it', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'r-bad', { cleanup: onTestFinished, metrics: [successRate()] });
    const { stable } = release;
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'error-rate': '0.3' } });
    const back = await release.until('rolled back', (status) => status.phase === 'RolledBack');
    expect(back.abort).toMatchObject({ reason: 'AnalysisFailed' });
    expect(back.canaryRevision).toBe(canary);
    expect(back.stableRevision).toBe(stable);
    await release.serves(stable);
    const { failed, total } = release.load.summary();
    expect(failed).toBeGreaterThan(0);
    expect(failed / total).toBeLessThan(0.3 * 0.25);
    await release.holds();
  });
});
