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

  it('fails where no TrafficSplit is served, whatever meshes there are', () => {
    const facts = mesh({ splitVersions: [], groups: ['consul.hashicorp.com', 'config.openservicemesh.io'] });
    expect(smi.resolve(auto, facts)).toMatchObject({ ok: false, failure: { reason: 'TrafficSplitNotInstalled' } });
  });

  describe('in doubt about who follows the split', () => {
    const linkerd = mesh({
      groups: ['split.smi-spec.io', 'linkerd.io'],
      splitVersions: ['v1alpha1', 'v1alpha4'],
      deployments: [{ namespace: 'linkerd-smi', name: 'smi-adaptor', labels: {} }],
    });
    // A tenant’s, who calls his application so.
    const tenant = { namespace: 'tenant', name: 'shop', labels: { app: 'maesh' } };
    const two = { ...linkerd, deployments: [...linkerd.deployments, tenant] };

    it.each([
      ['ProviderAmbiguous', two, auto],
      ['TrafficSplitVersion', mesh({ splitVersions: ['v1alpha4'], groups: ['config.openservicemesh.io'] }), auto],
      ['TrafficSplitVersion', mesh({ splitVersions: ['v1alpha4'] }), { version: 'v1alpha2', provider: 'generic' } as const],
    ])('reads and cuts what is there, and says %s with it', (reason, facts, config) => {
      const target = targetIn(facts, config);
      const records = [
        aTrafficSplit({
          metadata: {
            ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: owner.name, uid: owner.uid, controller: true }],
          },
        }),
      ].map((split) => smi.project(target.resource, split));
      const reading = smi.read(
        config,
        target,
        subject,
        records.filter((record) => record !== undefined),
      );
      expect(reading).toMatchObject({ held: { reason }, split: { kind: 'present', ownership: { kind: 'ours' } } });
      const cut = { root: 'web', backends: [{ service: 'web-stable', weight: 100 }] };
      const current = { uid: 'u', resourceVersion: '1' };
      expect(smi.render(config, target, { split: cut, owner, stamp, current })).toMatchObject({ kind: 'patch' });
    });

    it('believes in the provider that the run began with', () => {
      const result = smi.resolve(auto, two, 'linkerd');
      if (!result.ok) throw new Error(result.failure.message);
      expect(result.value).toMatchObject({ provider: 'linkerd', dialect: 'linkerd', resource: { version: 'v1alpha1' } });
      expect(result.value.adapter).toMatchObject({ plural: 'serviceprofiles' });
      expect(smi.read(auto, result.value, subject, [])).toMatchObject({
        provider: 'linkerd',
        namesZeroWeights: true,
        defaultMaxLagMs: 10_000,
      });
    });

    it('without one it asks no metrics, waits as long as the slowest may take, and names no backend that one may choke on', () => {
      const target = targetIn(two);
      expect(target.dialect).toBeUndefined();
      expect(smi.read(auto, target, subject, [])).toMatchObject({ namesZeroWeights: false, defaultMaxLagMs: 15_000 });
    });
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
