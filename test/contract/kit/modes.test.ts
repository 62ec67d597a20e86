// The sandbox's mesh is a witness of its own; the test bed's mesh, which rules a real Envoy, is what it is measured by.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newVirtualService, overridesOf, profileName } from '../../../src/sandbox/mesh/adapter-objects.ts';
import { clustersOf } from '../../../src/sandbox/mesh/endpoints.ts';
import { type MeshMode, meshModes, type RouteInput, readingOf, type TrafficSplit } from '../../../src/sandbox/mesh/index.ts';
import type { EndpointSlice, Service } from '../../../src/sandbox/objects/index.ts';
import { overridesOf as bedOverridesOf, profileName as bedProfileName, virtualServiceOf } from '../../cluster/kit/mesh-adapters.ts';
import { canRead, routeOf } from '../../cluster/kit/mesh-modes.ts';
import type * as bed from '../../cluster/kit/mesh-types.ts';
import { desiredOf } from '../../cluster/kit/mesh-world.ts';

const names = ['web', 'web-a', 'web-b', 'web-c'];
const versions = ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'];

const metaOf = (name: string) => ({ name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' });
const portOf = fc.record({
  name: fc.constantFrom('http', 'other'),
  port: fc.constantFrom(80, 80, 80, 81),
  targetPort: fc.constantFrom<number | string>(8080, 8080, 'http', 9090),
});
const serviceOf = (name: string) =>
  fc
    .record({ ports: fc.array(portOf, { minLength: 1, maxLength: 2 }), clusterIP: fc.constantFrom('10.96.0.1', '10.96.0.1', 'None') })
    .map((spec): Service => ({ apiVersion: 'v1', kind: 'Service', metadata: metaOf(name), spec: { ...spec, selector: { app: name } } }));
const nameOf = fc.constantFrom(...names, 'web-none', 'web-a.shop', 'web-b.shop.svc.cluster.local');
const weightOf = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<number | string | undefined>(0, 0, 1, 5, 50, 95, 100, 995) },
  { weight: 1, arbitrary: fc.constantFrom<number | string | undefined>(0.5, '500m', '10', '1k', 'much', undefined) },
);
const backendOf = fc
  .record({ service: nameOf, weight: weightOf })
  .map(({ service, weight }) => (weight === undefined ? { service } : { service, weight }));
const pairOf = fc.constantFrom([100, 0], [0, 100], [90, 10], [50, 50], [1, 0], [0, 1], [0, 0]).map(([left = 0, right = 0]) => [
  { service: 'web-a', weight: left },
  { service: 'web-b', weight: right },
]);
const splitOf = fc
  .record({
    name: fc.constantFrom('web', 'a-split', 'z-split'),
    service: fc.constantFrom('web', 'web', 'web', 'web.shop', 'other'),
    backends: fc.oneof(pairOf, fc.array(backendOf, { maxLength: 4 })),
    matches: fc.option(fc.constantFrom('beta', 'gone'), { nil: undefined }),
  })
  .map(({ name, service, backends, matches }): TrafficSplit => {
    const groups = matches === undefined ? {} : { matches: [{ kind: 'HTTPRouteGroup', name: matches }] };
    return { metadata: metaOf(name), spec: { service, backends, ...groups } };
  });
const worldOf = fc.record({
  mode: fc.constantFrom<MeshMode>(...meshModes),
  services: fc.tuple(...names.map((name) => fc.option(serviceOf(name), { freq: 6, nil: undefined }))),
  splits: fc.uniqueArray(splitOf, { maxLength: 2, selector: ({ metadata }) => metadata.name }),
  served: fc.subarray(versions, { minLength: 1 }),
  endpoints: fc.tuple(
    ...names.map(() => fc.array(fc.record({ last: fc.integer({ min: 1, max: 6 }), isReady: fc.boolean() }), { maxLength: 3 })),
  ),
});

type World = typeof worldOf extends fc.Arbitrary<infer T> ? T : never;

