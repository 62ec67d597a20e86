// A template that listens elsewhere, and the Service's targetPort that goes with it: two objects, which arrive one after the other.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { service } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { aRelease, type Release } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

interface Service extends KubeObject {
  readonly spec: { readonly ports: readonly { readonly port: number; readonly targetPort: number | string }[] };
}

const targetOf = async ({ scenario }: Release, name: string): Promise<number | string | undefined> =>
  (await bed.admin.get<Service>(pathOf('services', scenario.name, name))).spec.ports[0]?.targetPort;

const moveService = async ({ scenario }: Release, targetPort: number): Promise<void> =>
  void (await bed.admin.apply(service(scenario.name, 'web', { app: 'web' }, targetPort), { manager: 'user', force: true }));

const promoted = async (release: Release, canary: string): Promise<void> => {
  await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
  await release.serves(canary);
};

describe.concurrent('a port that moves with its template', () => {
  test('whichever of the two arrives first: stable keeps its port, the canary gets the new one, and no request is lost', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'pt-move', { cleanup: onTestFinished });
    const first = release.stable;
    // The Service first, as Argo CD sorts them: for a while it leads where nobody listens.
    await moveService(release, 9090);
    await release.until('says so', ({ message }) => message?.includes('targetPort 9090 comes with the next template') === true);
    await release.load.more(120);
    expect(await targetOf(release, `web-${first}`)).toBe(8080);
    const second = await release.change({ image: 'example/app:2', port: 9090 });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
    expect([await targetOf(release, `web-${first}`), await targetOf(release, `web-${second}`)]).toEqual([8080, 9090]);
    await promoted(release, second);
    expect(await targetOf(release, `web-${first}`), 'it may get traffic again at once').toBe(8080);
    // The template first: its Service is made for the port that is still the old one.
    const third = await release.change({ image: 'example/app:3', port: 7070 });
    await waitFor('the Service of the canary', async () => (await targetOf(release, `web-${third}`)) === 9090);
    await moveService(release, 7070);
    await promoted(release, third);
    expect([await targetOf(release, `web-${second}`), await targetOf(release, `web-${third}`)]).toEqual([9090, 7070]);
    expect(release.weights(third)).toEqual([0, 20, 50, 100]);
    await release.holds();
  });

  test('and is moved back while the canary has traffic: the canary keeps it until it is out', async ({ onTestFinished }) => {
    const steps = [{ setWeight: 30 }, { pause: {} }];
    const release = await aRelease(bed, 'pt-back', { cleanup: onTestFinished, steps });
    const { stable } = release;
    await moveService(release, 9090);
    const canary = await release.change({ image: 'example/app:2', port: 9090 });
    await release.until('at 30 %', ({ weight }) => weight?.desired === 30 && weight.confirmedAt !== undefined);
    await moveService(release, 8080);
    await release.load.more(120);
    expect(await targetOf(release, `web-${canary}`)).toBe(9090);
    await release.write({});
    await release.until('back', ({ phase, canaryRevision }) => phase === 'Healthy' && canaryRevision === undefined);
    await release.serves(stable);
    await release.holds();
  });
});
