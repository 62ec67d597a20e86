import { z } from 'zod';
import { decodeButton, slackMessage } from '../../core/chat/index.ts';
import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { readJson, textOf } from './body.ts';
import type { Account, Channel, Message, Outcome, Push } from './channel.ts';
import { readLine } from './order.ts';
import { say } from './say.ts';
import { verifySlack } from './signature.ts';

/** Slack: buttons (`interactions`) and the slash command. https://docs.slack.dev/interactivity */

export interface SlackContext {
  readonly via: 'button' | 'command';
  /** Where the answer goes once the request has been answered; only addresses of Slack's. */
  readonly responseUrl: string | undefined;
}

const mediaTypes = ['application/x-www-form-urlencoded'];
/** Slack waits for 3 s. */
const deadlineMs = 2_300;
const id = z.string().regex(/^[A-Z0-9]{2,32}$/);

const interaction = z.object({
  type: z.string(),
  team: z.object({ id }).nullish(),
  enterprise: z.object({ id }).nullish(),
  user: z.object({ id, team_id: id.nullish() }),
  trigger_id: z.string().max(200).optional(),
  response_url: z.string().max(2_000).optional(),
  actions: z
    .array(z.object({ action_id: z.string().max(255), value: z.string().max(2_000).optional() }))
    .max(25)
    .optional(),
});

const common = {
  name: 'slack',
  mediaTypes,
  deadlineMs,
  verify: verifySlack,
  later: (outcome: Outcome, { via, responseUrl }: SlackContext) => pushes(outcome, via, responseUrl),
} as const;

export const slackInteractions: Channel<SlackContext> = {
  ...common,
  read: (body) => {
    const form = formOf(body);
    if (!form.ok) return form;
    const payload = form.value.get('payload');
    if (payload === null) return fail('the form has no payload');
    const read = readJson(interaction, payload);
    return read.ok ? messageOf(read.value) : read;
  },
  // The answer to a press is not shown; the message is changed by the address that came along.
  answer: (outcome, { responseUrl }) => ({ reply: { status: 200 }, pushes: pushes(outcome, 'button', responseUrl) }),
  working: () => ({ status: 200 }),
};

export const slackCommands: Channel<SlackContext> = {
  ...common,
  read: (body) => {
    const form = formOf(body);
    if (!form.ok) return form;
    const { value } = form;
    if (value.get('ssl_check') === '1') return ok({ kind: 'answered', reply: { status: 200 } });
    const team = id.safeParse(value.get('team_id') ?? value.get('enterprise_id'));
    const user = id.safeParse(value.get('user_id'));
    if (!team.success || !user.success) return fail('the form names no team_id and user_id');
    const context = { via: 'command', responseUrl: addressOf(value.get('response_url')) } as const;
    return ok({
      kind: 'order',
      order: readLine(value.get('text') ?? ''),
      account: accountOf(team.data, user.data),
      id: value.get('trigger_id') ?? undefined,
      context,
    });
  },
  answer: (outcome) => ({ reply: { status: 200, body: bodyOf(outcome) } }),
  working: () => ({ status: 200, body: { response_type: 'ephemeral', text: 'Being worked on; the answer follows.' } }),
};

function messageOf({
  type,
  team,
  enterprise,
  user,
  trigger_id,
  response_url,
  actions = [],
}: z.output<typeof interaction>): Result<Message<SlackContext>, string> {
  const [action, ...others] = actions;
  // Forms and shortcuts of other makers reach the same address.
  if (type !== 'block_actions' || action === undefined || !action.action_id.startsWith('sluice.'))
    return ok({ kind: 'answered', reply: { status: 200 } });
  if (others.length > 0) return fail('a press is one action');
  // A guest of a shared channel is of his own workspace.
  const workspace = user.team_id ?? team?.id ?? enterprise?.id;
  if (workspace === undefined) return fail('the payload names no workspace');
  const button = decodeButton(action.value ?? '');
  if (button === undefined || action.action_id !== `sluice.${button.action}`) return fail('the button is none of ours');
  const { namespace, rollout, gate, revision, attempt, print } = button.ref;
  const wish = { namespace, rollout, gate, revision, attempt, action: button.action === 'approve' ? 'Approve' : 'Reject' } as const;
  return ok({
    kind: 'order',
    order: { kind: 'act', wish, print },
    account: accountOf(workspace, user.id),
    id: trigger_id,
    context: { via: 'button', responseUrl: addressOf(response_url) },
  });
}

const accountOf = (team: string, user: string): Account => ({ key: `slack.${team}.${user}`, shown: `${team}/${user}` });

function formOf(body: Buffer): Result<URLSearchParams, string> {
  const text = textOf(body);
  return text.ok ? ok(new URLSearchParams(text.value)) : text;
}

/** What is signed is Slack's word, and still no request of ours goes anywhere but to Slack. */
function addressOf(text: string | null | undefined): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username } = new URL(text);
  const isSlack = hostname === 'hooks.slack.com' || hostname === 'hooks.slack-gov.com';
  return protocol === 'https:' && isSlack && port === '' && username === '' ? text : undefined;
}

function bodyOf(outcome: Outcome) {
  const { card, isPrivate } = say(outcome);
  return { response_type: isPrivate ? 'ephemeral' : 'in_channel', ...slackMessage(card) };
}

function pushes(outcome: Outcome, via: 'button' | 'command', url: string | undefined): readonly Push[] {
  if (url === undefined) return [];
  const { card, isOfGate } = say(outcome);
  const inPlace = via === 'button' && isOfGate;
  const body = inPlace ? { replace_original: true, ...slackMessage(card) } : { replace_original: false, ...bodyOf(outcome) };
  return [{ method: 'POST', url, body }];
}
