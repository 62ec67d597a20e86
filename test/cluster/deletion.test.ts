// Deletion in every phase: what stays behind serves before anything of ours goes, and it is never an unapproved template.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type Deployment, podTemplate, service } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { Load } from './kit/load.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor, waitForObject } from './kit/wait.ts';
import { isGivenBack, isGone, nothingLeft } from './support/leftovers.ts';
import { aRelease } from './support/release.ts';
import { type Rollout, type RolloutStatus, rollout } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

type Selecting = KubeObject & { readonly spec: { readonly selector: Readonly<Record<string, string>> } };

const stalled = ({ conditions = [] }: RolloutStatus) => conditions.find(({ type }) => type === 'Stalled');

const remove = (namespace: string, options?: { readonly propagationPolicy: string }) =>
  bed.admin.remove(pathOf('rollouts', namespace, 'web'), options);

/** The pods of the revision that was stable may answer until the data plane has heard that they go. */
const onlyWorkloadAnswers = (load: Load) =>
  waitFor('only the workload to answer', async () => {
    const from = Date.now();
    await load.more(50);
    return Object.keys(load.summary(from).byDeployment).join() === 'web';
  });

describe.concurrent('deletion', () => {
  test('in mid-run at 50 %: the workload serves the stable template before anything goes', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'dl-mid', {
      cleanup: onTestFinished,
      // Slower than everything of ours can go by lags alone: whoever does not wait for these pods loses requests.
      app: { replicas: 3, behaviour: { 'start-delay-ms': '8000' } },
      steps: [{ setWeight: 50 }, { pause: { duration: '300s' } }],
    });
    const { scenario, load } = release;
    await scenario.adapter.lag(1_000);
    const pods = await scenario.record<KubeObject & { spec: { containers: readonly { image: string }[] } }>('pods');
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'start-delay-ms': '2000' } });
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
    await remove('dl-mid');
    await isGone(scenario);
    await isGivenBack(scenario, 'example/app:1', 3);
    await nothingLeft(scenario);
    await scenario.waitApplied('web', { web: 100 });
    await onlyWorkloadAnswers(load);
    // Not one pod of the workload ever ran the unapproved template.
    const unapproved = pods
      .versions()
      .map(({ object }) => object)
      .filter(
        ({ metadata, spec }) => spec.containers[0]?.image === 'example/app:2' && metadata.labels?.['sluice.dev/revision'] === undefined,
      );
    expect(unapproved).toEqual([]);
    expect(release.weights(canary).at(-1)).toBe(0);
    await release.holds();
  });

  // Argo CD deletes and prunes so. The collector takes at once whatever hangs on the Rollout alone, the split with it.
  test.for(['Foreground', 'Orphan'])(
    'with policy %s at 50 %%: no request is lost, the stable template comes back',
    async (policy, { onTestFinished }) => {
      const name = `dl-${policy.toLowerCase()}`;
      const release = await aRelease(bed, name, {
        cleanup: onTestFinished,
        plainService: true,
        app: { replicas: 3, behaviour: { 'start-delay-ms': '2000' } },
        steps: [{ setWeight: 50 }, { pause: { duration: '300s' } }],
      });
      await release.change({ image: 'example/app:2', behaviour: { 'start-delay-ms': '2000' } });
      await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
      await remove(name, { propagationPolicy: policy });
      await isGone(release.scenario);
      await isGivenBack(release.scenario, 'example/app:1', 3);
      await nothingLeft(release.scenario);
      await release.scenario.waitApplied('web', { web: 100 });
      await onlyWorkloadAnswers(release.load);
      await release.holds();
    },
  );

  test('of a Rollout that became invalid in mid-run: only what is given back has to be readable', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'dl-invalid', {
      cleanup: onTestFinished,
      steps: [{ setWeight: 50 }, { pause: { duration: '300s' } }],
    });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
    await release.apply({ spec: { windows: [{ kind: 'Deny', schedule: '0 0 31 2 *', duration: '1h' }] } });
    await release.until('stalled', (status) => stalled(status)?.reason === 'InvalidSpec');
    await remove('dl-invalid');
    await isGone(release.scenario);
    await isGivenBack(release.scenario, 'example/app:1', 2);
    await nothingLeft(release.scenario);
    await release.load.more(100);
    expect(release.weights(canary)).toEqual([0, 50, 0]);
    await release.holds();
  });

  test('when Healthy, with a pinned Service: unpinned again, the workload back, nothing left', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'dl-healthy', { cleanup: onTestFinished, plainService: true });
    const { scenario } = release;
    const pinned = await bed.admin.get<Selecting>(pathOf('services', 'dl-healthy', 'web'));
    expect(pinned.spec.selector).toEqual({ app: 'web', 'sluice.dev/revision': release.stable });
    const second = await release.change({ image: 'example/app:2' });
    await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === second);
    await waitFor('the Service to select the new stable', async () => {
      const { spec } = await bed.admin.get<Selecting>(pathOf('services', 'dl-healthy', 'web'));
      return spec.selector['sluice.dev/revision'] === second;
    });
    await remove('dl-healthy');
    await isGone(scenario);
    await isGivenBack(scenario, 'example/app:2', 2);
    await nothingLeft(scenario);
    await release.load.more(100);
    await release.holds();
  });

  test('after a rollback: the workload gets the stable template, not the one that failed', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'dl-back', {
      cleanup: onTestFinished,
      spec: { progressDeadline: '5s' },
    });
    await release.change({ image: 'example/app:2', behaviour: { 'never-ready': 'true' } });
    await release.until('rolled back', ({ phase }) => phase === 'RolledBack');
    await remove('dl-back');
    await isGone(release.scenario);
    await isGivenBack(release.scenario, 'example/app:1', 2);
    await nothingLeft(release.scenario);
    await release.load.more(100);
    await release.holds();
  });

  test.for(['applied', 'created'])(
    'while Initializing, its Service %s: the workload goes on as if nothing had been',
    async (by, { onTestFinished }) => {
      const name = `dl-init-${by}`;
      const scenario = await bed.namespace(name, { cleanup: onTestFinished });
      await scenario.deployOnly({ name: 'web', replicas: 2, behaviour: { 'start-delay-ms': '6000' } });
      if (by === 'created') await bed.admin.create(service(name, 'web', { app: 'web' }));
      else await scenario.service('web', { app: 'web' });
      await scenario.ready('web');
      const load = await scenario.load('web', { perSecond: 60 });
      const controller = await scenario.controller();
      await controller.only.waitReady();
      await bed.admin.apply(rollout(name), { manager: 'user' });
      await waitForObject<Deployment & { spec: { paused?: boolean } }>(
        bed.admin,
        pathOf('deployments', name, 'web'),
        'the workload paused',
        (object) => object?.spec.paused === true,
      );
      await remove(name);
      await isGone(scenario);
      await isGivenBack(scenario, 'example/app:1', 2);
      await nothingLeft(scenario);
      await load.more(100);
      await load.stop();
      expect(load.summary().lost).toEqual([]);
      expect(controller.only.isRunning()).toBe(true);
    },
  );

  test('of a Rollout with an inline template and a Service of ours: everything goes', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('dl-inline', { cleanup: onTestFinished });
    const controller = await scenario.controller();
    await controller.only.waitReady();
    const inline = (image: string) => {
      const service = { name: 'web', ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
      const template = podTemplate({ name: 'web', image });
      return rollout('dl-inline', { replicas: 2, spec: { workloadRef: undefined, template, service } });
    };
    await bed.admin.apply(inline('example/app:1'), { manager: 'user' });
    const until = async (what: string, holds: (status: NonNullable<Rollout['status']>) => boolean) => {
      const path = pathOf('rollouts', 'dl-inline', 'web');
      const is = (object: Rollout | undefined) => object?.status !== undefined && holds(object.status);
      return (await waitForObject<Rollout>(bed.admin, path, what, is, { deadlineMs: 240_000 }))?.status;
    };
    const first = await until('Healthy', ({ phase }) => phase === 'Healthy');
    await scenario.waitApplied('web', { [`web-${first?.stableRevision}`]: 100 });
    await waitFor('the Service to answer', () => scenario.takes('web'));
    const load = await scenario.load('web', { perSecond: 60 });
    await bed.admin.apply(inline('example/app:2'), { manager: 'user' });
    await until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision !== first?.stableRevision);
    await load.more(100);
    await load.stop();
    expect(load.summary().lost).toEqual([]);
    await remove('dl-inline');
    await isGone(scenario);
    await nothingLeft(scenario);
  });

  test('the whole namespace is deleted under it: the finalizer does not stand in the way', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'dl-namespace', {
      cleanup: onTestFinished,
      steps: [{ setWeight: 50 }, { pause: { duration: '300s' } }],
    });
    await release.change({ image: 'example/app:2' });
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50);
    await release.load.stop();
    await bed.admin.remove('/api/v1/namespaces/dl-namespace');
    await isGone(release.scenario);
    await waitForObject(bed.admin, '/api/v1/namespaces/dl-namespace', 'the namespace gone', (object) => object === undefined);
  });
});

