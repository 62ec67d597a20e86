import { ownershipBlocker } from '../blockers.ts';
import type { Draft } from '../draft.ts';
import { withEffects } from '../draft.ts';
import { findRevision, readyPods, wantedReplicas } from '../facts.ts';
import { revisionLabel } from '../names.ts';
import type { World } from '../world.ts';
import { correcting } from './contention.ts';
import { pinState } from './pin.ts';

/** After adoption the workload stays at zero: its pods would be an unapproved template. */
export function keepWorkload(world: World, draft: Draft): Draft {
  const { workload } = world;
  if (workload === undefined || workload.isDeleting || !isAdopted(draft) || world.rival !== undefined) return draft;
  if (workload.replicas === 0) return draft;
  const { uid, resourceVersion, replicasManager, generation } = workload;
  // Its status moves the resourceVersion on while one and the same edit is put right.
  const what = `set spec.replicas of Deployment ${workload.name} to ${workload.replicas}; it is put back to 0, since the revisions have the pods: scale the Rollout instead`;
  const noted = correcting(world, draft, { object: 'Replicas', version: String(generation ?? resourceVersion), by: replicasManager, what });
  return noted === undefined ? draft : withEffects(noted, { kind: 'patchWorkload', uid, resourceVersion, replicas: 0 });
}

/** The root Service selects stable, from the stage of an adoption in which it is its turn. */
export function keepPinned(world: World, draft: Draft): Draft {
  if (!isTurn(world, draft) || world.rival !== undefined || ownershipBlocker(world) !== undefined) return draft;
  const pin = pinState(world, draft.status);
  if (pin.kind === 'none' || pin.kind === 'done') return draft;
  const { uid, resourceVersion } = pin;
  if (pin.kind === 'unwanted') return withEffects(draft, { kind: 'pinSelector', revision: undefined, uid, resourceVersion });
  const what = `changed the selector of Service ${world.rollout.spec.service.name}; it selects the stable revision again`;
  const edit = { object: 'Selector' as const, version: resourceVersion, by: world.rootService?.selectorApplier, what };
  const noted = pin.isForeign && isAdopted(draft) && !isAsked(world) ? correcting(world, draft, edit) : draft;
  return noted === undefined ? draft : withEffects(noted, { kind: 'pinSelector', revision: pin.revision, uid, resourceVersion });
}

/** The spec has just been edited: by `pinSelector`, or what it goes by, the pin is asked for now, and nobody took it out. */
const isAsked = ({ rollout }: World): boolean => rollout.status.observedGeneration !== rollout.generation;

/** A deletion pins nothing anew: before adoption got that far, the workload's pods still have the traffic. */
function isTurn(world: World, { status: { phase, stage, stableRevision } }: Draft): boolean {
  const { rootService } = world;
  const canServe = readyPods(findRevision(world, stableRevision)) > 0 || wantedReplicas(world) === 0;
  if (phase === 'Initializing') return canServe && stage !== undefined && stage.name !== 'Starting';
  if (phase !== 'Terminating') return true;
  const isPinned = rootService?.selector[revisionLabel] !== undefined;
  return isPinned && (stage?.name === 'Returning' || stage?.name === 'Restoring');
}

const isAdopted = ({ status }: Draft): boolean =>
  status.phase !== 'Initializing' && status.phase !== 'Terminating' && status.stableRevision !== undefined;
