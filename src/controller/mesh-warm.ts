import { routerOf } from '../traffic/index.ts';
import type { Cache } from './cache.ts';
import type { MeshWatch } from './mesh-watch.ts';

/** Watches what the Rollouts need of the mesh before anybody decides anything: a standby is warm as well. */
export function warmMesh(cache: Pick<Cache, 'rollouts'>, mesh: MeshWatch): void {
  const { facts } = mesh;
  if (facts === undefined) return;
  const wanted = cache.rollouts.list().flatMap(({ decoded }) => (decoded.ok ? [decoded.value.spec.traffic] : []));
  // Alike ones are one object (the cache shares them), so that thousands of Rollouts ask a few questions.
  for (const traffic of new Set(wanted)) {
    const { router, config } = routerOf(traffic);
    const target = router.resolve(config, facts);
    if (target.ok) mesh.records(router, target.value, { keys: [], namespace: '' });
  }
}
