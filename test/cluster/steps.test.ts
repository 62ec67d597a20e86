// The steps between the weights: analysis, bake, pause, sugar; and a Rollout that brings its own template and Service.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { podTemplate } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { POD_PREFIX } from './kit/layout.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor, waitForObject } from './kit/wait.ts';
import { type AnalysisRun, runsOf } from './support/analysis.ts';
import { aRelease, type Release, type Split } from './support/release.ts';
import { isPromoted, isRolledBack, type Rollout, type RolloutStatus, rollout, successRate, template } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const conditionOf = ({ conditions = [] }: RolloutStatus, type: string) => conditions.find((condition) => condition.type === type);

/** The running pods of a revision begin to fail this part of their requests. */
async function spoil(namespace: string, revision: string, errorRate: string): Promise<void> {
  const { items } = await bed.admin.list(`${pathOf('pods', namespace)}?labelSelector=sluice.dev/revision%3D${revision}`);
  const annotations = { [`${POD_PREFIX}error-rate`]: errorRate };
  await Promise.all(items.map(({ metadata }) => bed.admin.patch(pathOf('pods', namespace, metadata.name), { metadata: { annotations } })));
}

const smoke = (namespace: string) =>
  bed.admin.apply(template(namespace, 'smoke', [successRate({ name: 'smoke', count: 3 })]), { manager: 'user' });

describe.concurrent('analysis as a step', () => {
  const steps = [{ setWeight: 20 }, { analysis: { templates: [{ name: 'smoke' }] } }, { setWeight: 60 }];

  test('holds the release until it has passed', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 's-step', { cleanup: onTestFinished, steps });
    await smoke(release.scenario.name);
    const runs = await release.scenario.record<AnalysisRun>('analysisruns');
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(canary));
    const passed = runs.versions().find(({ object }) => object.status?.phase === 'Successful');
    expect(passed?.object.status?.metricResults?.[0]).toMatchObject({ name: 'smoke', phase: 'Successful', count: 3, successful: 3 });
    const raised = release.splits
      .versions()
      .find(({ object }) => object.spec.backends.some(({ service, weight }) => service === `web-${canary}` && weight > 20));
    expect(raised !== undefined && passed !== undefined && raised.resourceVersion > passed.resourceVersion).toBe(true);
    expect(release.weights(canary)).toEqual([0, 20, 60, 100]);
    await release.serves(canary);
    await release.holds();
  });

  test('rolls back where it fails', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 's-step-bad', { cleanup: onTestFinished, steps });
    await smoke(release.scenario.name);
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'error-rate': '0.4' } });
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('AnalysisFailed');
    expect((await runsOf(bed, release.scenario.name, back)).map(({ status }) => status?.phase)).toEqual(['Failed']);
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    await release.serves(release.stable);
    await release.holds();
  });
});

describe.concurrent('the bake', () => {
  const canary = { afterPromotion: { duration: '60s', analysis: { templates: [{ name: 'smoke' }] } }, scaleDownDelay: '60s' };
  const bakeMetric = successRate({ name: 'smoke' });

  test('rolls a release back that turns bad at 100 %, to a stable that is still warm', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 's-bake-bad', { cleanup: onTestFinished, canary, steps: [{ setWeight: 50 }] });
    await bed.admin.apply(template(release.scenario.name, 'smoke', [bakeMetric]), { manager: 'user' });
    const revision = await release.change({ image: 'example/app:2' });
    const baking = await release.until('baking', ({ phase }) => phase === 'Baking');
    expect(baking.stableRevision).toBe(release.stable);
    expect(baking.weight?.desired).toBe(100);
    await release.serves(revision);
    await spoil(release.scenario.name, revision, '0.5');
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('AnalysisFailed');
    expect(back.stableRevision).toBe(release.stable);
    expect(release.weights(revision)).toEqual([0, 50, 100, 0]);
    await release.serves(release.stable);
    await release.holds();
  });

  test('that passes ends in the promotion, not before its time', async ({ onTestFinished }) => {
    const short = { ...canary, afterPromotion: { ...canary.afterPromotion, duration: '20s' } };
    const release = await aRelease(bed, 's-bake', { cleanup: onTestFinished, canary: short, steps: [{ setWeight: 50 }] });
    await bed.admin.apply(template(release.scenario.name, 'smoke', [bakeMetric]), { manager: 'user' });
    const revision = await release.change({ image: 'example/app:2' });
    await release.until('baking', ({ phase }) => phase === 'Baking');
    const began = Date.now();
    const selector = (
      await bed.admin.get<KubeObject & { spec: { selector: Record<string, string> } }>(pathOf('services', release.scenario.name, 'web'))
    ).spec.selector;
    const done = await release.until('promoted', isPromoted(revision));
    expect(Date.now() - began).toBeGreaterThanOrEqual(18_000);
    expect(selector['sluice.dev/revision'] === release.stable || selector['sluice.dev/revision'] === undefined).toBe(true);
    expect(done.history?.at(-1)).toMatchObject({ revision, outcome: 'Promoted' });
    await release.serves(revision);
    await release.holds();
  });
});

