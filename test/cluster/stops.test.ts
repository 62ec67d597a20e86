// SIGTERM in every state: the process is gone within the grace of a pod, with code 0, and what it had is given back in order.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { Replica } from './kit/controller.ts';
import type { Outage } from './kit/outage.ts';
import { pathOf } from './kit/paths.ts';
import type { Scenario } from './kit/scenario.ts';
import { waitFor } from './kit/wait.ts';
import { aRelease } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

const leaseOf = async (name: string): Promise<Lease['spec'] | undefined> =>
  (await bed.admin.find<Lease>(pathOf('leases', name, 'sluice-controller')))?.spec;

const answersAt = (replica: Replica, route: string, text: string) =>
  waitFor(`${replica.identity}${route} to say ${text}`, async () => {
    const response = await fetch(`${replica.url}${route}`, { signal: AbortSignal.timeout(5_000) });
    return (await response.text()).includes(text);
  });

/** Code 0: it was in order, and so, since it ends itself with 1 after twelve seconds, in time. */
async function stops(replica: Replica): Promise<void> {
  replica.kill('SIGTERM');
  expect(await replica.ended(), replica.log().split('\n').slice(-8).join('\n')).toEqual({ code: 0, signal: null });
  expect(replica.log()).toContain('"msg":"stopped"');
}

const elected = (scenario: Scenario, way: Outage & { readonly url: string }) =>
  scenario.controller({ server: way.url, leaderElection: true, args: ['--lease-namespace', scenario.name] });

describe.concurrent('stops', () => {
  test.each(['refuse', 'stall'] as const)('before anything was seen, with an API server that would %s', async (how) => {
    const scenario = await bed.namespace(`st-${how}`);
    try {
      const way = await scenario.outage('api-server');
      way[how]();
      const { only } = await elected(scenario, way);
      await answersAt(only, '/readyz', 'the API server cannot be reached');
      await stops(only);
      expect(await leaseOf(scenario.name)).toBeUndefined();
    } finally {
      await scenario.dispose();
    }
  });

  test('as a standby: the leader notices nothing', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('st-standby', { cleanup: onTestFinished });
    const { replicas } = await scenario.controller({ replicas: 2, args: ['--lease-namespace', 'st-standby'] });
    for (const replica of replicas) await replica.waitReady();
    const holder = await waitFor('a leader', async () => (await leaseOf('st-standby'))?.holderIdentity);
    const before = await leaseOf('st-standby');
    const [standby] = replicas.filter(({ identity }) => !holder.startsWith(identity));
    if (standby === undefined) throw new Error('there is no standby');
    await stops(standby);
    expect(await leaseOf('st-standby')).toMatchObject({ holderIdentity: holder, leaseTransitions: before?.leaseTransitions });
  });

  test.each(['refuse', 'stall'] as const)('as a leader with work under way, when the API server begins to %s', async (how) => {
    const disposals: (() => Promise<void>)[] = [];
    try {
      let outage: Outage | undefined;
      const name = `st-lead-${how}`;
      const release = await aRelease(bed, name, {
        cleanup: (dispose) => void disposals.push(dispose),
        controllerOptions: { leaderElection: true, args: ['--lease-namespace', name] },
        prepare: async (scenario) => {
          const way = await scenario.outage('api-server');
          outage = way;
          return { server: way.url };
        },
      });
      await release.change({ image: 'example/app:2' });
      await release.until('at 20 %', ({ weight }) => weight?.desired === 20);
      outage?.[how]();
      await stops(release.controller.only);
      const holder = (await leaseOf(name))?.holderIdentity ?? '';
      expect(holder, 'nobody could be told').toContain(release.controller.only.identity);
      // Another goes on where it was.
      outage?.open();
      await release.controller.only.start();
      await release.until('promoted', ({ phase, canaryRevision }) => phase === 'Healthy' && canaryRevision === undefined);
      await release.holds();
    } finally {
      for (const dispose of disposals) await dispose();
    }
  });

  test('asked twice it ends at once, with code 1, and keeps the lease', async ({ onTestFinished }) => {
    const scenario = await bed.namespace('st-twice', { cleanup: onTestFinished });
    const way = await scenario.outage('api-server');
    const { only } = await elected(scenario, way);
    await only.waitReady();
    const holder = await waitFor('the lease', async () => (await leaseOf('st-twice'))?.holderIdentity);
    // Nothing that it sends is answered any more, so that it has something to wait for.
    way.stall();
    only.kill('SIGTERM');
    await waitFor('it to have heard', () => only.log().includes('"msg":"stopping"'));
    only.kill('SIGTERM');
    expect(await only.ended()).toMatchObject({ code: 1 });
    expect((await leaseOf('st-twice'))?.holderIdentity).toBe(holder);
  });
});
