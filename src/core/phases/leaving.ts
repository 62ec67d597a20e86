import type { Draft } from '../draft.ts';
import { holding, withStatus } from '../draft.ts';
import { isConfirmed } from '../facts.ts';
import { clear, cutWeight, retire } from '../run.ts';
import type { World } from '../world.ts';
import { resting } from './resting.ts';

/** A canary on its way out: rolled back, or overtaken by another template. It loses its traffic, confirmed, before anything else happens. */

export function aborting(world: World, draft: Draft): Draft {
  const { abort, phase } = draft.status;
  if (!isOut(draft)) return cutting(draft, 'Aborting');
  const rolledBack =
    phase === 'RolledBack' ? draft : withStatus(retire(world, draft, 'RolledBack', abort?.reason ?? 'RolledBack'), { phase: 'RolledBack' });
  const { target } = world;
  const isSame = target.kind === 'unknown' || target.revision === draft.status.canaryRevision;
  if (!isSame) return resting(world, clear(rolledBack));
  return holding(rolledBack, { reason: 'RolledBack', message: abort?.message ?? '', isStalled: true });
}

/** Another template was asked for, or stable's again. */
export function withdrawing(world: World, draft: Draft): Draft {
  if (!isOut(draft)) return cutting(draft, 'Progressing');
  const isRevert = world.target.kind === 'revision' && world.target.revision === draft.status.stableRevision;
  return resting(world, clear(retire(world, draft, 'Superseded', isRevert ? 'Reverted' : 'Superseded')));
}

const isOut = ({ status }: Draft): boolean => status.weight === undefined || (status.weight.desired === 0 && isConfirmed(status));

function cutting(draft: Draft, phase: 'Aborting' | 'Progressing'): Draft {
  return { ...withStatus(draft, { phase, weight: cutWeight(draft.status.weight), waiting: undefined }), goalWeight: 0 };
}
