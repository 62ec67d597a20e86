import type { RolloutStatus } from './rollout.ts';
import type { World } from './world.ts';

/** While a revision takes the place of what the template still asks for, it is what is asked for. Another template ends that. */
export function asUndone(world: World, { run, canaryRevision, abort }: RolloutStatus): World {
  const { target } = world;
  const undoes = run?.undoes?.revision;
  if (undoes === undefined || canaryRevision === undefined || abort !== undefined) return world;
  if (target.kind === 'unknown' || target.revision !== undoes) return world;
  return { ...world, target: { kind: 'revision', revision: canaryRevision, template: undefined, configs: [], insteadOf: undoes } };
}
