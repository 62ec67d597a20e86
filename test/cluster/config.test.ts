// Configuration is part of a revision: its own immutable copy, kept for as long as the revision is; and how long revisions are kept.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type Deployment, deployment, service } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { Load } from './kit/load.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor, waitForObject } from './kit/wait.ts';
import { isGivenBack, isGone } from './support/leftovers.ts';
import { aRelease, type Release } from './support/release.ts';
import { isPromoted, type Rollout, type RolloutStatus, rollout, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

interface Config extends KubeObject {
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

const configMap = (namespace: string, color: string): Config => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'colors', namespace },
  data: { COLOR: color },
});

/** Ground truth: every configuration that pods of this revision answered with. */
const configsOf = (load: Load, revision: string): readonly (string | undefined)[] => [
  ...new Set(load.requests().flatMap((request) => (request.revision === revision ? [request.config] : []))),
];

const copyOf = (namespace: string, revision: string) => bed.admin.find<Config>(pathOf('configmaps', namespace, `colors-${revision}`));

const revisionsOf = async ({ scenario }: Release): Promise<readonly string[]> => {
  const { items } = await bed.admin.list<Deployment>(pathOf('deployments', scenario.name));
  return items.map(({ metadata }) => metadata.name).filter((name) => name !== 'web');
};

describe.concurrent('configuration', () => {
  test('a ConfigMap that changes is a new revision with its own copy; stable keeps reading the old one, a rollback too', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'cf-map', {
      cleanup: onTestFinished,
      app: { configMap: 'colors' },
      metrics: [successRate()],
      prepare: async () => {
        await bed.admin.apply(configMap('cf-map', 'blue'), { manager: 'user' });
        return undefined;
      },
    });
    const blue = release.stable;
    await bed.admin.apply(configMap('cf-map', 'green'), { manager: 'user' });
    const seen = await release.until('has a canary', ({ canaryRevision }) => canaryRevision !== undefined);
    const green = seen.canaryRevision ?? '';
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50);
    // A pod of stable that starts now must read what the others of its revision read.
    const { items } = await bed.admin.list<KubeObject>(`${pathOf('pods', 'cf-map')}?labelSelector=sluice.dev%2Frevision%3D${blue}`);
    await bed.admin.remove(pathOf('pods', 'cf-map', items[0]?.metadata.name ?? ''));
    await release.until('promoted', isPromoted(green));
    expect(configsOf(release.load, blue)).toEqual(['blue']);
    expect(configsOf(release.load, green)).toEqual(['green']);
    expect(await copyOf('cf-map', blue)).toMatchObject({ immutable: true, data: { COLOR: 'blue' } });
    expect(await copyOf('cf-map', green)).toMatchObject({ immutable: true, data: { COLOR: 'green' } });
    await bed.admin.apply(configMap('cf-map', 'red'), { manager: 'user' });
    const bad = { image: 'example/app:2', behaviour: { 'error-rate': '0.4' } };
    await release.write(bad);
    const back = await release.until('rolled back', ({ phase }) => phase === 'RolledBack');
    const red = back.canaryRevision ?? '';
    expect(configsOf(release.load, red)).toEqual(['red']);
    await release.serves(green);
    expect(configsOf(release.load, green)).toEqual(['green']);
    await release.holds();
  });

  test('deleted after a rollback of a ConfigMap alone: the workload serves with what was approved', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'cf-gone', {
      cleanup: onTestFinished,
      app: { configMap: 'colors' },
      steps: [{ setWeight: 50 }, { pause: { duration: '300s' } }],
      prepare: async () => {
        await bed.admin.apply(configMap('cf-gone', 'blue'), { manager: 'user' });
        return undefined;
      },
    });
    const { scenario, load, stable } = release;
    await bed.admin.apply(configMap('cf-gone', 'red'), { manager: 'user' });
    await release.until('at 50 %', ({ weight }) => weight?.desired === 50 && weight.confirmedAt !== undefined);
    await bed.admin.remove(pathOf('rollouts', 'cf-gone', 'web'));
    await isGone(scenario);
    await isGivenBack(scenario, 'example/app:1', 2);
    await waitFor('only the workload to answer, with what was approved', async () => {
      const from = Date.now();
      await load.more(50);
      const seen = load.requests(from);
      return seen.length > 0 && seen.every(({ deployment: name, config }) => name === 'web' && config === 'blue');
    });
    const kept = await bed.admin.find<Config>(pathOf('configmaps', 'cf-gone', `colors-kept-${stable}`));
    expect(kept).toMatchObject({ data: { COLOR: 'blue' }, metadata: { ownerReferences: [{ kind: 'Deployment', name: 'web' }] } });
    expect(await copyOf('cf-gone', stable)).toBeUndefined();
    expect(await bed.admin.find<Config>(pathOf('configmaps', 'cf-gone', 'colors')), 'the user’s own stays as it is').toMatchObject({
      data: { COLOR: 'red' },
    });
    await release.holds();
  });

  test('trackConfig All: a Secret that changes is a new revision, and old copies go with their revision', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('cf-secret', { cleanup: onTestFinished });
    const secret = (color: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'colors', namespace: 'cf-secret' },
      stringData: { COLOR: color },
    });
    const plain = deployment('cf-secret', { name: 'web', replicas: 2, configMap: 'colors' });
    const app = JSON.parse(JSON.stringify(plain).replace('configMapRef', 'secretRef')) as Deployment;
    await bed.admin.apply(secret('blue'), { manager: 'user' });
    await bed.admin.apply(app, { manager: 'user' });
    await bed.admin.apply(service('cf-secret', 'web', { app: 'web' }), { manager: 'user' });
    await scenario.ready('web');
    const load = await scenario.load('web', { perSecond: 60 });
    await load.more(20);
    await bed.admin.apply(rollout('cf-secret', { spec: { trackConfig: 'All', revisionHistoryLimit: 0 } }), { manager: 'user' });
    await scenario.controller();
    const until = async (what: string, holds: (status: RolloutStatus) => boolean) => {
      const is = (object: Rollout | undefined) => object?.status !== undefined && holds(object.status);
      return (await waitForObject<Rollout>(bed.admin, pathOf('rollouts', 'cf-secret', 'web'), what, is, { deadlineMs: 300_000 }))?.status;
    };
    const blue = (await until('Healthy', ({ phase }) => phase === 'Healthy'))?.stableRevision ?? '';
    await bed.admin.apply(secret('green'), { manager: 'user' });
    const done = await until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision !== blue);
    const green = done?.stableRevision ?? '';
    await load.more(100);
    await load.stop();
    expect(load.summary().lost).toEqual([]);
    expect(configsOf(load, blue)).toEqual(['blue']);
    expect(configsOf(load, green)).toEqual(['green']);
    expect(await bed.admin.find<Config>(pathOf('secrets', 'cf-secret', `colors-${green}`))).toMatchObject({ immutable: true });
    await waitFor('the old revision to go', async () => {
      const names = [pathOf('deployments', 'cf-secret', `web-${blue}`), pathOf('secrets', 'cf-secret', `colors-${blue}`)];
      const found = await Promise.all(names.map((name) => bed.admin.find(name)));
      if (found.some((object) => object !== undefined)) throw new Error(found.map((object) => object?.kind).join(', '));
      return true;
    });
    expect(await bed.admin.find(pathOf('secrets', 'cf-secret', 'colors')), 'the user’s own stays').toBeDefined();
  });
});

