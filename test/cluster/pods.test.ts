// Pods that never come, that come and go, and counts that users set.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { POD_PREFIX } from './kit/layout.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { eventReasons } from './support/analysis.ts';
import { aRelease, type Release } from './support/release.ts';
import { isPromoted, isRolledBack, type RolloutStatus } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const conditionOf = ({ conditions = [] }: RolloutStatus, type: string) => conditions.find((condition) => condition.type === type);

/** Changes the behaviour of the running pods of a revision; null takes it back. */
async function behave({ scenario }: Release, revision: string, behaviour: Readonly<Record<string, string | null>>): Promise<void> {
  const { items } = await bed.admin.list(`${pathOf('pods', scenario.name)}?labelSelector=sluice.dev/revision%3D${revision}`);
  const annotations = Object.fromEntries(Object.entries(behaviour).map(([name, value]) => [`${POD_PREFIX}${name}`, value]));
  await Promise.all(
    items.map(({ metadata }) => bed.admin.patch(pathOf('pods', scenario.name, metadata.name), { metadata: { annotations } })),
  );
}

/** Deletes the Service of a revision and waits until another is there, with endpoints, in the mesh as well. */
async function loseService({ scenario }: Release, revision: string): Promise<{ from: number; to: number }> {
  const path = pathOf('services', scenario.name, `web-${revision}`);
  const { metadata } = await bed.admin.get(path);
  const from = Date.now();
  await bed.admin.remove(path);
  await waitFor('another Service', async () => (await bed.admin.get(path)).metadata.uid !== metadata.uid, { everyMs: 20 });
  await scenario.ready(`web-${revision}`);
  return { from, to: Date.now() };
}

interface Slice extends KubeObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean; readonly terminating?: boolean } }[] | null;
}

const readyIn = ({ endpoints }: Slice): number =>
  (endpoints ?? []).filter(({ conditions }) => conditions?.ready === true && conditions.terminating !== true).length;

const at20 = [{ setWeight: 20 }, { pause: { duration: '30s' } }, { setWeight: 50 }];
const isAt20 = ({ weight }: RolloutStatus): boolean => weight?.desired === 20 && weight.confirmedAt !== undefined;

describe.concurrent('a canary that never becomes ready', () => {
  test('gets no weight and is aborted by the progress deadline', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'p-never', { cleanup: onTestFinished, spec: { progressDeadline: '15s' } });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'never-ready': 'true' } });
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('ProgressDeadlineExceeded');
    expect(conditionOf(back, 'Stalled')).toMatchObject({ status: 'True', reason: 'ProgressDeadlineExceeded' });
    expect(release.weights(canary)).toEqual([0]);
    expect(release.load.summary().byRevision[canary]).toBeUndefined();
    await waitFor(
      'its pods to go',
      async () =>
        (await bed.admin.get<{ spec: { replicas: number } }>(pathOf('deployments', release.scenario.name, `web-${canary}`))).spec
          .replicas === 0,
    );
    await release.serves(release.stable);
    await release.holds();
  });

  test('with progressDeadlineAction Report it is reported, kept, and goes on when its pods come', async ({ onTestFinished }) => {
    const spec = { progressDeadline: '10s', progressDeadlineAction: 'Report' };
    // All pods from the beginning: those made later would be as the template says.
    const steps = [{ setCanaryScale: { replicas: 2 } }, { setWeight: 50 }];
    const release = await aRelease(bed, 'p-report', { cleanup: onTestFinished, spec, steps });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'never-ready': 'true' } });
    const late = await release.until('stalled', (status) => conditionOf(status, 'Stalled') !== undefined);
    expect(conditionOf(late, 'Stalled')).toMatchObject({ status: 'True', reason: 'ProgressDeadlineExceeded' });
    expect(late.abort).toBeUndefined();
    expect(late.canaryRevision).toBe(canary);
    expect(release.weights(canary)).toEqual([0]);
    await behave(release, canary, { 'never-ready': null });
    const promoted = await release.until('promoted', isPromoted(canary));
    expect(conditionOf(promoted, 'Stalled')).toBeUndefined();
    await release.serves(canary);
    await release.holds();
  });
});

