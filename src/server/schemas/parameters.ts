import { z } from 'zod';
import { dnsLabel, dnsName } from '../../core/schema.ts';

/** What stands in paths. Checked before anything is done with it. */
export const parameterSchemas = {
  namespace: dnsLabel(),
  name: dnsName(),
  gate: dnsLabel(),
} as const;

const text = () => z.string().max(253);

export const listQuerySchema = z.strictObject({
  namespace: dnsLabel().optional().describe('of this namespace only'),
  filter: text().optional().describe('whose namespace/name contains it'),
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, 'must be a number')
    .transform(Number)
    .pipe(z.int().min(1).max(500))
    .default(100)
    .describe('how many at the most, 1 to 500'),
  continue: z.string().max(700).optional().describe('what the last page gave'),
});

export const noQuerySchema = z.strictObject({});

const decisionMembers = {
  revision: z.string().min(1).max(63).describe('the one that was seen'),
  attempt: z.int().min(1).max(1_000_000).describe('the one that was seen'),
  reason: z
    .string()
    .max(2048)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused.
    .regex(/^[^\u0000-\u0008\u000b-\u001f\u007f]*$/, 'must have no control characters')
    .optional()
    .describe('in the person’s words'),
};

/** Of a gate: it cannot be approved but as it was seen. */
export const gateBodySchema = z.strictObject(decisionMembers);

export const actionBodySchema = z.strictObject({
  ...decisionMembers,
  revision: decisionMembers.revision.optional().describe('left out: the one under way'),
  attempt: decisionMembers.attempt.optional().describe('left out: the one under way'),
});

const target = () => z.string().min(1).max(63).optional();

export const undoBodySchema = actionBodySchema.extend({
  to: target().describe('a revision of the history; left out: the one before'),
  undoTo: target().describe('the same, as a Decision has it'),
});
