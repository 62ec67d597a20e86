import { blocker, cutBlocker, readBlocker } from './blockers.ts';
import type { Draft, Hold } from './draft.ts';
import { withStatus } from './draft.ts';
import { serviceGuard, stableAlarm, targetGuard } from './phases/guards.ts';
import type { World } from './world.ts';

/**
 * What the API server refuses us, or what stands in the way, outweighs what we would wait for otherwise; without it nothing goes on. Said as soon as it
 * stands, not only when the next raise meets it.
 */
export function obstructed(world: World, draft: Draft): Draft {
  const { phase } = draft.status;
  const hold = obstacleOf(world) ?? standing(world, draft);
  if (hold === undefined) return draft;
  // Its reason stays the abort's.
  if (phase === 'RolledBack') return { ...draft, beside: hold };
  // Healthy means that all is as it is to be.
  return { ...(phase === 'Healthy' ? withStatus(draft, { phase: 'Degraded' }) : draft), hold };
}

const obstacleOf = ({ obstacle }: World): Hold | undefined => (obstacle === undefined ? undefined : { ...obstacle, isStalled: true });

/** The other phases say it where they decide. */
function standing(world: World, draft: Draft): Hold | undefined {
  switch (draft.status.phase) {
    case 'Progressing':
    case 'Paused':
    case 'Baking':
      return inFlight(world, draft) ?? beside(draft, stableAlarm(world, draft));
    case 'Aborting':
      return cutBlocker(world) ?? beside(draft, stableAlarm(world, draft));
    case 'RolledBack':
      return blocker(world) ?? stableAlarm(world, draft) ?? targetGuard(world);
    case 'Terminating':
      return readBlocker(world);
    default:
      return undefined;
  }
}

/** A canary without pods goes down by itself, where it can. */
const inFlight = (world: World, draft: Draft): Hold | undefined =>
  draft.status.canaryUnavailableSince === undefined ? (blocker(world) ?? serviceGuard(world, draft)) : cutBlocker(world);

/** Stable’s trouble ends no wait: what is waited for is said as well. */
function beside({ hold, status: { step } }: Draft, alarm: Hold | undefined): Hold | undefined {
  if (alarm === undefined || hold?.reason === alarm.reason) return alarm;
  const until = step?.until === undefined ? undefined : `the ${step.kind} lasts until ${step.until}`;
  const waiting = hold?.message ?? until;
  if (waiting === undefined) return alarm;
  return { ...alarm, message: `${alarm.message}; ${waiting}`, isStalled: alarm.isStalled === true || hold?.isStalled === true };
}
