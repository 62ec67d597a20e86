import { z } from 'zod';
import { decisionSpecSchema, decisionStatusSchema } from '../../core/decision.ts';
import { rolloutViewSchema } from './view.ts';

/** Of a list: who wants the rest asks for the Rollout. */
export const rolloutSummarySchema = rolloutViewSchema.pick({
  namespace: true,
  name: true,
  uid: true,
  phase: true,
  message: true,
  reason: true,
  isPaused: true,
  createdAt: true,
  stableRevision: true,
  canaryRevision: true,
  attempt: true,
  step: true,
  weight: true,
  revisions: true,
  gates: true,
  actions: true,
});
export type RolloutSummary = z.output<typeof rolloutSummarySchema>;

export const rolloutListSchema = z.object({
  items: z.array(rolloutSummarySchema).describe('by namespace, then by name; only those that the caller may get'),
  continue: z.string().optional().describe('where the next page begins; absent on the last'),
});

export const decisionObjectSchema = z
  .looseObject({
    apiVersion: z.literal('sluice.dev/v1alpha1'),
    kind: z.literal('Decision'),
    metadata: z.looseObject({ name: z.string(), namespace: z.string(), uid: z.string(), creationTimestamp: z.string().optional() }),
    spec: decisionSpecSchema,
    status: decisionStatusSchema.optional(),
  })
  .describe('the Decision as it is stored');

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    reason: z.string().describe('one of docs/reasons.md'),
  })
  .describe('RFC 9457');