describe.concurrent('deletion while the mesh’s adapter is down', () => {
  const options = {
    mode: 'linkerd',
    traffic: { provider: 'linkerd' },
    canary: { confirmation: { timeout: '10s', maxLag: '2s' } },
  } as const;
  const isNotApplied = (status: RolloutStatus) => stalled(status)?.reason === 'WeightNotApplied';

  test('after the split has gone: no revision goes, it is told again and again, and it ends by itself when the adapter is back', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'dl-adapter', { cleanup: onTestFinished, ...options });
    const { scenario, load, stable } = release;
    await scenario.adapter.pause();
    await remove('dl-adapter');
    const first = await release.until('stalled', isNotApplied);
    expect(first.phase).toBe('Terminating');
    expect(stalled(first)).toMatchObject({ status: 'True', message: expect.stringContaining('ServiceProfile web.dl-adapter.svc') });
    const splits = () => new Set(release.splits.versions().map(({ object }) => object.metadata.uid)).size;
    await waitFor('the split to be made again, twice', () => splits() >= 3);
    const from = Date.now();
    await load.more(300);
    expect(load.summary(from).byDeployment, 'as long as the mesh sends there').toEqual({ [`web-${stable}`]: load.summary(from).total });
    const said = release.rollouts.versions().map(({ object }) => object.status ?? {});
    expect(
      said.slice(said.findIndex(isNotApplied)).filter((status) => !isNotApplied(status)),
      'and says so all the time',
    ).toEqual([]);
    await scenario.adapter.resume();
    await isGone(scenario);
    await isGivenBack(scenario, 'example/app:1', 2);
    await nothingLeft(scenario);
    await scenario.waitApplied('web', { web: 100 });
    await onlyWorkloadAnswers(load);
    await release.holds();
  });

  test('with traffic at the canary: its pods stay, nothing is given back, and it ends by itself when the adapter is back', async ({
    onTestFinished,
  }) => {
    const steps = [{ setWeight: 50 }, { pause: { duration: '300s' } }];
    const release = await aRelease(bed, 'dl-cut', { cleanup: onTestFinished, steps, ...options });
    const { scenario, load } = release;
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
    await scenario.adapter.pause();
    await remove('dl-cut');
    const held = await release.until('stalled', isNotApplied);
    expect(held).toMatchObject({ phase: 'Terminating', canaryRevision: canary, weight: { desired: 0 } });
    const from = Date.now();
    await load.more(300);
    expect(load.summary(from).byRevision[canary] ?? 0).toBeGreaterThan(0);
    const workload = await bed.admin.get<Deployment>(pathOf('deployments', 'dl-cut', 'web'));
    expect(workload.spec.replicas).toBe(0);
    await scenario.adapter.resume();
    await isGone(scenario);
    await isGivenBack(scenario, 'example/app:1', 2);
    await nothingLeft(scenario);
    await onlyWorkloadAnswers(load);
    await release.holds();
  });
});

