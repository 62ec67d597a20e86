import { hmacSha256Hex } from '../lib/index.ts';
import type { News } from './news.ts';
import type { Sink } from './sink.ts';
import { byStatus, json } from './sink.ts';

/** What a program is told: no text to be taken apart, and a stable id by which it knows what it has had. */
export const eventOf = ({ id, kind, state, atMs, namespace, rollout, uid, revision, attempt, reason, card }: News) => ({
  ...{ id, kind, state, at: new Date(atMs).toISOString(), reason },
  rollout: { namespace, name: rollout, uid },
  ...{ revision, ...(attempt === 0 ? {} : { attempt }) },
  title: card.title,
  lines: card.lines,
  ...(card.gate === undefined ? {} : { gate: card.gate.gate }),
});

/** Any other receiver. Signed as it signs itself when it calls `/hooks/webhook/{name}`: HMAC-SHA256 over `timestamp.body`. */
export const webhook: Sink = {
  kind: 'webhook',
  canEdit: () => false,
  render({ news, nowMs }, { url, token, secret }) {
    const body = JSON.stringify(eventOf(news));
    const time = String(Math.floor(nowMs / 1000));
    const signature: Record<string, string> =
      secret === undefined ? {} : { 'x-sluice-signature': `v1=${hmacSha256Hex(secret.reveal(), `${time}.${body}`)}` };
    const bearer: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
    return {
      method: 'POST',
      url,
      headers: { ...json, 'x-sluice-timestamp': time, 'x-sluice-id': headerOf(news.id), ...signature, ...bearer },
      body,
    };
  },
  read: byStatus,
};

const headerOf = (text: string): string => text.replace(/[^\x21-\x7e]/g, '-').slice(0, 300);
