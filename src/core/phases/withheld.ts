import type { Draft } from '../draft.ts';
import { withStatus } from '../draft.ts';
import { revisionName } from '../names.ts';
import { changedWeight } from '../run.ts';
import { fingerprintOf, shareOf } from '../split.ts';
import type { World } from '../world.ts';
import { sceneGuard } from './guards.ts';

/**
 * A raise that was written down and has not reached the split when somebody pauses, a window closes or pods are lost (its leader ended in between) is taken back: the
 * split still says what it did. What a stranger took out of the split is put right as ever.
 */
export function withheld(world: World, draft: Draft): Draft {
  const { weight, canaryRevision = '' } = draft.status;
  if (weight === undefined || world.traffic.kind === 'unusable') return draft;
  const { split: view } = world.traffic;
  const isAsWritten = view.kind === 'present' && view.ownership.kind === 'ours' && view.stamp?.fingerprint === fingerprintOf(view.split);
  if (!isAsWritten) return draft;
  const given = shareOf(view.split, revisionName(world.rollout.name, canaryRevision));
  return given < weight.desired && sceneGuard(world, draft, weight.desired) !== undefined
    ? withStatus(draft, { weight: changedWeight(weight, given) })
    : draft;
}