const rolloutCrd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/rollouts.sluice.dev';
const providers = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/traffic/properties/smi/properties/provider/enum';

/** Lets a provider be stored that nobody knows, as a CRD of another version would; concerns the whole cluster. */
async function withAnyProvider(run: () => Promise<void>): Promise<void> {
  const crd = await bed.admin.get<KubeObject & { spec: object }>(rolloutCrd);
  const known: unknown = providers
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], crd);
  await bed.admin.patch(rolloutCrd, [{ op: 'remove', path: providers }], 'json');
  try {
    await run();
  } finally {
    await bed.admin.patch(rolloutCrd, [{ op: 'add', path: providers, value: known }], 'json');
  }
}

describe('deletion of what can no longer be read', () => {
  test('says what to mend and which finalizer is in the way, keeps the traffic where it is, and goes on when it is mended', async () => {
    await bed.exclusive(async () => {
      const disposals: (() => Promise<void>)[] = [];
      try {
        const release = await aRelease(bed, 'dl-unreadable', {
          alone: true,
          cleanup: (dispose) => void disposals.push(dispose),
          steps: [{ setWeight: 50 }, { pause: { duration: '300s' } }],
        });
        const canary = await release.change({ image: 'example/app:2' });
        await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
        const path = pathOf('rollouts', 'dl-unreadable', 'web');
        const setProvider = (provider: string) => bed.admin.patch(path, { spec: { traffic: { smi: { provider } } } });
        await withAnyProvider(() =>
          waitFor('the provider to be stored', async () => (await setProvider('tomorrow')) !== undefined).then(() => {}),
        );
        await remove('dl-unreadable');
        const said = await release.until('says why it stays', (status) => stalled(status)?.message.includes('finalizer') === true);
        expect(stalled(said)).toMatchObject({ status: 'True', reason: 'InvalidSpec' });
        expect(stalled(said)?.message).toContain('spec.traffic.smi.provider');
        expect(stalled(said)?.message).toContain('sluice.dev/finalizer');
        await release.load.more(500);
        expect(release.weights(canary)).toEqual([0, 50]);
        await setProvider('auto');
        await isGone(release.scenario);
        await isGivenBack(release.scenario, 'example/app:1', 2);
        await nothingLeft(release.scenario);
        await release.load.more(100);
        await release.holds();
      } finally {
        await Promise.all(disposals.map((dispose) => dispose()));
      }
    });
  });
});
