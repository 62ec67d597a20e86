import type { Draft } from '../draft.ts';
import { withEffects, withStatus } from '../draft.ts';
import { findRevision } from '../facts.ts';
import type { Effect } from '../plan.ts';
import { msOf } from '../time.ts';
import type { World } from '../world.ts';

/** Pods that a person wants anew: each revision is told once, and it is forgotten when all have been. */
export function keepRestarted(world: World, draft: Draft): Draft {
  const { restart } = draft.status;
  if (restart === undefined) return draft;
  const effects = restart.revisions.flatMap((revision): readonly Effect[] => {
    const { deployment } = findRevision(world, revision) ?? {};
    if (deployment === undefined || msOf(deployment.restartedAt ?? '') >= msOf(restart.at)) return [];
    const { uid, resourceVersion } = deployment;
    return [{ kind: 'restartDeployment', revision, at: restart.at, uid, resourceVersion }];
  });
  if (effects.length === 0) return withStatus(draft, { restart: undefined });
  // A Deployment that is scaled by this plan is another version afterwards: the next pass has it.
  const isScaled = ({ revision }: { readonly revision?: string | undefined }) =>
    draft.effects.some((effect) => effect.kind === 'scaleDeployment' && effect.revision === revision);
  return withEffects(draft, ...effects.filter((effect) => !isScaled(effect as { revision?: string })));
}
