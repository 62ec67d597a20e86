import { describe, expect, it } from 'vitest';
import { chooseVersion, type Detection, type DetectionQuestion, detectProvider } from './detect.ts';
import { type ProviderName, providerNames, providers } from './providers.ts';
import { splitVersions } from './smi/versions.ts';

const crd = (labels: Record<string, string>, ...servedVersions: string[]) => ({
  servedVersions,
  storageVersion: servedVersions[0] ?? '',
  labels,
  hasMatches: false,
});
const deployment = (name: string, labels: Record<string, string> = {}) => ({ namespace: 'mesh', name, labels });
const extension = { 'linkerd.io/extension': 'smi' };
const osmLabel = { 'app.kubernetes.io/name': 'openservicemesh.io' };

const detect = (question: Partial<DetectionQuestion>): Detection =>
  detectProvider({ configured: 'auto', groups: [], crd: undefined, deployments: [], ...question });
const provider = (name: ProviderName): Detection => ({ kind: 'provider', provider: name });

describe('detectProvider', () => {
  it.each<[string, Partial<DetectionQuestion>, Detection]>([
    ['an empty cluster', {}, provider('generic')],
    ['the plain CRD', { crd: crd({}, 'v1alpha4') }, provider('generic')],
    ['linkerd-smi by its CRD', { groups: ['linkerd.io'], crd: crd(extension, 'v1alpha1', 'v1alpha2') }, provider('linkerd')],
    ['linkerd-smi by its label', { groups: ['linkerd.io'], deployments: [deployment('adaptor', extension)] }, provider('linkerd')],
    ['linkerd-smi by its name', { groups: ['linkerd.io'], deployments: [deployment('smi-adaptor')] }, provider('linkerd')],
    ['Linkerd 2.11', { groups: ['linkerd.io'], crd: crd({ 'linkerd.io/control-plane-ns': 'linkerd' }, 'v1alpha1') }, provider('linkerd')],
    [
      'ServiceProfiles and the version that Linkerd reads',
      { groups: ['linkerd.io'], crd: crd({}, 'v1alpha1', 'v1alpha2') },
      provider('linkerd'),
    ],
    ['the same, by discovery alone', { groups: ['linkerd.io'], splitVersions: ['v1alpha1'] }, provider('linkerd')],
    ['ServiceProfiles and a version that Linkerd does not read', { groups: ['linkerd.io'], crd: crd({}, 'v1alpha4') }, provider('generic')],
    ['the CRD of linkerd-smi without Linkerd', { crd: crd(extension, 'v1alpha1') }, provider('generic')],
    ['OSM by its config', { groups: ['config.openservicemesh.io'] }, provider('osm')],
    ['OSM by its CRD', { crd: crd(osmLabel, 'v1alpha2') }, provider('osm')],
    [
      'Traefik Mesh',
      { deployments: [deployment('traefik-mesh-controller', { 'app.kubernetes.io/name': 'traefik-mesh' })] },
      provider('traefik-mesh'),
    ],
    ['Maesh', { deployments: [deployment('maesh-controller', { app: 'maesh' })] }, provider('traefik-mesh')],
    ['Istio with its SMI adapter', { groups: ['networking.istio.io'], deployments: [deployment('smi-adapter-istio')] }, provider('istio')],
    ['Istio alone', { groups: ['networking.istio.io'], deployments: [deployment('istiod')] }, provider('generic')],
    ['the adapter without Istio', { deployments: [deployment('smi-adapter-istio')] }, provider('generic')],
    ['NGINX Service Mesh', { crd: crd({ 'app.kubernetes.io/part-of': 'nginx-service-mesh' }, 'v1alpha3') }, provider('nginx')],
    ['Consul', { groups: ['consul.hashicorp.com'] }, provider('consul')],
    [
      'two meshes',
      { groups: ['linkerd.io', 'config.openservicemesh.io'], crd: crd(extension, 'v1alpha1') },
      { kind: 'ambiguous', found: ['linkerd', 'osm'] },
    ],
    ['a weak sign beside a good one', { groups: ['linkerd.io', 'config.openservicemesh.io'], crd: crd({}, 'v1alpha1') }, provider('osm')],
    [
      'two meshes, and a user who says which',
      { configured: 'osm', groups: ['linkerd.io', 'consul.hashicorp.com'], crd: crd(extension, 'v1alpha1') },
      provider('osm'),
    ],
    ['a user who wants no mesh known', { configured: 'generic', groups: ['consul.hashicorp.com'] }, provider('generic')],
  ])('%s', (_, question, detection) => {
    expect(detect(question)).toEqual(detection);
  });
});

describe('chooseVersion', () => {
  const choose = (name: ProviderName, served: readonly string[], configured: (typeof splitVersions)[number] | 'auto' = 'auto') => {
    const result = chooseVersion({ configured, provider: name, served });
    return result.ok ? result.value : result.failure.reason;
  };

  it.each<[ProviderName, readonly string[], string]>([
    ['generic', ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'], 'v1alpha4'],
    ['generic', ['v1alpha1', 'v1alpha2'], 'v1alpha2'],
    ['linkerd', ['v1alpha1', 'v1alpha2'], 'v1alpha1'],
    ['linkerd', ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'], 'v1alpha1'],
    ['osm', ['v1alpha2'], 'v1alpha2'],
    ['osm', ['v1alpha4'], 'TrafficSplitVersion'],
    ['traefik-mesh', ['v1alpha3'], 'v1alpha3'],
    ['istio', ['v1alpha1', 'v1alpha2'], 'v1alpha2'],
    ['consul', ['v1alpha2'], 'v1alpha2'],
    ['nginx', ['v1alpha4', 'v1alpha3'], 'v1alpha3'],
    ['linkerd', [], 'TrafficSplitNotInstalled'],
    ['generic', ['v2'], 'TrafficSplitNotInstalled'],
  ])('for %s, of %j: %s', (name, served, expected) => {
    expect(choose(name, served)).toBe(expected);
  });

  it('takes the user’s word for a version that is served, whatever the provider reads', () => {
    for (const name of providerNames) for (const version of splitVersions) expect(choose(name, [version], version)).toBe(version);
  });

  it('says what is served where the user’s version is not', () => {
    expect(chooseVersion({ configured: 'v1alpha3', provider: 'generic', served: ['v1alpha2', 'v1alpha1'] })).toEqual({
      ok: false,
      failure: {
        reason: 'TrafficSplitVersion',
        message: 'traffic.smi.version is v1alpha3; the API server serves TrafficSplit v1alpha1, v1alpha2',
      },
    });
  });

  it('says what provider and server disagree about', () => {
    expect(chooseVersion({ configured: 'auto', provider: 'osm', served: ['v1alpha4'] })).toMatchObject({
      failure: { message: 'Open Service Mesh reads TrafficSplit v1alpha2; the API server serves v1alpha4' },
    });
  });
});

describe('the provider table', () => {
  it.each(providerNames)('%s is whole', (name) => {
    const row = providers[name];
    expect(row.reads.length).toBeGreaterThan(0);
    expect(row.defaultMaxLagMs).toBeGreaterThan(0);
    expect(row.finestPercent).toBeLessThanOrEqual(1);
    expect(row.quirks.length).toBeGreaterThan(0);
    expect(row.dialect).not.toBe('');
  });

  it('lets only OSM refuse the pin', () => {
    expect(providerNames.filter((name) => providers[name].refusesPin)).toEqual(['osm']);
  });
});
