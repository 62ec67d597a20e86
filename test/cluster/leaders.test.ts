// Two replicas: one leads, the other is warm. However the leader ends, the other goes on, and never do both write.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { Replica } from './kit/controller.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { epochsGrow, keepsDwell } from './support/history.ts';
import { aRelease, type Release } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

const leaseSeconds = 15;
const steps = [{ setWeight: 20 }, { pause: { duration: '6s' } }, { setWeight: 50 }, { pause: { duration: '6s' } }];

const options = (name: string, cleanup: (dispose: () => Promise<void>) => void) => ({
  cleanup,
  steps,
  controllerOptions: { replicas: 2, args: ['--lease-namespace', name] },
});

const holderOf = async (name: string): Promise<string> => {
  const lease = await bed.admin.get<Lease>(pathOf('leases', name, 'sluice-controller'));
  return lease.spec.holderIdentity ?? '';
};

/** Requests of one replica that change something, by the audit log. */
const writesOf = ({ scenario }: Release, { identity }: Replica, from = 0) =>
  scenario.audit({ from }).filter(({ userAgent, verb }) => userAgent.includes(`(${identity}_`) && !['get', 'list', 'watch'].includes(verb));

async function leaderOf({ scenario, controller }: Release): Promise<{ leader: Replica; other: Replica }> {
  const holder = await holderOf(scenario.name);
  const leader = controller.replicas.find(({ identity }) => holder.startsWith(identity));
  const other = controller.replicas.find((replica) => replica !== leader);
  if (leader === undefined || other === undefined) throw new Error(`nobody of ours holds the lease: ${holder}`);
  return { leader, other };
}

const takenOver = (release: Release, by: Replica, deadlineMs: number) =>
  waitFor(`${by.identity} to lead`, async () => (await holderOf(release.scenario.name)).startsWith(by.identity), { deadlineMs });

async function completes(release: Release, canary: string): Promise<void> {
  await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
  expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
  keepsDwell(release, canary, steps, 6_000);
  expect(epochsGrow(release).length, 'two leaders wrote').toBeGreaterThanOrEqual(2);
  await release.serves(canary);
  await release.holds();
}

const ended = async (replica: Replica) => {
  await waitFor(`${replica.identity} to end`, () => !replica.isRunning());
  return replica.ended();
};

const begun = async (release: Release): Promise<string> => {
  const canary = await release.change({ image: 'example/app:2' });
  await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
  return canary;
};

describe.concurrent('leaders', () => {
  test('the leader is killed: the other leads once the lease has expired, and completes the release', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ld-kill', options('ld-kill', onTestFinished));
    const canary = await begun(release);
    const { leader, other } = await leaderOf(release);
    leader.kill('SIGKILL');
    await takenOver(release, other, (leaseSeconds + 20) * 1_000);
    await completes(release, canary);
  });

  test('the leader is asked to stop: the other leads within seconds', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ld-term', options('ld-term', onTestFinished));
    const canary = await begun(release);
    const { leader, other } = await leaderOf(release);
    leader.kill('SIGTERM');
    await takenOver(release, other, (leaseSeconds - 5) * 1_000);
    expect(await ended(leader)).toMatchObject({ code: 0 });
    const last = writesOf(release, leader).at(-1);
    expect(last, 'the lease is given back last of all').toMatchObject({ resource: 'leases', verb: 'update', code: 200 });
    await completes(release, canary);
  });

  test('a frozen leader wakes up after its lease has expired: it ends, and has not sent a single write', async ({ onTestFinished }) => {
    const release = await aRelease(bed, 'ld-freeze', options('ld-freeze', onTestFinished));
    const canary = await begun(release);
    const { leader, other } = await leaderOf(release);
    const before = (await release.get()).status?.epoch ?? 0;
    // In a pause: when it wakes up the next raise is long due, and it would write at once.
    leader.kill('SIGSTOP');
    await takenOver(release, other, (leaseSeconds + 20) * 1_000);
    // What its kernel had already been given has arrived by now.
    await release.until('the other has written', ({ epoch }) => epoch !== undefined && epoch > before);
    expect(writesOf(release, leader).length, 'the log tells the two apart').toBeGreaterThan(0);
    const wokenAt = Date.now();
    leader.kill('SIGCONT');
    const { code } = await ended(leader);
    expect(code, 'a lost lease is no clean end').not.toBe(0);
    await completes(release, canary);
    expect(writesOf(release, leader, wokenAt), 'not a byte, not even to renew').toEqual([]);
  });
});