describe.concurrent('paused: true in mid-run', () => {
  const steps = [{ setWeight: 20 }, { pause: { duration: '2s' } }, { setWeight: 50 }, { pause: { duration: '2s' } }];
  const pausedAt20 = async (release: Release): Promise<string> => {
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20);
    await release.apply({ spec: { paused: true } });
    const paused = await release.until('paused', ({ phase }) => phase === 'Paused');
    expect(conditionOf(paused, 'Ready')).toMatchObject({ status: 'False', reason: 'Paused' });
    await release.load.more(300);
    expect(release.weights(canary)).toEqual([0, 20]);
    return canary;
  };

  test('nothing is raised until it is false again', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 's-paused', { cleanup: onTestFinished, steps });
    const canary = await pausedAt20(release);
    await release.apply({ spec: { paused: false } });
    await release.until('promoted', isPromoted(canary));
    await release.serves(canary);
    await release.holds();
  });

  test('a failure is cut all the same', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 's-paused-bad', { cleanup: onTestFinished, steps, metrics: [successRate()] });
    const canary = await pausedAt20(release);
    await spoil(release.scenario.name, canary, '0.6');
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('AnalysisFailed');
    await release.serves(release.stable);
    await release.holds();
  });
});

describe.concurrent('sugar', () => {
  test('stepWeight, maxWeight and interval are steps', async ({ onTestFinished }) => {
    const canary = { steps: undefined, stepWeight: 30, maxWeight: 50, interval: '2s' };
    const release = await aRelease(bed, 's-sugar', { cleanup: onTestFinished, canary });
    const revision = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(revision));
    expect(release.weights(revision)).toEqual([0, 30, 50, 100]);
    await release.serves(revision);
    await release.holds();
  });

  test('stepWeights and interval, too', async ({ onTestFinished }) => {
    const canary = { steps: undefined, stepWeights: [5, 40], interval: '1s' };
    const release = await aRelease(bed, 's-weights', { cleanup: onTestFinished, canary });
    const revision = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(revision));
    expect(release.weights(revision)).toEqual([0, 5, 40, 100]);
    await release.serves(revision);
    await release.holds();
  });
});

describe.concurrent('a Rollout with its own template and ports', () => {
  test('makes its Service, releases by its template, and takes everything with it', async ({ onTestFinished }) => {
    const name = 's-inline';
    const scenario = await bed.namespace(name, { mode: 'strict', cleanup: onTestFinished });
    const splits = await scenario.record<Split>('trafficsplits');
    const controller = await scenario.controller();
    await controller.only.waitReady();
    const apply = (image: string) =>
      bed.admin.apply(
        rollout(name, {
          replicas: 2,
          spec: {
            workloadRef: undefined,
            template: podTemplate({ name: 'web', image }),
            service: { name: 'web', ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
          },
        }),
        { manager: 'user' },
      );
    const until = (what: string, holds: (status: RolloutStatus) => boolean) =>
      waitForObject<Rollout>(
        bed.admin,
        pathOf('rollouts', name, 'web'),
        what,
        (object) => object?.status !== undefined && holds(object.status),
      );
    await apply('example/app:1');
    const first = (await until('served', ({ phase }) => phase === 'Healthy'))?.status?.stableRevision ?? '';
    await scenario.waitApplied('web', { [`web-${first}`]: 100 });
    const load = await scenario.load('web', { perSecond: 60 });
    await load.more(50);
    await apply('example/app:2');
    const second =
      (await until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision !== first))?.status?.stableRevision ??
      '';
    await scenario.waitApplied('web', { [`web-${second}`]: 100 });
    const from = Date.now();
    await load.more(50);
    expect(Object.keys(load.summary(from).byRevision)).toEqual([second]);
    await load.stop();
    expect(load.summary().lost).toEqual([]);
    for (const { object, change } of splits.versions()) {
      if (change !== 'deleted') expect(object.spec.backends.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
    }
    await bed.admin.remove(pathOf('rollouts', name, 'web'));
    await waitFor('everything to go', async () => {
      const found = await Promise.all(
        (['rollouts', 'deployments', 'trafficsplits', 'services'] as const).map((plural) => bed.admin.list(pathOf(plural, name))),
      );
      return found.every(({ items }) => items.length === 0);
    });
  });
});
