import { type MeshFacts, type RouterName, routerNamed, routerNames } from '../../src/traffic/index.ts';
import { type RouterFixture, routerContract } from './router.contract.ts';

const emptyMesh: MeshFacts = { groups: [], splitVersions: [], crd: undefined, deployments: [], clusterDomain: 'cluster.local' };

/** A router without fixtures does not compile: so every one is enrolled. */
const fixtures: Readonly<Record<RouterName, Readonly<Record<string, RouterFixture>>>> = {
  smi: Object.fromEntries(
    [
      ['linkerd', 'v1alpha1'],
      ['osm', 'v1alpha2'],
      ['istio', 'v1alpha2'],
      ['traefik-mesh', 'v1alpha3'],
      ['nginx', 'v1alpha3'],
      ['consul', 'v1alpha2'],
      ['generic', 'v1alpha4'],
    ].map(([provider, version]) => [
      `${provider}, ${version}`,
      {
        config: { provider, version: 'auto' },
        mesh: { ...emptyMesh, groups: ['split.smi-spec.io', 'linkerd.io', 'networking.istio.io'], splitVersions: [version ?? ''] },
        emptyMesh,
      },
    ]),
  ),
};

for (const name of routerNames) {
  for (const [title, fixture] of Object.entries(fixtures[name])) routerContract(`${name} (${title})`, routerNamed(name), fixture);
}
