import { slackMessage } from '../core/chat/index.ts';
import { Secret } from '../lib/index.ts';
import type { Outcome, Sink } from './sink.ts';
import { byStatus, json, jsonOf } from './sink.ts';

/** Slack: with a bot's token messages are changed in place and kept in one thread an attempt; an incoming webhook only adds to a channel. */

const api = 'https://slack.com/api/';
/** What passes by itself; anything else that Slack says is for an admin to put right. */
const passing = new Set([
  'ratelimited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'org_login_required',
]);

export const slack: Sink = {
  kind: 'slack',
  canEdit: ({ token }) => token !== undefined,
  render({ news, thread, edit }, { url, token, channel }) {
    const message = slackMessage(news.card);
    if (token === undefined) return { method: 'POST', url, headers: json, body: JSON.stringify(message) };
    const headers = { ...json, authorization: `Bearer ${token.reveal()}` };
    // Seen by whoever reads the message by the API: the same id, however often it was sent.
    const metadata = { event_type: 'sluice', event_payload: { id: news.id } };
    const shared = { ...message, metadata, unfurl_links: false, unfurl_media: false };
    if (edit !== undefined) {
      const [where, ts] = edit.split('/');
      return { method: 'POST', url: new Secret(`${api}chat.update`), headers, body: JSON.stringify({ ...shared, channel: where, ts }) };
    }
    const below = thread === undefined ? {} : { thread_ts: thread.split('/')[1], reply_broadcast: news.card.tone === 'bad' };
    return { method: 'POST', url: new Secret(`${api}chat.postMessage`), headers, body: JSON.stringify({ ...shared, channel, ...below }) };
  },
  read(reply, { token }): Outcome {
    const known = byStatus(reply);
    if (known.kind !== 'sent' || token === undefined) return known;
    const { ok, error, channel, ts } = jsonOf(reply.text);
    if (ok === true)
      return { kind: 'sent', receipt: typeof channel === 'string' && typeof ts === 'string' ? `${channel}/${ts}` : undefined };
    const problem = typeof error === 'string' ? `Slack: ${error.slice(0, 100)}` : 'no answer of Slack’s API';
    return typeof error !== 'string' || passing.has(error) ? { kind: 'later', problem } : { kind: 'refused', problem };
  },
};