describe.concurrent('a canary that loses its pods at 20 %', () => {
  /** Crashes every pod of the canary; when its last endpoint went, and when the data plane sent it nothing any more. */
  async function crash(release: Release, canary: string) {
    const slices = await release.scenario.record<Slice>('endpointslices');
    const from = Date.now();
    await behave(release, canary, { 'crash-loop': 'true' });
    const isEmpty = () =>
      slices.versions().find(({ object, at }) => at >= from && object.metadata.name.startsWith(`web-${canary}`) && readyIn(object) === 0);
    const empty = await waitFor('the canary without endpoints', isEmpty);
    const cut = await waitFor('the split at 0', () =>
      release.splits
        .versions()
        .find(
          ({ object, resourceVersion }) =>
            resourceVersion > empty.resourceVersion &&
            object.spec.backends.every(({ service, weight }) => service !== `web-${canary}` || weight === 0),
        ),
    );
    await release.scenario.waitApplied('web', { [`web-${release.stable}`]: 100 });
    return { from, to: Date.now(), tookMs: cut.at - empty.at };
  }

  test('has weight 0 at once; back within 30 s it has its weight again and is promoted', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'p-back', { cleanup: onTestFinished, steps: at20 });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'crash-backoff-ms': '6000' } });
    await release.until('at 20 %', isAt20);
    const { from, to, tookMs } = await crash(release, canary);
    expect(tookMs).toBeLessThan(5_000);
    const out = (await release.get()).status ?? {};
    expect(out.abort).toBeUndefined();
    await behave(release, canary, { 'crash-loop': null });
    await release.until('promoted', isPromoted(canary));
    expect(release.weights(canary)).toEqual([0, 20, 0, 20, 50, 100]);
    await release.serves(canary);
    await release.holds({ lostBetween: [from, to] });
  });

  test('and not back within 30 s, it is rolled back', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'p-gone', { cleanup: onTestFinished, steps: at20 });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'crash-backoff-ms': '300000' } });
    await release.until('at 20 %', isAt20);
    const { from, to } = await crash(release, canary);
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('CanaryUnavailable');
    expect(Date.parse(back.abort?.at ?? '') - from).toBeGreaterThanOrEqual(29_000);
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    await release.serves(release.stable);
    await release.holds({ lostBetween: [from, to] });
  });

  test('because somebody deleted its Service: weight 0 first, the Service is made again, and the release goes on', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'p-service', { cleanup: onTestFinished, steps: at20 });
    const { scenario } = release;
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', isAt20);
    const { from, to } = await loseService(release, canary);
    await release.until('promoted', isPromoted(canary));
    expect(release.weights(canary)).toEqual([0, 20, 0, 20, 50, 100]);
    expect(await eventReasons(bed, scenario.name)).toContain('RevisionServiceMissing');
    await release.serves(canary);
    await release.holds({ lostBetween: [from, to] });
  });

  test('over and over, it is rolled back although it keeps coming back', async ({ onTestFinished }) => {
    const steps = [{ setWeight: 20 }, { pause: { duration: '10m' } }];
    const release = await aRelease(bed, 'p-loop', { cleanup: onTestFinished, steps });
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'crash-after-requests': '5' } });
    const from = Date.now();
    const back = await release.until('rolled back', isRolledBack, 300_000);
    expect(back.abort?.reason).toBe('CanaryUnavailable');
    expect(Math.max(...release.weights(canary))).toBe(20);
    await release.serves(release.stable);
    // Each crash takes the requests that were with the dying pod, and those that the mesh still sends it.
    await release.holds({ lostBetween: [from, Date.now()] });
  });
});

describe.concurrent('stable', () => {
  test('whose Deployment somebody deleted in mid-run: nothing is raised, and what the message asks for brings it back', async ({
    onTestFinished,
  }) => {
    const steps = [{ setWeight: 20 }, { pause: { duration: '5s' } }, { setWeight: 50 }];
    const release = await aRelease(bed, 'p-lost', { cleanup: onTestFinished, steps });
    const { scenario, stable, load } = release;
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', isAt20);
    const path = pathOf('deployments', 'p-lost', `web-${stable}`);
    const { metadata } = await bed.admin.get(path);
    const from = Date.now();
    await bed.admin.remove(path);
    const lost = await release.until('lost', (status) => conditionOf(status, 'Stalled')?.reason === 'StableRevisionLost');
    const { message = '' } = conditionOf(lost, 'Stalled') ?? {};
    expect(message).toContain(stable);
    expect(message).toContain('set the template back to that revision');
    await waitFor('an Event', async () => (await eventReasons(bed, scenario.name)).includes('StableRevisionLost'));
    await load.more(600);
    expect(release.weights(canary)).toEqual([0, 20]);
    // As it says.
    await release.write({ image: 'example/app:1' });
    const back = await release.until('reverted', ({ phase, canaryRevision }) => phase === 'Healthy' && canaryRevision === undefined);
    expect(conditionOf(back, 'Stalled')).toBeUndefined();
    expect(back.stableRevision).toBe(stable);
    await waitFor('another Deployment', async () => (await bed.admin.get(path)).metadata.uid !== metadata.uid);
    await scenario.ready(`web-${stable}`);
    const to = Date.now();
    await release.serves(stable);
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    // Its share of the traffic went with its pods.
    await release.holds({ lostBetween: [from, to] });
  });
});

