import { z } from 'zod';
import { crdHints, dnsLabel, dnsName } from './schema.ts';

/** A Decision: one subject's word on one Rollout, revision and attempt (docs: the contract, section 3). Immutable; the audit trail. */

export const decisionActions = ['Approve', 'Reject', 'Resume', 'Skip', 'Promote', 'Abort', 'Retry', 'Undo', 'Restart', 'Override'] as const;
export type DecisionAction = (typeof decisionActions)[number];

export const decisionChannels = ['kubectl', 'cli', 'dashboard', 'api', 'slack', 'discord', 'teams', 'github', 'webhook'] as const;
export type DecisionChannel = (typeof decisionChannels)[number];

const revision = () => z.string().min(1).max(63);

export const decisionSpecSchema = z.object({
  rollout: z.object({ name: dnsName(), uid: z.string().min(1).max(128) }),
  revision: revision(),
  attempt: z.int().min(1).max(1_000_000),
  action: z.enum(decisionActions),
  gate: dnsLabel().optional(),
  subject: z.string().min(1).max(1024),
  channel: z.enum(decisionChannels).prefault('kubectl'),
  account: z.string().max(256).optional(),
  reason: z.string().max(2048).optional(),
  undoTo: z.string().max(63).optional(),
});
crdHints.add(decisionSpecSchema, {
  cel: [
    ['self == oldSelf', 'a Decision is immutable; make another one'],
    ["!(self.action in ['Approve', 'Reject']) || has(self.gate)", 'Approve and Reject need a gate'],
    ["self.action in ['Approve', 'Reject'] || !has(self.gate)", 'only Approve and Reject have a gate', '.gate'],
    ["self.action == 'Undo' || !has(self.undoTo) || self.undoTo == ''", 'only Undo has undoTo', '.undoTo'],
  ],
});
export type DecisionSpec = z.output<typeof decisionSpecSchema>;

export const decisionStates = ['Accepted', 'Rejected', 'Superseded', 'Expired'] as const;

export const decisionStatusSchema = z.object({
  state: z.enum(decisionStates).optional(),
  message: z.string().max(2048).optional(),
  at: z.string().max(40).meta({ format: 'date-time' }).optional(),
});
export type DecisionStatus = z.output<typeof decisionStatusSchema>;

/** A Decision as the core sees it. Without `status.state` nobody has answered it yet. */
export interface Decision {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly isDeleting: boolean;
  /** `metadata.uid` of the Rollout that it was given to, once it was seen. */
  readonly ownerRolloutUid?: string | undefined;
  readonly spec: DecisionSpec;
  readonly status: DecisionStatus;
}
