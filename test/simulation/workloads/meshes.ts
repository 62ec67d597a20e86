import type { Run } from '../play/run.ts';
import { release, tell } from './story.ts';

/** A release in each of the other meshes, with its own reading of the split, its own selector, versions and metrics. */
const inMesh = (mesh: 'osm' | 'istio' | 'traefik-mesh' | 'consul' | 'nginx' | 'strict', text: string) =>
  tell({
    ...{ name: `mesh-${mesh}`, text, mesh, lengthMs: 175_000, steps: [{ setWeight: 20 }, { setWeight: 60 }] },
    act: (run) => release(run, { image: 'web:2' }),
    ending: { phases: ['Healthy'], image: 'web:2' },
  });

/** Linkerd before 2.12 reads splits itself: no object of its own says that it follows, and the share is all there is. */
const nativeLinkerd = { mesh: 'strict', provider: 'linkerd', dialect: 'linkerd' } as const;
const outside = { perSecond: 48, unmeshedPerSecond: 2, steps: [{ setWeight: 20 }, { setWeight: 60 }] } as const;
const good = { act: (run: Run) => release(run, { image: 'web:2' }), ending: { phases: ['Healthy'], image: 'web:2' } };
const bad = { act: (run: Run) => release(run, { image: 'web:2', errorRate: 0.3 }), ending: { phases: ['RolledBack'], image: 'web:1' } };

/** Releases while some requests come from outside the mesh. */
const unmeshed = [
  tell({
    ...{ name: 'unmeshed-linkerd', text: 'Linkerd 2.11, a client outside the mesh: at 100 % it is still with stable', lengthMs: 175_000 },
    ...{ ...nativeLinkerd, ...outside, ...good },
  }),
  tell({
    ...{ name: 'unmeshed-linkerd-bad', text: 'the same, unpinned: at 0 % some of its requests are with the canary', isUnpinned: true },
    ...{ ...nativeLinkerd, ...outside, ...bad },
  }),
  tell({
    ...{ name: 'unmeshed-istio', text: 'Istio, whose adapter is 45 s late, and a client outside the mesh', lengthMs: 480_000 },
    ...{ mesh: 'istio', adapterMs: [45_000, 45_000], ...outside, ...good, isUnpinned: true },
  }),
];

export const meshes = [
  ...unmeshed,
  inMesh('osm', 'Open Service Mesh: the root Service stays unpinned'),
  inMesh('istio', 'Istio: the adapter’s VirtualService confirms'),
  inMesh('traefik-mesh', 'Traefik Mesh: no backend of weight 0 is named'),
  inMesh('consul', 'Consul Connect, seen from the callers'),
  inMesh('nginx', 'NGINX Service Mesh'),
  inMesh('strict', 'a mesh that we know nothing of: metrics of plain Envoy confirm'),
];