describe.concurrent('counts of the canary', () => {
  const replicasOf = async (release: Release, revision: string) =>
    await bed.admin.get<{ spec: { replicas: number }; status?: { readyReplicas?: number } }>(
      pathOf('deployments', release.scenario.name, `web-${revision}`),
    );

  test('setCanaryScale: the pods are there, ready, before the weight; and match it again where asked', async ({ onTestFinished }) => {
    const steps = [
      { setCanaryScale: { replicas: 3 } },
      { setWeight: 10 },
      { pause: { duration: '3s' } },
      { setCanaryScale: { matchTrafficWeight: true } },
      { pause: { duration: '10m' } },
    ];
    const release = await aRelease(bed, 'p-scale', { cleanup: onTestFinished, steps, replicas: 4, app: { replicas: 4 } });
    const deployments = await release.scenario.record<KubeObject & { status?: { readyReplicas?: number } }>('deployments');
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 10 %', ({ weight }) => weight?.desired === 10);
    const raised = await waitFor('the split at 10', () =>
      release.splits.versions().find(({ object }) => object.spec.backends.some(({ weight }) => weight === 10)),
    );
    const before = deployments.versions(`web-${canary}`).filter(({ resourceVersion }) => resourceVersion < raised.resourceVersion);
    expect(before.at(-1)?.object.status?.readyReplicas).toBe(3);
    await waitFor('one pod for 10 %', async () => (await replicasOf(release, canary)).spec.replicas === 1);
    await release.holds();
  });

  test('before a weight the canary has the pods that it needs, in every step', async ({ onTestFinished }) => {
    const steps = [{ setWeight: 25 }, { setWeight: 50 }, { setWeight: 75 }];
    const release = await aRelease(bed, 'p-capacity', { cleanup: onTestFinished, steps, replicas: 4, app: { replicas: 4 } });
    const deployments = await release.scenario.record<KubeObject & { status?: { readyReplicas?: number } }>('deployments');
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('promoted', isPromoted(canary), 240_000);
    for (const { object, resourceVersion } of release.splits.versions()) {
      const weight = object.spec.backends.find(({ service }) => service === `web-${canary}`)?.weight ?? 0;
      const ready = (revision: string) =>
        deployments.versions(`web-${revision}`).findLast((version) => version.resourceVersion < resourceVersion)?.object.status
          ?.readyReplicas ?? 0;
      if (weight === 0) continue;
      expect(ready(canary), `pods for ${weight} %`).toBeGreaterThanOrEqual(Math.ceil((4 * weight) / 100));
      if (object.spec.backends.length > 1) expect(ready(release.stable), `stable's pods at ${weight} %`).toBe(4);
    }
    await release.serves(canary);
    await waitFor('the old revision to be scaled down', async () => (await replicasOf(release, release.stable)).spec.replicas === 0);
    await release.holds();
  });
});

describe.concurrent('the stable Service is deleted', () => {
  test('at rest and in mid-run: made again at once, no weight moves towards the canary for it', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'p-stable-service', { cleanup: onTestFinished, steps: at20 });
    const { scenario, stable } = release;
    const first = await loseService(release, stable);
    await release.until('Healthy again', ({ phase }) => phase === 'Healthy');
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', isAt20);
    const second = await loseService(release, stable);
    await release.until('promoted', isPromoted(canary));
    expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
    expect(await eventReasons(bed, scenario.name)).toContain('RevisionServiceMissing');
    const between = release.load.summary(first.to).lost.filter(({ at }) => at < second.from);
    expect(between).toEqual([]);
    await release.serves(canary);
    await release.holds({ lostBetween: [first.from, second.to] });
  });
});
