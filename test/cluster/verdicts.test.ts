// What a release is judged by: latency, TrafficMetrics, silence, a Prometheus that is away. Each against what every request saw.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { POD_PREFIX } from './kit/layout.ts';
import { pathOf } from './kit/paths.ts';
import { sleep, waitFor, waitForObject } from './kit/wait.ts';
import { type AnalysisRun, applyTemplates, eventReasons, metricOf, runsOf, silence, slowMs } from './support/analysis.ts';
import { aRelease } from './support/release.ts';
import { isPromoted, isRolledBack, latency, type RolloutStatus, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const conditionOf = ({ conditions = [] }: RolloutStatus, type: string) => conditions.find((condition) => condition.type === type);
const trafficMetric = (name: string, value: string, threshold: object, resource = 'deployments'): object => ({
  name,
  interval: '2s',
  thresholdRange: threshold,
  minRequests: 10,
  provider: { trafficMetrics: { value, resource } },
});

describe.concurrent('latency', () => {
  test.for(['linkerd', 'istio', 'osm', 'traefik-mesh', 'consul', 'nginx'] as const)(
    'a slow release is rolled back on p99 by the templates for %s, and the mended one promoted',
    async (mesh, { onTestFinished }) => {
      await applyTemplates(bed, mesh);
      const templates = ['success-rate', 'latency-p99'].map((name) => ({ name: `${name}-${mesh}`, clusterScope: true }));
      const analysis = { templates, args: [{ name: 'window', value: '10s' }] };
      // Consul's series know no Kubernetes namespace: revisions of other scenarios must not have the same name.
      const image = (version: number) => `example/${mesh}:${version}`;
      const app = { image: image(1) };
      const release = await aRelease(bed, `v-slow-${mesh}`, {
        cleanup: onTestFinished,
        mode: mesh,
        app,
        traffic: { provider: mesh },
        analysis,
      });
      await release.change({ image: image(2), behaviour: { 'latency-ms': '2300-2600' } });
      const back = await release.until('rolled back', isRolledBack, 300_000);
      expect(back.abort?.reason).toBe('AnalysisFailed');
      expect(back.abort?.message).toContain('latency-p99');
      const [run] = await runsOf(bed, release.scenario.name, back);
      expect(run === undefined ? undefined : metricOf(run, 'success-rate')?.failed).toBe(0);
      await release.serves(release.stable);
      const mended = await release.change({ image: image(3) });
      await release.until('promoted', isPromoted(mended), 300_000);
      await release.serves(mended);
      await release.holds();
    },
  );

  test('a slow release is rolled back by the built-in latency query', async ({ onTestFinished }) => {
    // Half of its requests are fast enough: only the tail tells. Of so many requests some are in it.
    const metrics = [successRate(), latency(slowMs, { minRequests: 40 })];
    const release = await aRelease(bed, 'v-slow', { cleanup: onTestFinished, metrics });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'latency-ms': '100-2600' } });
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('AnalysisFailed');
    expect(back.abort?.message).toContain('latency-p99');
    expect(Math.max(...release.weights(canary))).toBe(20);
    await release.serves(release.stable);
    const met = release.load.requests().filter(({ revision }) => revision === canary);
    expect(met.filter(({ latencyMs }) => latencyMs > slowMs).length).toBeGreaterThan(0);
    expect(met.length / release.load.summary().total, 'few users met it').toBeLessThan(0.25);
    await release.holds();
  });
});

describe.concurrent('a run that is deleted by hand', () => {
  test('in mid-run is made again, begins afresh, and judges: a release that turns bad is rolled back', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'v-deleted', {
      cleanup: onTestFinished,
      metrics: [successRate()],
      steps: [{ setWeight: 20 }, { pause: { duration: '300s' } }],
    });
    const canary = await release.change({ image: 'example/app:2' });
    const path = pathOf('analysisruns', 'v-deleted', `web-${canary}-1-bg`);
    const passes = (run: AnalysisRun | undefined) => run !== undefined && (metricOf(run, 'success-rate')?.successful ?? 0) > 0;
    const first = await waitForObject<AnalysisRun>(bed.admin, path, 'a Pass', passes, { deadlineMs: 240_000 });
    await bed.admin.remove(path);
    const isAnother = (run: AnalysisRun | undefined) => run !== undefined && run.metadata.uid !== first?.metadata.uid;
    const another = await waitForObject<AnalysisRun>(bed.admin, path, 'another run', isAnother);
    expect(another === undefined ? undefined : (metricOf(another, 'success-rate')?.successful ?? 0)).toBe(0);
    await waitForObject<AnalysisRun>(bed.admin, path, 'a Pass of its own', passes, { deadlineMs: 240_000 });
    const pods = await bed.admin.list(`${pathOf('pods', 'v-deleted')}?labelSelector=sluice.dev/revision%3D${canary}`);
    const annotations = { [`${POD_PREFIX}error-rate`]: '0.5' };
    for (const { metadata } of pods.items) await bed.admin.patch(pathOf('pods', 'v-deleted', metadata.name), { metadata: { annotations } });
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('AnalysisFailed');
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    await release.holds();
  });
});

