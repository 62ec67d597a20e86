import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../kube/index.ts';
import type { MeshFacts } from '../router.ts';
import { weightsIn } from '../testing/merge-patch.ts';
import { aSplit, aTrafficSplit, owner } from '../testing/splits.ts';
import { smi } from './router.ts';

const auto = { version: 'auto', provider: 'auto' } as const;
const stamp = { rollout: owner.uid, epoch: 1, writtenAtMs: 0 };
const subject = { namespace: 'shop', root: 'web', rollout: owner, services: ['web-canary', 'web-stable'] };
const mesh = (changes: Partial<MeshFacts> = {}): MeshFacts => ({
  groups: ['split.smi-spec.io'],
  splitVersions: ['v1alpha2', 'v1alpha4'],
  crd: undefined,
  deployments: [],
  clusterDomain: 'cluster.local',
  ...changes,
});

function targetIn(facts: MeshFacts, config: Parameters<typeof smi.resolve>[0] = auto) {
  const result = smi.resolve(config, facts);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

describe('the SMI router', () => {
  it('falls back on discovery where the CRD may not be read', () => {
    expect(targetIn(mesh())).toMatchObject({
      provider: 'generic',
      dialect: 'envoy',
      adapter: undefined,
      resource: { version: 'v1alpha4' },
    });
  });

  it.each([
    ['TrafficSplitNotInstalled', mesh({ splitVersions: [], groups: ['consul.hashicorp.com', 'config.openservicemesh.io'] })],
    ['ProviderAmbiguous', mesh({ groups: ['consul.hashicorp.com', 'config.openservicemesh.io'] })],
    ['TrafficSplitVersion', mesh({ splitVersions: ['v1alpha4'], groups: ['config.openservicemesh.io'] })],
  ])('fails with %s', (reason, facts) => {
    expect(smi.resolve(auto, facts)).toMatchObject({ ok: false, failure: { reason } });
  });

  it('watches the adapter’s object only where its kind is served', () => {
    const config = { version: 'auto', provider: 'linkerd' } as const;
    const facts = mesh({ splitVersions: ['v1alpha1'] });
    expect(targetIn(facts, config).adapter).toBeUndefined();
    expect(targetIn({ ...facts, groups: ['linkerd.io'] }, config).adapter).toMatchObject({ plural: 'serviceprofiles' });
  });

  it('finds split, adapter object and neighbours by their keys, and reads them together', () => {
    const target = targetIn(mesh({ groups: ['linkerd.io'], splitVersions: ['v1alpha1'] }));
    const profile: KubeObject = {
      metadata: { name: 'web.shop.svc.cluster.local', namespace: 'shop', uid: 'p', resourceVersion: '1' },
      spec: { dstOverrides: [{ authority: 'web-stable.shop.svc.cluster.local', weight: '100' }] },
    };
    const records = [
      smi.project(target.resource, aTrafficSplit()),
      smi.project(target.resource, aTrafficSplit({ name: 'edge', service: 'edge', backends: [['web', 1]] })),
      smi.project({ group: 'linkerd.io', plural: 'serviceprofiles' }, profile),
    ].filter((record) => record !== undefined);
    const wanted = new Set(smi.keysFor(auto, target, subject));
    expect(records.map((record) => smi.keysOf(record).some((key) => wanted.has(key)))).toEqual([true, true, true]);
    const stranger = smi.project(target.resource, aTrafficSplit({ name: 'pay', service: 'pay', backends: [['pay-a', 1]] }));
    expect(stranger && smi.keysOf(stranger).some((key) => wanted.has(key))).toBe(false);
    expect(smi.read(auto, target, subject, records)).toMatchObject({
      split: { kind: 'present', ownership: { kind: 'plain' } },
      adapter: { kind: 'agrees' },
      conflict: 'Service web is a backend of TrafficSplit edge; splits do not nest',
    });
  });

  it('leaves a backend without traffic out for Traefik Mesh alone', () => {
    for (const provider of ['traefik-mesh', 'nginx'] as const) {
      const config = { version: 'auto', provider } as const;
      const target = targetIn(mesh({ splitVersions: ['v1alpha3'] }), config);
      const { body } = smi.render(config, target, { split: aSplit(0), owner, stamp, current: undefined });
      expect(weightsIn(body)).toEqual(provider === 'traefik-mesh' ? [100] : [0, 100]);
    }
  });

  it('names the split as the user says', () => {
    const config = { ...auto, splitName: 'front' };
    expect(smi.objectName(config, 'web')).toBe('front');
    expect(smi.render(config, targetIn(mesh()), { split: aSplit(0), owner, stamp, current: undefined })).toMatchObject({
      kind: 'create',
      name: 'front',
      body: { metadata: { name: 'front' } },
    });
  });

  it('projects nothing of kinds it does not know', () => {
    expect(smi.project({ group: 'apps', plural: 'deployments' }, aTrafficSplit())).toBeUndefined();
  });
});
