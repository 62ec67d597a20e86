import { release, tell } from './story.ts';

/** A release in each of the other meshes, with its own reading of the split, its own selector, versions and metrics. */
const inMesh = (mesh: 'osm' | 'istio' | 'traefik-mesh' | 'consul' | 'nginx' | 'strict', text: string) =>
  tell({
    ...{ name: `mesh-${mesh}`, text, mesh, lengthMs: 175_000, steps: [{ setWeight: 20 }, { setWeight: 60 }] },
    act: (run) => release(run, { image: 'web:2' }),
    ending: { phases: ['Healthy'], image: 'web:2' },
  });

export const meshes = [
  inMesh('osm', 'Open Service Mesh: the root Service stays unpinned'),
  inMesh('istio', 'Istio: the adapter’s VirtualService confirms'),
  inMesh('traefik-mesh', 'Traefik Mesh: no backend of weight 0 is named'),
  inMesh('consul', 'Consul Connect, seen from the callers'),
  inMesh('nginx', 'NGINX Service Mesh'),
  inMesh('strict', 'a mesh that we know nothing of: metrics of plain Envoy confirm'),
];
