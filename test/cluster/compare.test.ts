// The canary against stable: a small regression that no threshold sees. Against what every request saw.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { metricOf, runsOf } from './support/analysis.ts';
import { aRelease } from './support/release.ts';
import { isPromoted, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

describe.concurrent('compare', () => {
  const threshold = successRate({ name: 'threshold', thresholdRange: { min: 0.95 }, failureLimit: 1_000 });
  const compared = (provider: object): object =>
    successRate({
      ...{ name: 'compared', thresholdRange: undefined, interval: '5s', provider },
      compare: { alpha: 0.001, minEffect: 0.005 },
      noData: { action: 'Wait', timeout: '10m' },
    });
  const steps = [{ setWeight: 50 }, { pause: { duration: '2s' } }];

  test.for<[string, object]>([
    ['prometheus', { prometheus: { builtin: 'successRate' } }],
    ['smi', { trafficMetrics: { value: 'successRate' } }],
  ])(
    'by %s: a release that fails three points more is rolled back, though it passes the threshold; the mended one is promoted',
    async ([name, provider], { onTestFinished }) => {
      const release = await aRelease(bed, `cmp-${name}`, {
        ...{ cleanup: onTestFinished, steps, perSecond: 100 },
        // Stable is not perfect either, which would be the easy case.
        app: { behaviour: { 'error-rate': '0.005' } },
        metrics: [threshold, compared(provider)],
      });
      await release.change({ image: 'example/app:2', behaviour: { 'error-rate': '0.035' } });
      const back = await release.until('rolled back', ({ phase }) => phase === 'RolledBack', 600_000);
      expect(back.abort?.reason).toBe('AnalysisFailed');
      expect(back.abort?.message).toContain('worse: the success rate is lower by more than');
      const [run] = await runsOf(bed, release.scenario.name, back);
      expect(run === undefined ? undefined : metricOf(run, 'threshold')?.successful).toBeGreaterThan(0);
      await release.serves(release.stable);
      const mended = await release.change({ image: 'example/app:3', behaviour: { 'error-rate': '0' } });
      await release.until('promoted', isPromoted(mended), 600_000);
      await release.serves(mended);
      await release.holds();
    },
  );
});