describe.concurrent('revisions', () => {
  test('an old revision stays warm for scaleDownDelay, then goes to 0; beyond the limit it is removed', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'cf-history', {
      cleanup: onTestFinished,
      app: { configMap: 'colors' },
      steps: [{ setWeight: 50 }],
      canary: { scaleDownDelay: '6s' },
      spec: { revisionHistoryLimit: 1 },
      prepare: async () => {
        await bed.admin.apply(configMap('cf-history', 'blue'), { manager: 'user' });
        return undefined;
      },
    });
    const deployments = await release.scenario.record<Deployment>('deployments');
    const revisions = [release.stable];
    for (const version of [2, 3, 4]) {
      const next = await release.change({ image: `example/app:${version}` });
      await release.until('promoted', isPromoted(next));
      revisions.push(next);
    }
    const [oldest = '', older = '', old = '', present = ''] = revisions;
    await waitFor('old revisions to go', async () => {
      const left = await revisionsOf(release);
      return left.length === 2 && left;
    });
    expect([...(await revisionsOf(release))].sort()).toEqual([`web-${old}`, `web-${present}`].sort());
    for (const gone of [oldest, older]) {
      expect(await bed.admin.find(pathOf('services', 'cf-history', `web-${gone}`))).toBeUndefined();
      await waitFor('its copy to go', async () => (await copyOf('cf-history', gone)) === undefined);
    }
    expect(await copyOf('cf-history', old)).toBeDefined();
    const promotedAt = (revision: string) =>
      release.rollouts.versions().find(({ object }) => object.status?.stableRevision === revision)?.at ?? Number.NaN;
    for (const [revision, successor] of [
      [oldest, older],
      [older, old],
      [old, present],
    ] as const) {
      const zero = await waitFor('scaled to 0', () =>
        deployments.versions(`web-${revision}`).find(({ object, at }) => object.spec.replicas === 0 && at > promotedAt(successor)),
      );
      expect(zero.at - promotedAt(successor), `${revision} stayed warm`).toBeGreaterThanOrEqual(5_900);
      const warm = deployments.versions(`web-${revision}`).filter(({ at }) => at > promotedAt(successor) && at < zero.at);
      for (const { object } of warm) expect(object.spec.replicas).toBe(2);
    }
    await release.serves(present);
    await release.holds();
  });
});