function inputOf({ mode, services, splits, served, endpoints }: World): RouteInput | undefined {
  const known = new Map(services.flatMap((service) => (service === undefined ? [] : [[service.metadata.name, service]])));
  const root = known.get('web');
  const port = root?.spec.ports?.[0];
  if (root === undefined || port === undefined) return undefined;
  const rulers = splits.filter(({ spec }) => spec?.service?.split('.')[0] === 'web');
  const first = rulers[0];
  return {
    ...{ mode, root, port, splits, servedVersions: new Set(served) },
    profile: first === undefined ? undefined : { metadata: metaOf(profileName(first)), spec: { dstOverrides: overridesOf(first) } },
    virtualServices: first === undefined ? [] : [{ metadata: metaOf(`${first.metadata.name}-vs`), spec: newVirtualService(first).spec }],
    service: (name) => known.get(name),
    routeGroup: (name) => (name === 'beta' ? { metadata: metaOf(name), spec: { matches: [{ methods: ['GET'] }] } } : undefined),
    addresses: (name) => new Set((endpoints[names.indexOf(name)] ?? []).map(({ last }) => `10.244.0.${last}`)),
  };
}

const slicesOf = ({ endpoints }: World): readonly EndpointSlice[] =>
  endpoints.map((all, at) => ({
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { ...metaOf(`${names[at]}-x`), labels: { 'kubernetes.io/service-name': names[at] ?? '' } },
    endpoints: all.map(({ last, isReady }) => ({ addresses: [`10.244.0.${last}`], conditions: { ready: isReady } })),
    ports: [{ name: 'http', port: 8080 }],
  }));

describe('what a mesh makes of a split', () => {
  test.each(meshModes)('%s: as in the test bed', (mode) => {
    let compared = 0;
    fc.assert(
      fc.property(worldOf, (given) => {
        const input = inputOf({ ...given, mode });
        if (input === undefined) return;
        compared += 1;
        const reading = readingOf(input);
        const { split: _, ...route } = { split: undefined, ...reading };
        expect(route).toEqual(routeOf(input as unknown as bed.RouteInput));
      }),
      { numRuns: 1_000 },
    );
    expect(compared).toBeGreaterThan(600);
  });

  test('adapters write what those of the test bed write', () => {
    fc.assert(
      fc.property(splitOf, (split) => {
        const other = split as unknown as bed.TrafficSplit;
        expect([profileName(split), overridesOf(split)]).toEqual([bedProfileName(other), bedOverridesOf(other)]);
        expect(newVirtualService(split)).toEqual(virtualServiceOf(other));
      }),
    );
  });

  test('clusters have the endpoints that those of the test bed have', () => {
    fc.assert(
      fc.property(worldOf, (given) => {
        const slices = slicesOf(given);
        const services = given.services.flatMap((service) => service ?? []);
        const { clusters } = desiredOf({
          modeOf: () => 'none',
          services: new Map(services.map((service) => [`shop/${service.metadata.name}`, service as unknown as bed.Service])),
          slices: new Map(slices.map((slice) => [`shop/${slice.metadata.name}`, slice as unknown as bed.EndpointSlice])),
          ...{ groups: new Map(), profiles: new Map(), virtualServices: new Map(), splits: [], servedVersions: new Set<string>() },
        });
        const own = new Map(services.flatMap((service) => [...clustersOf(service, slices)]));
        expect(own).toEqual(new Map(clusters));
      }),
    );
  });

  test('each mode reads the versions that it reads in the test bed', () => {
    for (const mode of meshModes)
      for (const version of versions) {
        const input = inputOf({
          mode,
          services: names.map(plainService),
          splits: [plainSplit],
          served: [version],
          endpoints: names.map(() => []),
        });
        if (input === undefined || mode === 'linkerd' || mode === 'istio') continue;
        const reading = readingOf(input);
        expect([mode, version, 'split' in reading]).toEqual([mode, version, canRead(mode, new Set([version]))]);
      }
  });
});

const plainService = (name: string): Service => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: metaOf(name) },
  spec: { clusterIP: '10.96.0.1', selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
});
const plainSplit: TrafficSplit = {
  metadata: metaOf('web'),
  spec: {
    service: 'web',
    backends: [
      { service: 'web-a', weight: 90 },
      { service: 'web-b', weight: 10 },
    ],
  },
};
