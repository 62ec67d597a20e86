// Somebody else's hands on our objects: put right at once a few times, then reported by name and left alone; cuts always go through.
import { afterAll, describe, expect, inject, test } from 'vitest';
import type { Deployment } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { POD_PREFIX } from './kit/layout.ts';
import { pathOf } from './kit/paths.ts';
import { sleep, waitFor } from './kit/wait.ts';
import { editSplit, startApplier } from './support/hand.ts';
import { isGivenBack, isGone, nothingLeft } from './support/leftovers.ts';
import { aRelease, type Release, type Split } from './support/release.ts';
import { type RolloutStatus, rollout, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const contended = (status: RolloutStatus) => status.conditions?.find(({ type }) => type === 'Contended');

/** Waits until the stored split gives these percents; how long that took. */
async function says({ scenario }: Release, percents: Readonly<Record<string, number>>): Promise<number> {
  const from = Date.now();
  await waitFor(
    `the split to say ${JSON.stringify(percents)}`,
    async () => {
      const split = await bed.admin.find<Split>(pathOf('trafficsplits', scenario.name, 'web'));
      const all = Object.fromEntries(
        split?.spec.backends.filter(({ weight }) => weight > 0).map(({ service, weight }) => [service, weight]) ?? [],
      );
      return JSON.stringify(Object.entries(all).sort()) === JSON.stringify(Object.entries(percents).sort());
    },
    { deadlineMs: 30_000, everyMs: 50 },
  );
  return Date.now() - from;
}

const selectorOf = async (namespace: string) => {
  const { spec } = await bed.admin.get<KubeObject & { spec: { selector: Record<string, string> } }>(pathOf('services', namespace, 'web'));
  return spec.selector;
};

/** Another Rollout, older than that of the release, which has nothing of its own to do; until it claims the release's Service. */
async function anElder(namespace: string): Promise<{ claims(service: string): Promise<void> }> {
  const elder = (service: string) =>
    rollout(namespace, {
      name: 'elder',
      spec: { service: { name: service }, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nowhere' } },
    });
  const claims = async (service: string) => void (await bed.admin.apply(elder(service), { manager: 'user' }));
  await claims('nowhere');
  // Ages have whole seconds.
  await sleep(1_100);
  return { claims };
}

const stalled = (status: RolloutStatus) => status.conditions?.find(({ type }) => type === 'Stalled')?.reason;

describe.concurrent('an older Rollout that claims the Service in mid-run', () => {
  const at20 = [{ setWeight: 20 }, { pause: { duration: '3s' } }, { setWeight: 50 }, { pause: { duration: '300s' } }];
  const claimed = async (name: string, options: Partial<Parameters<typeof aRelease>[2]>) => {
    const elders: Awaited<ReturnType<typeof anElder>>[] = [];
    const prepare = async () => {
      elders.push(await anElder(name));
      return undefined;
    };
    const release = await aRelease(bed, name, { steps: at20, prepare, ...options });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
    await elders[0]?.claims('web');
    await release.until('claimed', (status) => stalled(status) === 'ServiceClaimed');
    return { release, canary, elder: elders[0] };
  };

  test('holds raises; a failing analysis still rolls back', async ({ onTestFinished }) => {
    const { release, canary } = await claimed('ct-rival', { cleanup: onTestFinished, metrics: [successRate()] });
    await sleep(8_000);
    expect(release.weights(canary)).toEqual([0, 20]);
    const pods = await bed.admin.list(`${pathOf('pods', 'ct-rival')}?labelSelector=sluice.dev/revision%3D${canary}`);
    const annotations = { [`${POD_PREFIX}error-rate`]: '0.5' };
    for (const { metadata } of pods.items) await bed.admin.patch(pathOf('pods', 'ct-rival', metadata.name), { metadata: { annotations } });
    const back = await release.until('rolled back', ({ phase }) => phase === 'RolledBack');
    expect(back.abort?.reason).toBe('AnalysisFailed');
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    await release.serves(release.stable);
    await release.holds();
  });

  test('lets a new template take the weight away, rests, and goes on when the claim is gone', async ({ onTestFinished }) => {
    const { release, canary, elder } = await claimed('ct-rival-next', { cleanup: onTestFinished });
    await release.write({ image: 'example/app:3' });
    const rests = await release.until('at rest', ({ phase, canaryRevision }) => phase === 'Degraded' && canaryRevision === undefined);
    expect([stalled(rests), rests.history?.at(-1)?.outcome]).toEqual(['ServiceClaimed', 'Superseded']);
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    await elder?.claims('nowhere');
    const next = await release.until('goes on', ({ weight }) => weight?.desired === 50);
    expect(next.canaryRevision).not.toBe(canary);
    await release.holds();
  });

  test('does not stand in the way of the deletion', async ({ onTestFinished }) => {
    const { release } = await claimed('ct-rival-gone', { cleanup: onTestFinished });
    await bed.admin.remove(pathOf('rollouts', 'ct-rival-gone', 'web'));
    await isGone(release.scenario);
    await isGivenBack(release.scenario, 'example/app:1', 2);
    await nothingLeft(release.scenario);
    await release.load.more(100);
    await release.holds();
  });
});

describe.concurrent('contention', () => {
  test('a split edited by hand is put right at once three times, then Contended says who; a cut still goes through', async ({
    onTestFinished,
  }) => {
    const steps = [{ setWeight: 20 }, { pause: { duration: '20s' } }, { setWeight: 50 }, { pause: { duration: '300s' } }];
    const release = await aRelease(bed, 'ct-split', { cleanup: onTestFinished, steps });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
    const [ours, theirs] = [`web-${canary}`, `web-${release.stable}`];
    const edits: string[] = [];
    const edit = async (backends: Split['spec']['backends']) => {
      // Managed fields have whole seconds: two writes within one cannot be told apart.
      await sleep(1_100);
      edits.push(await editSplit(bed.admin, 'ct-split', backends));
    };
    const right = { [ours]: 20, [theirs]: 80 };
    // More for the canary, fewer backends, other weights.
    await edit([
      { service: ours, weight: 90 },
      { service: theirs, weight: 10 },
    ]);
    await says(release, right);
    await edit([{ service: theirs, weight: 100 }]);
    await says(release, right);
    await edit([
      { service: ours, weight: 5 },
      { service: theirs, weight: 95 },
    ]);
    await says(release, right);
    await edit([
      { service: ours, weight: 10 },
      { service: theirs, weight: 90 },
    ]);
    const said = await release.until('contended', (status) => contended(status) !== undefined);
    expect(contended(said)?.message).toContain('hand');
    // Past the end of the pause: all raises are held, and the edit stays.
    await sleep(25_000);
    const { status } = await release.get();
    expect(status?.weight?.desired).toBe(20);
    expect(status?.step?.index).toBeLessThanOrEqual(2);
    await says(release, { [ours]: 10, [theirs]: 90 });
    await release.write({ image: 'example/app:1' });
    await says(release, { [theirs]: 100 });
    await release.until('reverted', ({ phase, canaryRevision }) => phase === 'Healthy' && canaryRevision === undefined);
    await release.serves(release.stable);
    await release.holds({ edits });
  });

  test('a split that is deleted, at rest and in mid-run, is made again at once, and nothing is lost', async ({ onTestFinished }) => {
    const steps = [{ setWeight: 20 }, { pause: { duration: '8s' } }];
    const release = await aRelease(bed, 'ct-deleted', { cleanup: onTestFinished, steps });
    const path = pathOf('trafficsplits', 'ct-deleted', 'web');
    await bed.admin.remove(path);
    await says(release, { [`web-${release.stable}`]: 100 });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
    await bed.admin.remove(path);
    await says(release, { [`web-${canary}`]: 20, [`web-${release.stable}`]: 80 });
    await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    await release.serves(canary);
    await release.holds();
  });

  test('manifests applied with force every 5 s through a release: it ends well, loses nothing, and says who contends', async ({
    onTestFinished,
  }) => {
    const steps = [20, 50].flatMap((weight) => [{ setWeight: weight }, { pause: { duration: '5s' } }]);
    const release = await aRelease(bed, 'ct-apply', { cleanup: onTestFinished, steps, metrics: [successRate()] });
    const { scenario, load } = release;
    const workloads = await scenario.record<Deployment>('deployments');
    const begunAt = Date.now();
    const applier = startApplier(bed.admin, 'ct-apply', { name: 'web', replicas: 2, image: 'example/app:1' }, 5_000);
    try {
      const said = await release.until('contended', (status) => contended(status) !== undefined);
      expect(contended(said)?.message).toMatch(/flux.*replicas/);
      applier.app = { ...applier.app, image: 'example/app:2' };
      const promoted = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision !== release.stable);
      const rounds = applier.rounds();
      await waitFor('three more rounds', () => applier.rounds() >= rounds + 3);
      await release.serves(promoted.stableRevision ?? '');
      expect(release.weights(promoted.stableRevision ?? '')).toEqual([0, 20, 50, 100]);
    } finally {
      await applier.stop();
    }
    const counts = workloads.versions('web').map(({ object }) => object.spec.replicas ?? 1);
    const corrections = counts.filter((count, at) => count === 0 && (counts[at - 1] ?? 0) > 0);
    expect(corrections).toHaveLength(3);
    expect(Object.keys(load.summary(begunAt).byDeployment), 'no unapproved pod of the workload was asked').not.toContain('web');
    expect(await selectorOf('ct-apply'), 'an applier owns the selector').toEqual({ app: 'web' });
    await release.holds();
  });

  test('pinSelector Always against an applier: three times, then Contended names it', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ct-pin', {
      cleanup: onTestFinished,
      plainService: true,
      spec: { service: { name: 'web', pinSelector: 'Always' } },
    });
    const applier = startApplier(bed.admin, 'ct-pin', { name: 'web', image: 'example/app:1' }, 2_000);
    try {
      const said = await release.until('contended', (status) => contended(status) !== undefined);
      expect(contended(said)?.message).toMatch(/flux.*selector/);
      const rounds = applier.rounds();
      await waitFor('two more rounds', () => applier.rounds() >= rounds + 2);
      expect(await selectorOf('ct-pin')).toEqual({ app: 'web' });
    } finally {
      await applier.stop();
    }
    await release.serves(release.stable);
    await release.holds();
  });
});
