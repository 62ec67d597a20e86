import type { Draft } from './draft.ts';
import { isAlarm } from './notices.ts';
import type { RolloutStatus } from './rollout.ts';

/** One sentence on where a Rollout stands; the CLI, the dashboard, conditions and Events share it. Depends on status only, so it does not tick. */
export function explain({ status, hold, beside }: Draft): string {
  const waiting = hold === undefined ? '' : `${hold.message}`;
  switch (status.phase) {
    case 'Healthy':
      return joined(`${status.stableRevision ?? ''} has all traffic`, hold?.reason === 'Healthy' ? hold.message : '');
    case 'RolledBack':
      return joined(
        `rolled back to ${status.stableRevision ?? ''}: ${status.abort?.message ?? status.abort?.reason ?? ''}`,
        beside?.message ?? '',
      );
    case 'Aborting':
      return joined(`rolling back: ${status.abort?.message ?? ''}`, hold?.isStalled || isAlarm(hold) ? (hold?.message ?? '') : '');
    case 'Progressing':
    case 'Paused':
      return joined(
        `step ${position(status)}: ${status.weight?.desired ?? 0} % to ${status.canaryRevision ?? ''}`,
        waiting || until(status),
      );
    case 'Baking':
      return joined(`all traffic is with ${status.canaryRevision ?? ''}, watched`, waiting || until(status));
    default:
      return waiting || (status.phase ?? '');
  }
}

const joined = (head: string, tail: string): string => (tail === '' ? head : `${head}, ${tail}`);
const position = ({ step }: RolloutStatus): string => step?.label ?? '-';
const until = ({ step }: RolloutStatus): string => (step?.until === undefined ? '' : `waiting until ${step.until}`);
