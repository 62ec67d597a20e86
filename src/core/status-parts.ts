import { z } from 'zod';
import { decisionStates } from './decision.ts';

/** Parts of a Rollout's status that people's decisions leave behind. */

/** RFC 3339, UTC, milliseconds. */
export const timestamp = () => z.string().max(40).meta({ format: 'date-time' });
export const text = (limit = 1024) => z.string().max(limit);

export const gateStatus = z.object({
  name: text(63),
  id: text(128),
  /** Expired: it closed without a verdict. Its time was over, it was skipped, or its release ended. */
  state: z.enum(['Open', 'Approved', 'Rejected', 'Expired']),
  openedAt: timestamp(),
  expiresAt: timestamp().optional(),
  needs: z.int(),
  approvals: z
    .array(z.object({ subject: text(), at: timestamp(), channel: text(32), decision: text(253) }))
    .max(100)
    .default([]),
});
export type GateStatus = z.output<typeof gateStatus>;

/** The answer that a Decision gets, as often as it takes until it is written. */
export const followedDecision = z.object({ uid: text(128), state: z.enum(decisionStates), message: text(512) });

/** The revision that the template still asks for, and the words of who undid it. */
export const undoneStatus = z.object({ revision: text(63), attempt: z.int(), message: text(1024) });
export type UndoneStatus = z.output<typeof undoneStatus>;

export const restartStatus = z.object({ at: timestamp(), revisions: z.array(text(63)).max(8) });
