// What must survive the end of anything: the API server gone in mid-step, the controller killed at any moment.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { service } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { Outage } from './kit/outage.ts';
import { pathOf } from './kit/paths.ts';
import { sleep, waitFor, waitForObject } from './kit/wait.ts';
import { keepsDwell } from './support/history.ts';
import { isGivenBack, nothingLeft } from './support/leftovers.ts';
import { aRelease, type Release } from './support/release.ts';
import { type Rollout, rollout, successRate } from './support/rollouts.ts';
import { chance } from './support/seed.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

const steps = [10, 30, 60].flatMap((weight) => [{ setWeight: weight }, { pause: { duration: '6s' } }]);

const statusOf = async (release: Release, route: string) => {
  const response = await fetch(`${release.controller.only.url}${route}`, { signal: AbortSignal.timeout(5_000) });
  return { code: response.status, text: await response.text() };
};

/** Writes that did not go through, of whatever kind. */
const failedWrites = async (release: Release): Promise<number> => {
  const { text } = await statusOf(release, '/metrics');
  return [...text.matchAll(/^sluice_write_failures_total\{kind="[a-zA-Z]+"\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
};

const isUnreachable = async (release: Release): Promise<boolean> => {
  const { code, text } = await statusOf(release, '/readyz');
  return code === 503 && text.includes('the API server cannot be reached');
};

/** At random moments; with `inPauses` every third time in the next pause, lest all of them come before the first. */
const killTenTimes = async (release: Release, { from, to, inPauses }: { from: number; to: number; inPauses: boolean }): Promise<number> => {
  const { between } = chance(release.scenario.name);
  let underWay = 0;
  let last = -1;
  for (let kill = 0; kill < 10; kill += 1) {
    if (inPauses && kill % 3 === 1) {
      const { step } = await release.until('in another pause', (status) => status.step?.kind === 'pause' && status.step.index > last);
      last = step?.index ?? last;
    }
    await sleep(between(from, to));
    const { status } = await release.get();
    underWay += Number(status?.canaryRevision !== undefined && status.phase !== 'RolledBack');
    await release.controller.only.restart('SIGKILL');
  }
  return underWay;
};

describe.concurrent('restarts', () => {
  test('the API server is gone in mid-step: readiness and metrics say so, and the release goes on from where it was', async ({
    onTestFinished,
  }) => {
    let outage: Outage | undefined;
    const release = await aRelease(bed, 'rs-api', {
      cleanup: onTestFinished,
      steps: [{ setWeight: 20 }, { pause: { duration: '5s' } }, { setWeight: 50 }, { pause: { duration: '2s' } }],
      prepare: async (scenario) => {
        const way = await scenario.outage('api-server');
        outage = way;
        return { server: way.url };
      },
    });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
    outage?.refuse();
    await waitFor('readiness to say that the API server is gone', () => isUnreachable(release));
    await waitFor('the metric to say so', async () => (await statusOf(release, '/metrics')).text.includes('sluice_api_server_reachable 0'));
    expect((await statusOf(release, '/healthz')).code, 'a restart would not help').toBe(200);
    // The pause is over, and what is due has been tried in vain until its back-off is long.
    await waitFor('six writes in vain', async () => (await failedWrites(release)) >= 6);
    expect(release.weights(canary).at(-1)).toBe(20);
    const failed = await failedWrites(release);
    outage?.open();
    await waitFor('ready again', async () => (await statusOf(release, '/readyz')).code === 200);
    await waitFor('the metric again', async () => (await statusOf(release, '/metrics')).text.includes('sluice_api_server_reachable 1'));
    await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
    expect(release.controller.only.isRunning()).toBe(true);
    // One that had slept on would have been woken by nothing: the first thing that it does after the outage is what it failed to do.
    const log = release.controller.only.log();
    expect(log.slice(log.lastIndexOf('the API server answers again'))).toContain('weight decided');
    expect((await failedWrites(release)) - failed, 'writes that failed after the outage').toBeLessThanOrEqual(3);
    await release.serves(canary);
    await release.holds();
  });

  test('an API server that hangs for a while holds nothing for ever', async ({ onTestFinished }) => {
    let outage: Outage | undefined;
    const release = await aRelease(bed, 'rs-hang', {
      cleanup: onTestFinished,
      prepare: async (scenario) => {
        const way = await scenario.outage('api-server');
        outage = way;
        return { server: way.url };
      },
    });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20);
    outage?.stall();
    await waitFor('it to notice', () => isUnreachable(release));
    outage?.open();
    await waitFor('ready again', async () => (await statusOf(release, '/readyz')).code === 200);
    await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
    await release.holds();
  });

  test('killed ten times at random, a good release is promoted: no step skipped, every pause kept', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'rs-kill', { cleanup: onTestFinished, steps, metrics: [successRate()] });
    const canary = await release.change({ image: 'example/app:2' });
    const underWay = await killTenTimes(release, { from: 300, to: 3_000, inPauses: true });
    expect(underWay).toBeGreaterThanOrEqual(5);
    await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    expect(release.weights(canary)).toEqual([0, 10, 30, 60, 100]);
    keepsDwell(release, canary, steps, 6_000);
    await release.serves(canary);
    await release.holds();
  });

  test('killed ten times at random, a bad release is rolled back and stays so', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'rs-kill-bad', { cleanup: onTestFinished, steps, metrics: [successRate()] });
    const { stable } = release;
    const canary = await release.change({ image: 'example/app:2', behaviour: { 'error-rate': '0.4' } });
    await killTenTimes(release, { from: 300, to: 4_000, inPauses: false });
    const back = await release.until('rolled back', (status) => status.phase === 'RolledBack');
    expect(back).toMatchObject({ stableRevision: stable, canaryRevision: canary, abort: { reason: 'AnalysisFailed' }, attempt: 1 });
    expect(back.history?.filter(({ revision }) => revision === canary)).toHaveLength(1);
    await release.controller.only.restart('SIGKILL');
    await release.serves(stable);
    expect(release.weights(canary).at(-1)).toBe(0);
    await release.holds();
  });
});

