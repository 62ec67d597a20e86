import type { Draft } from '../draft.ts';
import { wantedReplicas } from '../facts.ts';
import type { Effect } from '../plan.ts';
import type { World } from '../world.ts';

/** Our finalizer, and the count that /scale cannot do without. */
export function claimEffect(world: World): Effect | undefined {
  const { rollout } = world;
  if (rollout.hasFinalizer && rollout.spec.replicas !== undefined) return undefined;
  const replicas = rollout.spec.replicas === undefined ? { replicas: wantedReplicas(world) } : {};
  return { kind: 'claimRollout', ...replicas };
}

/** A replace (`kubectl replace`, Argo CD's Replace=true) takes both away again: without the finalizer a deletion would leave the workload at zero. */
export function keepClaim(world: World, draft: Draft): Draft {
  const isClaimed = draft.effects.some(({ kind }) => kind === 'claimRollout');
  if (world.rollout.isDeleting || isClaimed || draft.status.stableRevision === undefined) return draft;
  const claim = claimEffect(world);
  return claim === undefined ? draft : { ...draft, effects: [claim, ...draft.effects] };
}
