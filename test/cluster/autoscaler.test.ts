// A real HorizontalPodAutoscaler on the Rollout's /scale, moved by real requests, while a canary is on its way.
import { afterAll, describe, expect, inject, test } from 'vitest';
import type { Deployment } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import { pathOf } from './kit/paths.ts';
import { sleep, waitFor } from './kit/wait.ts';
import { aRelease } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const autoscaler = (namespace: string) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web' },
    minReplicas: 2,
    maxReplicas: 6,
    // A Pod asks for 100m and uses 10m for each request a second: 5 requests a second each.
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
  },
});

describe.concurrent('autoscaling', () => {
  test('up and down in mid-run: stable keeps its floor, nothing is lost, the release completes and follows the count', async ({
    onTestFinished,
  }) => {
    // However long the autoscaler takes: the pause is cut short once it has been up and down.
    const steps = [{ setWeight: 50 }, { pause: { duration: '1h' } }];
    const release = await aRelease(bed, 'as-hpa', { cleanup: onTestFinished, steps, perSecond: 8 });
    const { scenario, stable } = release;
    const deployments = await scenario.record<Deployment>('deployments');
    await bed.admin.create(autoscaler('as-hpa'));
    // Its first samples are few, and it may begin with a jump.
    await sleep(10_000);
    await release.until('settled', (_, { spec }) => spec.replicas === 2);
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
    // So much that no count below five is at rest, whichever moment of the ramp the autoscaler looks at first.
    const more = await scenario.load('web', { perSecond: 28 });
    await release.until('scaled up', (_, { spec }) => (spec.replicas ?? 0) >= 4);
    await waitFor('the pods of stable to follow', async () => {
      const { spec, status } = await bed.admin.get<Deployment>(pathOf('deployments', 'as-hpa', `web-${stable}`));
      return (spec.replicas ?? 0) >= 4 && (status?.readyReplicas ?? 0) >= 4;
    });
    await more.stop();
    const low = await release.until('scaled down in mid-run', (_, { spec }) => (spec.replicas ?? 0) <= 2);
    expect(low.canaryRevision, 'still under way').toBe(canary);
    await release.apply({ steps: [{ setWeight: 50 }, { pause: { duration: '1s' } }] });
    const promoted = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    expect(promoted.history).toHaveLength(1);
    // By version: while the canary was on its way, stable's count never fell.
    const { resourceVersion: promotedAt } = await waitFor('the recorder to have seen it', () =>
      release.rollouts.versions().find(({ object }) => object.status?.stableRevision === canary),
    );
    const counts = deployments
      .versions(`web-${stable}`)
      .filter(({ resourceVersion }) => resourceVersion < promotedAt)
      .map(({ object }) => object.spec.replicas ?? 1);
    expect(counts, 'stable never shrank under a canary').toEqual(counts.toSorted((left, right) => left - right));
    expect(Math.max(...counts)).toBeGreaterThanOrEqual(4);
    await waitFor('the promoted revision to follow the autoscaler', async () => {
      const [{ spec }, { spec: wanted }] = await Promise.all([
        bed.admin.get<Deployment>(pathOf('deployments', 'as-hpa', `web-${canary}`)),
        release.get(),
      ]);
      return spec.replicas === wanted.replicas;
    });
    expect(more.summary().lost).toEqual([]);
    await release.serves(canary);
    await release.holds();
  });
});