describe.concurrent('starts', () => {
  test('with the API server away: alive, not ready, saying why; and at work when it comes', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('rs-away', { cleanup: onTestFinished });
    await scenario.deploy({ name: 'web', replicas: 2 });
    await scenario.ready('web');
    await bed.admin.apply(rollout('rs-away'), { manager: 'user' });
    const way = await scenario.outage('api-server');
    way.refuse();
    const controller = await scenario.controller({
      server: way.url,
      leaderElection: true,
      args: ['--lease-namespace', 'rs-away-lease'],
    });
    const { only } = controller;
    const get = async (route: string) => {
      const response = await fetch(`${only.url}${route}`, { signal: AbortSignal.timeout(5_000) });
      return { code: response.status, text: await response.text() };
    };
    await waitFor('readiness to say why', async () => (await get('/readyz')).text.includes('the API server cannot be reached'));
    expect(await get('/readyz')).toMatchObject({ code: 503, text: expect.stringContaining('the mesh is not discovered yet') });
    expect(await get('/healthz')).toMatchObject({ code: 200 });
    expect((await get('/metrics')).text).toMatch(/^sluice_api_server_reachable 0$/m);
    way.open();
    await only.waitReady();
    await waitForObject<Rollout>(bed.admin, pathOf('rollouts', 'rs-away', 'web'), 'adopted', (it) => it?.status?.phase === 'Healthy');
    expect((await get('/metrics')).text).toMatch(/^sluice_api_server_reachable 1$/m);
    // The namespace of the lease was made once there was somebody to ask.
    await bed.admin.remove('/api/v1/namespaces/rs-away-lease');
  });

  test('with credentials that are not there: it ends at once, with a sentence', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('rs-nocred', { cleanup: onTestFinished });
    const controller = await scenario.controller({ args: ['--kubeconfig', '/nowhere/kubeconfig'] });
    expect(await controller.only.ended()).toMatchObject({ code: 1 });
    expect(controller.only.log()).toMatch(/"reason":"kubeconfig: .*\/nowhere\/kubeconfig.*"cannot start"/);
  });
});

describe.concurrent('restarts at the ends of a life', () => {
  test('killed again and again while it adopts, and while it gives back: nothing is lost', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('rs-ends', { cleanup: onTestFinished });
    await scenario.deployOnly({ name: 'web', replicas: 2, behaviour: { 'start-delay-ms': '2000' } });
    // Nobody applies it, so that its selector is pinned and unpinned on the way.
    await bed.admin.create(service('rs-ends', 'web', { app: 'web' }));
    await scenario.ready('web');
    const load = await scenario.load('web', { perSecond: 60 });
    await scenario.adapter.lag(1_000);
    const { between } = chance('rs-ends');
    const controller = await scenario.controller();
    const path = pathOf('rollouts', 'rs-ends', 'web');
    const killUntil = async (what: string, holds: (object: Rollout | undefined) => boolean) => {
      for (let kills = 0; kills < 8 && !holds(await bed.admin.find<Rollout>(path)); kills += 1) {
        await sleep(between(1_000, 2_500));
        await controller.only.restart('SIGKILL');
      }
      await waitForObject<Rollout>(bed.admin, path, what, holds, { deadlineMs: 240_000 });
    };
    await bed.admin.apply(rollout('rs-ends'), { manager: 'user' });
    await killUntil('adopted', (object) => object?.status?.phase === 'Healthy');
    await load.more(100);
    await bed.admin.remove(path);
    await killUntil('gone', (object) => object === undefined);
    await isGivenBack(scenario, 'example/app:1', 2);
    await nothingLeft(scenario);
    await load.more(100);
    await load.stop();
    expect(load.summary().lost).toEqual([]);
  });
});

describe('the real API server', () => {
  test('restarts in mid-step, and the release is promoted', async () => {
    await bed.exclusive(async () => {
      const disposals: (() => Promise<void>)[] = [];
      try {
        const release = await aRelease(bed, 'rs-real', {
          alone: true,
          cleanup: (dispose) => void disposals.push(dispose),
          steps: [{ setWeight: 20 }, { pause: { duration: '4s' } }, { setWeight: 50 }, { pause: { duration: '2s' } }],
        });
        const canary = await release.change({ image: 'example/app:2' });
        await release.until('at 20 %', ({ weight }) => weight?.desired === 20);
        await bed.apiServer.restart(3_000);
        await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
        expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
        expect(release.controller.only.isRunning()).toBe(true);
        await release.serves(canary);
        await release.holds();
      } finally {
        await Promise.all(disposals.map((dispose) => dispose()));
      }
    });
  });
});
