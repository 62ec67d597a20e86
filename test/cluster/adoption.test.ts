// Taking over what runs, under load: no request is lost, whatever is slow.
import { afterAll, describe, expect, inject, test } from 'vitest';
import type { Deployment } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { Recorder } from './kit/recorder.ts';
import { aRelease, type ReleaseOptions } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

type Workload = Deployment & { readonly spec: { readonly paused?: boolean } };

/** Adopts an application of four slow pods behind a data plane that lags, and looks at the order in which it happened. */
async function adopts(name: string, options: ReleaseOptions): Promise<void> {
  let workloads: Recorder<Workload> | undefined;
  const release = await aRelease(bed, name, {
    ...options,
    app: { replicas: 4, behaviour: { 'start-delay-ms': '3000' } },
    canary: { confirmation: { timeout: '60s', maxLag: '5s' } },
    prepare: async (scenario) => {
      workloads = await scenario.record<Workload>('deployments');
      await scenario.adapter.lag(3_000);
      return undefined;
    },
  });
  const { load, stable } = release;
  const { spec } = await release.get();
  expect(spec.replicas, 'the workload’s own count').toBe(4);
  const versions = workloads?.versions('web') ?? [];
  const paused = versions.findIndex(({ object }) => object.spec.paused === true);
  const drained = versions.findIndex(({ object }) => object.spec.replicas === 0);
  expect(paused, 'paused first').toBeGreaterThanOrEqual(0);
  expect(drained, 'drained later').toBeGreaterThan(paused);
  expect(versions[drained]?.object.spec.paused ?? false, 'unpaused in the same write').toBe(false);
  expect(versions.at(-1)?.object.spec).toMatchObject({ replicas: 0 });
  // The first revision served before the workload's pods went, and alone after.
  const drainedAt = versions[drained]?.at ?? 0;
  const first = load.requests().find(({ revision }) => revision === stable);
  expect(first?.at).toBeLessThan(drainedAt);
  const followed = (await release.scenario.applied('web')).find(({ weights }) => Math.abs((weights[`web-${stable}`] ?? 0) - 100) < 0.01);
  expect(followed?.at ?? Number.POSITIVE_INFINITY, 'the data plane had followed before').toBeLessThan(drainedAt);
  const ready = workloads?.versions(`web-${stable}`).find(({ object }) => (object.status?.readyReplicas ?? 0) >= 4);
  const split = release.splits.versions()[0]?.resourceVersion ?? 0n;
  expect((ready?.resourceVersion ?? split) < split, 'all pods were ready before the split sent them everything').toBe(true);
  await release.serves(stable);
  await release.holds();
}

describe.concurrent('adoption', () => {
  test('four slow pods behind a data plane that lags, the Service applied by a GitOps tool', async ({ onTestFinished }) => {
    await adopts('ad-applied', { cleanup: onTestFinished });
  });

  test('the same with a Service that nobody applies: its selector is pinned on the way', async ({ onTestFinished }) => {
    await adopts('ad-pinned', { cleanup: onTestFinished, plainService: true });
  });

  test('a new template while it is being adopted waits for its turn as a canary', async ({ onTestFinished }) => {
    let early = Promise.resolve();
    const release = await aRelease(bed, 'ad-early', {
      cleanup: onTestFinished,
      app: { behaviour: { 'start-delay-ms': '4000' } },
      prepare: async (scenario) => {
        const workloads = await scenario.record<Workload>('deployments');
        const patch = { spec: { template: { spec: { containers: [{ name: 'app', image: 'example/app:2' }] } } } };
        early = (async () => {
          while (!workloads.versions('web').some(({ object }) => object.spec.paused === true))
            await new Promise((resolve) => setTimeout(resolve, 50));
          await bed.admin.patch('/apis/apps/v1/namespaces/ad-early/deployments/web', patch, 'strategic');
        })();
        return undefined;
      },
    });
    await early;
    const done = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision !== release.stable);
    expect(done.history).toHaveLength(1);
    expect(release.weights(done.stableRevision ?? '')).toEqual([0, 20, 50, 100]);
    expect(Object.keys(release.load.summary().byDeployment).sort()).toEqual(
      ['web', `web-${release.stable}`, `web-${done.stableRevision}`].sort(),
    );
    await release.holds();
  });
});