describe.concurrent('TrafficMetrics', () => {
  test('judge a good release and a bad one, of the Deployment and of the split', async ({ onTestFinished }) => {
    const metrics = [
      trafficMetric('success', 'successRate', { min: 0.95 }),
      trafficMetric('p99', 'p99', { max: slowMs }),
      trafficMetric('requests', 'requests', { min: 10 }),
      trafficMetric('split-success', 'successRate', { min: 0.95 }, 'trafficsplits'),
    ];
    const release = await aRelease(bed, 'v-smi', { cleanup: onTestFinished, metrics });
    const good = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(good), 300_000);
    await release.change({ image: 'example/app:3', behaviour: { 'error-rate': '0.3' } });
    const back = await release.until('rolled back', isRolledBack, 300_000);
    expect(back.abort).toMatchObject({ reason: 'AnalysisFailed' });
    await release.serves(good);
    await release.holds();
  });
});

describe.concurrent('silence', () => {
  test('without any traffic nothing is promoted, and somebody is asked', async ({ onTestFinished }) => {
    const noData = silence('20s', 'Inconclusive');
    const release = await aRelease(bed, 'v-silent', { cleanup: onTestFinished, metrics: [successRate({ noData })] });
    await release.load.stop();
    const canary = await release.change({ image: 'example/app:2' });
    const waiting = await release.until(
      'waiting for evidence',
      ({ conditions }) => conditions?.some(({ reason }) => reason === 'AwaitingAnalysis') === true,
    );
    expect(waiting.weight).toMatchObject({ desired: 20, confirmedBy: 'Elapsed' });
    const asked = await release.until('paused', ({ phase }) => phase === 'Paused');
    expect(conditionOf(asked, 'Ready')).toMatchObject({ status: 'False', reason: 'AnalysisInconclusive' });
    expect(conditionOf(asked, 'Reconciling')).toMatchObject({ status: 'True', reason: 'AnalysisInconclusive' });
    expect(asked.message).toContain('success-rate');
    expect(release.weights(canary)).toEqual([0, 20]);
    expect(asked.stableRevision).toBe(release.stable);
    await release.holds();
  });

  test('with evidence Running the steps go on, and the promotion waits for a Pass', async ({ onTestFinished }) => {
    const analysis = { templates: [{ name: 'checks' }], evidence: 'Running' };
    const release = await aRelease(bed, 'v-running', { cleanup: onTestFinished, metrics: [successRate()], analysis });
    await release.load.stop();
    const canary = await release.change({ image: 'example/app:2' });
    const all = await release.until(
      'at 100 %, waiting',
      ({ weight, conditions }) => weight?.desired === 100 && conditions?.some(({ reason }) => reason === 'AwaitingAnalysis') === true,
    );
    expect(all.stableRevision).toBe(release.stable);
    const load = await release.scenario.load('web', { perSecond: 60 });
    await release.until('promoted', isPromoted(canary));
    expect(load.summary().lost).toEqual([]);
    await release.holds();
  });

  test.for(['strict', 'istio'] as const)(
    'a release that fails every request from the first one on fails, and is not taken for silent (%s)',
    async (mode, { onTestFinished }) => {
      const traffic = mode === 'istio' ? { provider: 'istio' } : {};
      const metrics = [successRate({ noData: silence('10m', 'Inconclusive') })];
      const release = await aRelease(bed, `v-broken-${mode}`, { cleanup: onTestFinished, mode, traffic, metrics });
      const canary = await release.change({ image: 'example/app:2', behaviour: { 'error-rate': '1' } });
      const back = await release.until('rolled back', isRolledBack);
      expect(back.abort?.reason).toBe('AnalysisFailed');
      expect(Math.max(...release.weights(canary))).toBe(20);
      await release.serves(release.stable);
      await release.holds();
    },
  );
});

