// News that never comes: what a release waits for is there, and the watch has not told it. It is read from the server before anything is given up.
import { afterAll, describe, expect, inject, test } from 'vitest';
import type { Deployment } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { LossyWay } from './kit/lossy.ts';
import { waitFor } from './kit/wait.ts';
import { aRelease, type Release, type ReleaseOptions } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

type Profile = KubeObject & { readonly spec: { readonly dstOverrides?: readonly { readonly weight: string }[] | null } };

async function aDeafRelease(name: string, options: Partial<ReleaseOptions>): Promise<{ release: Release; way: LossyWay }> {
  const ways: LossyWay[] = [];
  const prepare: ReleaseOptions['prepare'] = async (scenario) => {
    const way = await scenario.lossyWay();
    ways.push(way);
    return { server: way.url };
  };
  const release = await aRelease(bed, name, { ...options, prepare });
  const [way] = ways;
  if (way === undefined) throw new Error('nobody has prepared the way');
  return { release, way };
}

/** By the audit log, which is written a little later. */
const hasRead = ({ scenario, controller }: Release, plural: string, object: string) =>
  waitFor(`the controller to have read ${plural} ${object}`, () =>
    scenario
      .audit({ user: controller.user, namespace: scenario.name })
      .some(({ verb, resource, name }) => verb === 'get' && resource === plural && name === object),
  );

async function goesOn(release: Release, canary: string, weights: readonly number[]): Promise<void> {
  const done = await release.until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision === canary);
  expect(done.history).toMatchObject([{ revision: canary, outcome: 'Promoted' }]);
  expect(release.weights(canary)).toEqual(weights);
  const reasons = release.rollouts.versions().flatMap(({ object }) => (object.status?.conditions ?? []).map(({ reason }) => reason));
  expect(
    reasons.filter((reason) => ['ProgressDeadlineExceeded', 'WeightNotApplied'].includes(reason)),
    'nobody was called',
  ).toEqual([]);
}

describe.concurrent('lost news', () => {
  test('that the pods of the canary are ready: it is read before the progress deadline ends the release', async ({ onTestFinished }) => {
    const { release, way } = await aDeafRelease('nw-pods', { cleanup: onTestFinished, spec: { progressDeadline: '15s' } });
    // Of its one pod for 20 %; that there are two for 100 % is told.
    way.lose<Deployment>(
      ({ kind, metadata, spec, status }) =>
        kind === 'Deployment' && metadata.name !== `web-${release.stable}` && spec.replicas === 1 && (status?.readyReplicas ?? 0) > 0,
    );
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20);
    expect(way.lost().map(({ object }) => object.metadata.name)).toContain(`web-${canary}`);
    await hasRead(release, 'deployments', `web-${canary}`);
    await goesOn(release, canary, [0, 20, 50, 100]);
    await release.serves(canary);
    await release.holds();
  });

  test('that Linkerd’s ServiceProfile follows: it is read before anybody is called', async ({ onTestFinished }) => {
    const { release, way } = await aDeafRelease('nw-mesh', {
      cleanup: onTestFinished,
      mode: 'linkerd',
      traffic: { provider: 'linkerd' },
      canary: { confirmation: { timeout: '15s', maxLag: '2s' } },
      steps: [{ setWeight: 50 }],
    });
    // With requests the share that is seen would confirm it.
    await release.load.stop();
    way.lose<Profile>(({ kind, spec }) => kind === 'ServiceProfile' && spec.dstOverrides?.some(({ weight }) => weight === '50') === true);
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 50 %, confirmed', ({ weight }) => weight?.desired === 50 && weight.confirmedBy === 'Adapter');
    expect(way.lost().map(({ object }) => object.metadata.name)).toContain('web.nw-mesh.svc.cluster.local');
    await hasRead(release, 'serviceprofiles', 'web.nw-mesh.svc.cluster.local');
    await goesOn(release, canary, [0, 50, 100]);
    await release.holds();
  });
});
