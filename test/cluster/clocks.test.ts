// The wall clock of the controller's machine jumps, or is wrong from the start: it goes by the time of the cluster (ADR 11).
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { wallClock } from './kit/wall-clock.ts';
import type { AnalysisRun } from './support/analysis.ts';
import { keepsDwell } from './support/history.ts';
import { aRelease, type Release } from './support/release.ts';
import { successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const hourMs = 3_600_000;
const pauseMs = 20_000;
const steps = [{ setWeight: 20 }, { pause: { duration: '20s' } }, { setWeight: 50 }, { pause: { duration: '20s' } }];

/** Ground truth: how long the data plane gave the canary one weight before it gave it the next. */
async function servedMs({ scenario }: Release, canary: string, weight: number, next: number): Promise<number> {
  const applied = await scenario.applied('web');
  const atOf = (percent: number) => applied.find(({ weights }) => Math.abs((weights[`web-${canary}`] ?? 0) - percent) < 0.01)?.at;
  return (atOf(next) ?? Number.NaN) - (atOf(weight) ?? Number.NaN);
}

/** Every moment that was ever written down lies in the time of this test, but for a delay that is to come. */
function momentsAreTrue(statuses: readonly unknown[], fromMs: number): void {
  const moments = statuses.flatMap((status) => JSON.stringify(status ?? {}).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? []).map(Date.parse);
  expect(moments.length).toBeGreaterThan(10);
  expect(Math.min(...moments)).toBeGreaterThan(fromMs - 60_000);
  expect(Math.max(...moments)).toBeLessThan(Date.now() + 60_000);
}

describe.concurrent('a wall clock', () => {
  test.for([
    ['jumps', 'forth and back in mid-pause'],
    ['is wrong', 'from the start of a process in mid-pause'],
  ] as const)('that %s by an hour, %s: pauses are as long as they are, and evidence counts once', async ([how], { onTestFinished }) => {
    const name = how === 'jumps' ? 'ck-jumps' : 'ck-wrong';
    const clock = wallClock(bed.info, name);
    const fromMs = Date.now();
    const metrics = [successRate()];
    const release = await aRelease(bed, name, { cleanup: onTestFinished, steps, metrics, controllerOptions: { env: clock.env } });
    const { only } = release.controller;
    const runs = await release.scenario.record<AnalysisRun>('analysisruns');
    const canary = await release.change({ image: 'example/app:2' });
    for (const [index, aheadMs] of [
      [1, hourMs],
      [3, -hourMs],
    ] as const) {
      await release.until(`in the pause of step ${index}`, ({ step }) => step?.index === index);
      clock.set(aheadMs);
      if (how === 'is wrong') await only.restart('SIGKILL');
      await clock.jump(only, aheadMs);
    }
    await release.until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision === canary);
    expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
    keepsDwell(release, canary, steps, pauseMs);
    expect(await servedMs(release, canary, 20, 50), 'by the data plane, 20 %').toBeGreaterThanOrEqual(pauseMs);
    expect(await servedMs(release, canary, 50, 100), 'by the data plane, 50 %').toBeGreaterThanOrEqual(pauseMs);
    momentsAreTrue(
      [...release.rollouts.versions(), ...runs.versions()].map(({ object }) => object.status),
      fromMs,
    );
    // One measurement every two seconds, and each of them counted once.
    const results = runs.versions().flatMap(({ object }) => object.status?.metricResults ?? []);
    const measured = new Set(results.flatMap(({ measurements }) => measurements.map(({ startedAt }) => startedAt)));
    expect(results.at(-1)?.count).toBe(measured.size);
    expect(measured.size).toBeGreaterThan(0);
    expect(measured.size).toBeLessThanOrEqual((Date.now() - fromMs) / 2_000 + 1);
    await release.serves(canary);
    await release.holds();
  });
});
