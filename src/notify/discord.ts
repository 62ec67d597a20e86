import { discordMessage } from '../core/chat/index.ts';
import { Secret } from '../lib/index.ts';
import type { Sink } from './sink.ts';
import { byStatus, json, jsonOf } from './sink.ts';

/**
 * Discord's webhooks: `?wait=true` answers with the message, so that it can be changed. Buttons need a webhook that the application owns; in any other
 * Discord leaves them out, and with `with_components` it would refuse the message.
 */
export const discord: Sink = {
  kind: 'discord',
  canEdit: () => true,
  render({ news, edit }, { url, channel }) {
    const body = JSON.stringify(discordMessage(news.card));
    if (url === undefined || !URL.canParse(url.reveal())) return { method: 'POST', url, headers: json, body };
    const address = new URL(url.reveal());
    if (edit !== undefined) address.pathname += `/messages/${encodeURIComponent(edit)}`;
    else address.searchParams.set('wait', 'true');
    if (channel !== undefined) address.searchParams.set('thread_id', channel);
    return { method: edit === undefined ? 'POST' : 'PATCH', url: new Secret(address.href), headers: json, body };
  },
  read(reply) {
    const outcome = byStatus(reply);
    const { id } = jsonOf(reply.text);
    return outcome.kind === 'sent' && typeof id === 'string' ? { kind: 'sent', receipt: id } : outcome;
  },
};
