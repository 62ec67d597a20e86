import { z } from 'zod';
import { decodeButton, discordMessage } from '../../core/chat/index.ts';
import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { readJson, textOf } from './body.ts';
import type { Account, Channel, Message, Outcome, Push } from './channel.ts';
import type { Order } from './order.ts';
import { orderOf } from './order.ts';
import { say } from './say.ts';
import { verifyDiscord } from './signature.ts';

/** Discord's interactions: PING, the application command `/sluice`, and buttons. https://discord.com/developers/docs/interactions */

export interface DiscordContext {
  readonly via: 'button' | 'command';
  /** Of the messages that follow: the application and the token of this interaction. */
  readonly application: string;
  readonly token: string;
}

const snowflake = z.string().regex(/^[0-9]{1,20}$/);
const option = z.object({ name: z.string().max(32), value: z.union([z.string().max(6_000), z.number(), z.boolean()]).optional() });

const interaction = z.object({
  type: z.int(),
  id: snowflake,
  application_id: snowflake,
  token: z.string().regex(/^[A-Za-z0-9._-]{1,512}$/),
  guild_id: snowflake.optional(),
  member: z.object({ user: z.object({ id: snowflake }) }).optional(),
  data: z
    .object({
      name: z.string().max(32).optional(),
      custom_id: z.string().max(100).optional(),
      options: z
        .array(option.extend({ options: z.array(option).max(25).optional() }))
        .max(25)
        .optional(),
    })
    .optional(),
});
type Interaction = z.output<typeof interaction>;

const kinds = { ping: 1, command: 2, component: 3 };
const replies = { pong: 1, message: 4, deferredMessage: 5, deferredUpdate: 6, update: 7 };
const ephemeral = 64;

export const discord: Channel<DiscordContext> = {
  name: 'discord',
  mediaTypes: ['application/json'],
  /** Discord waits for 3 s. */
  deadlineMs: 2_300,
  verify: verifyDiscord,
  read(body) {
    const text = textOf(body);
    if (!text.ok) return text;
    // A PING has no user and no data; that is all that has to be known of it.
    const ping = readJson(z.object({ type: z.literal(kinds.ping) }), text.value);
    if (ping.ok) return ok({ kind: 'answered', reply: { status: 200, body: { type: replies.pong } } });
    const read = readJson(interaction, text.value);
    return read.ok ? messageOf(read.value) : read;
  },
  answer(outcome, { via }) {
    const { card, isPrivate, isOfGate } = say(outcome);
    if (via === 'button' && isOfGate) return { reply: { status: 200, body: { type: replies.update, data: discordMessage(card) } } };
    const data = { ...discordMessage(card), ...(isPrivate ? { flags: ephemeral } : {}) };
    return { reply: { status: 200, body: { type: replies.message, data } } };
  },
  working: ({ via }) => ({
    status: 200,
    body: via === 'button' ? { type: replies.deferredUpdate } : { type: replies.deferredMessage, data: { flags: ephemeral } },
  }),
  later(outcome, { via, application, token }): readonly Push[] {
    const { card, isPrivate, isOfGate } = say(outcome);
    const base = `https://discord.com/api/v10/webhooks/${application}/${token}`;
    if (via === 'command' || isOfGate) return [{ method: 'PATCH', url: `${base}/messages/@original`, body: discordMessage(card) }];
    return [{ method: 'POST', url: base, body: { ...discordMessage(card), ...(isPrivate ? { flags: ephemeral } : {}) } }];
  },
};

function messageOf(read: Interaction): Result<Message<DiscordContext>, string> {
  const { type, id, application_id: application, token, guild_id: guild, member, data } = read;
  if (type !== kinds.command && type !== kinds.component) return fail(`an interaction of type ${type} is none of ours`);
  const via = type === kinds.component ? 'button' : 'command';
  const context: DiscordContext = { via, application, token };
  // In a direct message there is no server whose members an admin could have meant.
  if (guild === undefined || member === undefined) {
    const outcome: Outcome = { kind: 'help', problem: 'Sluice takes decisions in a server only, not in direct messages' };
    return ok({ kind: 'answered', reply: discord.answer(outcome, { ...context, via: 'command' }).reply });
  }
  const account: Account = { key: `discord.${guild}.${member.user.id}`, shown: `${guild}/${member.user.id}` };
  const order = via === 'button' ? pressed(data?.custom_id ?? '') : typed(data);
  return order === undefined ? fail('the button is none of ours') : ok({ kind: 'order', order, account, id, context });
}

function pressed(customId: string): Order | undefined {
  const button = decodeButton(customId);
  if (button === undefined) return undefined;
  const { print, ...ref } = button.ref;
  return { kind: 'act', wish: { ...ref, action: button.action === 'approve' ? 'Approve' : 'Reject' }, print };
}

/** `/sluice approve rollout:shop/web gate:qa release:7c9d2f41aa/1 reason:good`: a subcommand with options. */
function typed(data: Interaction['data']): Order {
  const [command] = data?.options ?? [];
  if (data?.name !== 'sluice' || command === undefined) return { kind: 'help' };
  const given = new Map((command.options ?? []).map(({ name, value }) => [name, value === undefined ? undefined : String(value)]));
  return orderOf({
    verb: command.name,
    target: given.get('rollout'),
    gate: given.get('gate'),
    bound: given.get('release'),
    to: given.get('to'),
    reason: given.get('reason'),
  });
}
