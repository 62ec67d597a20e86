import { z } from 'zod';
import { fail, ok } from '../../lib/index.ts';
import { readJson, textOf } from './body.ts';
import type { Channel, Outcome, Reply } from './channel.ts';
import { actionOf } from './order.ts';
import { linesOf, say } from './say.ts';
import { verifyWebhook } from './signature.ts';

/** Any other bot: one JSON object, signed with its time. It is answered like an API: a Decision, or a problem document. */

const label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const revision = z.string().regex(/^[a-z0-9]{4,63}$/);

const body = z.strictObject({
  /** Makes a request that is repeated the same request. */
  id: z
    .string()
    .regex(/^[\w.:-]{1,128}$/)
    .optional(),
  account: z.string().regex(/^[-._a-zA-Z0-9]{1,128}$/),
  namespace: label,
  rollout: name,
  action: z.string().max(32),
  gate: label.optional(),
  revision: revision.optional(),
  attempt: z.int().min(1).max(1_000_000).optional(),
  undoTo: revision.optional(),
  reason: z.string().max(2_000).optional(),
});

export const webhook: Channel<undefined> = {
  name: 'webhook',
  mediaTypes: ['application/json'],
  deadlineMs: 8_000,
  verify: verifyWebhook,
  read(bytes, { name: bot = '' }) {
    const text = textOf(bytes);
    if (!text.ok) return text;
    const read = readJson(body, text.value);
    if (!read.ok) return read;
    const { id, account, action: verb, namespace, rollout, gate, revision: seen, attempt, undoTo, reason } = read.value;
    const key = `webhook.${bot}.${account}`;
    const whose = { account: { key, shown: `${bot}/${account}` }, id: id === undefined ? undefined : `${bot}.${id}`, context: undefined };
    if (verb === 'status') return ok({ kind: 'order', order: { kind: 'status', namespace, rollout }, ...whose });
    const action = actionOf(verb);
    if (action === undefined) return fail('action: there is no such action');
    const isOfGate = action === 'Approve' || action === 'Reject';
    if (isOfGate !== (gate !== undefined)) return fail(isOfGate ? 'gate: is required' : 'gate: goes with approve and reject only');
    if (action === 'Approve' && (seen === undefined || attempt === undefined))
      return fail('revision, attempt: an approval is of one release');
    if (action !== 'Undo' && undoTo !== undefined) return fail('undoTo: goes with undo only');
    const wish = { namespace, rollout, action, gate, revision: seen, attempt, undoTo, reason };
    return ok({ kind: 'order', order: { kind: 'act', wish }, ...whose });
  },
  answer: (outcome) => ({ reply: replyTo(outcome) }),
  working: () => ({ status: 202, body: { message: 'Being worked on; repeat the request with the same id for its outcome.' } }),
  later: () => [],
};

function replyTo(outcome: Outcome): Reply {
  switch (outcome.kind) {
    case 'decided': {
      const { decision, subject, order } = outcome;
      return { status: 201, body: { ...decision, action: order.wish.action, subject, message: linesOf(say(outcome).card).join('\n') } };
    }
    case 'status':
      return { status: 200, body: { namespace: outcome.glimpse.namespace, name: outcome.glimpse.name, status: outcome.glimpse.status } };
    case 'refused': {
      const { status, reason, detail, retryAfterSeconds } = outcome.problem;
      return { ...problemReply(status, reason, detail), retryAfterSeconds };
    }
    case 'unmapped':
      return problemReply(403, 'NotAllowed', linesOf(say(outcome).card).join(': '));
    case 'help':
      return problemReply(400, 'InvalidRequest', outcome.problem ?? 'there is nothing to be done');
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed',
  403: 'NotAllowed',
  404: 'Not found',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Not possible',
  429: 'Too many requests',
  503: 'NotServing',
};

/** RFC 9457. */
export const problemReply = (status: number, reason: string, detail: string): Reply => ({
  status,
  contentType: 'application/problem+json',
  body: { type: 'about:blank', title: titles[status] ?? 'Refused', status, detail, reason },
});
