import type { Draft } from '../draft.ts';
import { withEffects, withStatus } from '../draft.ts';
import { isContended } from '../phases/guards.ts';
import { isoOf } from '../time.ts';
import type { World } from '../world.ts';
import { pinState } from './pin.ts';

/** After adoption the workload stays at zero: its pods would be an unapproved template. */
export function keepWorkload(world: World, draft: Draft): Draft {
  const { workload } = world;
  if (workload === undefined || workload.isDeleting || !isAdopted(draft) || world.rival !== undefined) return draft;
  if (workload.replicas === 0 || isContended(world, draft, 'Replicas')) return draft;
  const { uid, resourceVersion, replicasManager } = workload;
  return withEffects(corrected(world, draft, 'Replicas', replicasManager), { kind: 'patchWorkload', uid, resourceVersion, replicas: 0 });
}

/** The root Service selects stable, from the stage of an adoption in which it is its turn. */
export function keepPinned(world: World, draft: Draft): Draft {
  const { phase, stage } = draft.status;
  const isTurn =
    phase === 'Initializing'
      ? stage !== undefined && stage.name !== 'Starting'
      : phase === 'Terminating'
        ? stage?.name === 'Returning' || stage?.name === 'Restoring'
        : true;
  if (!isTurn || world.rival !== undefined) return draft;
  const pin = pinState(world, draft.status);
  if (pin.kind !== 'due') return draft;
  const isCorrection = pin.isForeign && isAdopted(draft);
  if (isCorrection && isContended(world, draft, 'Selector')) return draft;
  const noted = isCorrection ? corrected(world, draft, 'Selector', world.rootService?.selectorApplier) : draft;
  return withEffects(noted, { kind: 'pinSelector', revision: pin.revision, uid: pin.uid, resourceVersion: pin.resourceVersion });
}

const isAdopted = ({ status }: Draft): boolean =>
  status.phase !== 'Initializing' && status.phase !== 'Terminating' && status.stableRevision !== undefined;

function corrected(world: World, draft: Draft, object: 'Replicas' | 'Selector', manager: string | undefined): Draft {
  const entry = { object, at: isoOf(world.nowMs), ...(manager === undefined ? {} : { by: manager }) };
  return withStatus(draft, { corrections: [...(draft.status.corrections ?? []), entry].slice(-32) });
}