describe.concurrent('a Prometheus that is away', () => {
  const background = async (namespace: string, status: RolloutStatus): Promise<AnalysisRun | undefined> =>
    (await runsOf(bed, namespace, status))[0];

  test('in mid-step: no verdict either way, and on when it is back', async ({ onTestFinished }) => {
    const metrics = [successRate({ consecutiveErrorLimit: 500 })];
    const release = await aRelease(bed, 'v-outage', { cleanup: onTestFinished, metrics, cuttable: true });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until(
      'at 20 %',
      ({ weight, analysis }) => weight?.desired === 20 && weight.confirmedAt !== undefined && (analysis?.length ?? 0) > 0,
    );
    const from = Date.now();
    release.outage.refuse();
    await waitFor('several failed measurements, or a weight that moves', async () => {
      const run = await background(release.scenario.name, (await release.get()).status ?? {});
      const hasFailed = run !== undefined && (metricOf(run, 'success-rate')?.consecutiveError ?? 0) >= 5;
      return hasFailed || release.weights(canary).at(-1) !== 20;
    });
    const during = (await release.get()).status;
    expect(release.weights(canary), 'no verdict either way').toEqual([0, 20]);
    expect(during?.phase).toBe('Progressing');
    expect(during?.weight?.desired).toBe(20);
    const { total } = release.load.summary(from);
    const seen = release.load.share(`web-${canary}`, from);
    expect(Math.abs(seen - 0.2), `the share of ${total} requests`).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / total));
    release.outage.open();
    await release.until('promoted', isPromoted(canary), 240_000);
    await release.serves(canary);
    await release.holds();
  });

  test('now and then, and slow in between: a good release is promoted, a bad one rolled back, and neither by mistake', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'v-flapping', { cleanup: onTestFinished, metrics: [successRate()], cuttable: true });
    let isFlapping = true;
    const flapping = (async () => {
      for (let round = 0; isFlapping; round++) {
        if (round % 2 === 0) release.outage.refuse();
        else release.outage.stall();
        await sleep(1_500);
        release.outage.open();
        await sleep(3_000);
      }
    })();
    try {
      const good = await release.change({ image: 'example/app:2' });
      await release.until('promoted', isPromoted(good), 300_000);
      await release.change({ image: 'example/app:3', behaviour: { 'error-rate': '0.4' } });
      const back = await release.until('rolled back', isRolledBack, 300_000);
      expect(back.abort?.reason).toBe('AnalysisFailed');
      expect(back.history?.map(({ outcome }) => outcome)).toEqual(['Promoted', 'RolledBack']);
      await release.serves(good);
    } finally {
      isFlapping = false;
      await flapping;
    }
    await release.holds();
  });

  test('beyond the limit of errors: rolled back, and it says that nothing could be measured', async ({ onTestFinished }) => {
    const provider = { prometheus: { builtin: 'successRate', timeout: '2s' } };
    const metrics = [successRate({ consecutiveErrorLimit: 2, provider })];
    const release = await aRelease(bed, 'v-errors', { cleanup: onTestFinished, metrics, cuttable: true });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until(
      'at 20 %',
      ({ weight, analysis }) => weight?.desired === 20 && weight.confirmedAt !== undefined && (analysis?.length ?? 0) > 0,
    );
    release.outage.stall();
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('AnalysisError');
    expect(conditionOf(back, 'Stalled')).toMatchObject({ status: 'True', reason: 'AnalysisError' });
    await waitFor('an Event', async () => (await eventReasons(bed, release.scenario.name)).includes('AnalysisError'));
    expect(Math.max(...release.weights(canary))).toBe(20);
    release.outage.open();
    await release.serves(release.stable);
    await release.holds();
  });
});

describe('TrafficMetrics of a cluster that serves v1alpha1 only', () => {
  const service = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha2.metrics.smi-spec.io';

  test('judge a release, too', async () => {
    await bed.exclusive(async () => {
      const { metadata, ...kept } = await bed.admin.get(service);
      await bed.admin.remove(service);
      await waitFor('v1alpha2 to be gone', async () => (await bed.admin.raw('GET', '/apis/metrics.smi-spec.io/v1alpha2')).status === 404);
      const release = await aRelease(bed, 'v-smi-old', { alone: true, metrics: [trafficMetric('success', 'successRate', { min: 0.95 })] });
      try {
        await release.change({ image: 'example/app:2', behaviour: { 'error-rate': '0.3' } });
        const back = await release.until('rolled back', isRolledBack, 300_000);
        expect(back.abort).toMatchObject({ reason: 'AnalysisFailed' });
        await release.holds();
      } finally {
        await release.scenario.dispose();
        await bed.admin.create({ ...kept, apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: metadata.name } });
        await waitFor(
          'v1alpha2 to be served',
          async () => (await bed.admin.raw('GET', '/apis/metrics.smi-spec.io/v1alpha2')).status === 200,
        );
      }
    });
  });
});
