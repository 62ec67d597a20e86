// Every version of TrafficSplit: asked for by name where all are served, and each set that is really installed out there on its own.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { MeshMode } from './kit/layout.ts';
import { SMI_VERSIONS, type SmiSet } from './kit/smi.ts';
import { aRelease, type Release, type ReleaseOptions } from './support/release.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

interface Managed extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly managedFields?: readonly { readonly manager: string; readonly apiVersion: string }[];
  };
}

/** The versions in which we wrote the split: the API server notes that for each manager. */
async function writtenIn({ scenario }: Release, read: string): Promise<readonly string[]> {
  const split = await bed.admin.get<Managed>(`/apis/split.smi-spec.io/${read}/namespaces/${scenario.name}/trafficsplits/web`);
  return [...new Set(split.metadata.managedFields?.filter(({ manager }) => manager === 'sluice').map(({ apiVersion }) => apiVersion))];
}

async function releases(name: string, version: string, options: ReleaseOptions): Promise<void> {
  const release = await aRelease(bed, name, { ...options, splitVersion: version });
  const canary = await release.change({ image: 'example/app:2' });
  await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
  expect(await writtenIn(release, version)).toEqual([`split.smi-spec.io/${version}`]);
  expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
  await release.serves(canary);
  await release.holds();
}

describe.concurrent('versions by name', () => {
  test.for(SMI_VERSIONS)('%s', async (version, { onTestFinished }) => {
    await releases(`vs-${version}`, version, { cleanup: onTestFinished, traffic: { version } });
  });
});

const installed: readonly { set: SmiSet; mode: MeshMode; provider: string; version: string }[] = [
  { set: 'linkerd', mode: 'linkerd', provider: 'linkerd', version: 'v1alpha1' },
  { set: 'osm', mode: 'osm', provider: 'osm', version: 'v1alpha2' },
  { set: 'traefik', mode: 'traefik-mesh', provider: 'traefik-mesh', version: 'v1alpha3' },
  { set: 'sdk', mode: 'strict', provider: 'generic', version: 'v1alpha4' },
];

describe('versions as installed', () => {
  test('each set alone', async () => {
    await bed.exclusive(async () => {
      try {
        for (const { set, mode, provider, version } of installed) {
          await bed.serveSplits(set);
          const disposals: (() => Promise<void>)[] = [];
          try {
            const cleanup = (dispose: () => Promise<void>) => void disposals.push(dispose);
            await releases(`vs-set-${set}`, version, { alone: true, mode, cleanup, traffic: { provider } });
          } finally {
            await Promise.all(disposals.map((dispose) => dispose()));
          }
        }
      } finally {
        await bed.serveSplits('all');
      }
    });
  });
});
