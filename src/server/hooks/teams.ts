import { z } from 'zod';
import { escapeTeams, plain } from '../../core/chat/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { readJson, textOf } from './body.ts';
import type { Channel, Outcome, Reply } from './channel.ts';
import { readLine } from './order.ts';
import { linesOf, say } from './say.ts';
import { verifyTeams } from './signature.ts';

/** Teams' outgoing webhook: somebody mentions it, and its answer is a message in the thread. It has no buttons, and nothing follows an answer. */

const guid = z.string().regex(/^[0-9a-fA-F-]{36}$/);

const activity = z.object({
  type: z.string().max(64),
  id: z.string().max(256).optional(),
  timestamp: z.string().max(40),
  text: z.string().max(30_000).optional(),
  from: z.object({ aadObjectId: guid }),
  conversation: z.object({ tenantId: guid.optional() }).optional(),
  channelData: z.object({ tenant: z.object({ id: guid }).optional() }).optional(),
});

export const teams: Channel<undefined> = {
  name: 'teams',
  mediaTypes: ['application/json'],
  /** Teams waits for 5 s. */
  deadlineMs: 4_000,
  verify: verifyTeams,
  read(body) {
    const text = textOf(body);
    if (!text.ok) return text;
    const read = readJson(activity, text.value);
    if (!read.ok) return read;
    const { type, id, timestamp, text: said = '', from, conversation, channelData } = read.value;
    const tenant = channelData?.tenant?.id ?? conversation?.tenantId;
    if (tenant === undefined) return fail('the activity names no tenant');
    const atMs = Date.parse(timestamp);
    if (!Number.isFinite(atMs)) return fail('the activity has no time');
    if (type !== 'message') return ok({ kind: 'answered', reply: { status: 200 } });
    const [home, user] = [tenant.toLowerCase(), from.aadObjectId.toLowerCase()];
    const account = { key: `teams.${home}.${user}`, shown: `${home}/${user}` };
    return ok({ kind: 'order', order: readLine(spoken(said)), account, atMs, id, context: undefined });
  },
  answer: (outcome) => ({ reply: messageOf(outcome) }),
  working: () => ({ status: 200, body: { type: 'message', text: 'Being worked on; ask for the status in a moment.' } }),
  later: () => [],
};

/** What was typed: without the mention, the tags and the entities that Teams puts around it. */
const spoken = (html: string): string =>
  html
    .replace(/<at>[^<]{0,256}<\/at>/g, ' ')
    .replace(/<[^<>]{0,256}>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

function messageOf(outcome: Outcome): Reply {
  const [title = '', ...lines] = linesOf(say(outcome).card).map((line) => escapeTeams(plain(line)));
  return { status: 200, body: { type: 'message', text: [`**${title}**`, ...lines].join('\n\n') } };
}
