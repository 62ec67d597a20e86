import { plain } from '../core/chat/index.ts';
import { Secret } from '../lib/index.ts';
import type { Sink } from './sink.ts';
import { byStatus, json } from './sink.ts';

/** How long an alert lasts that is not repeated: longer than two refreshes, so that one may fail. */
const lastsMs = 3 * 3_600_000;

/** Alertmanager's v2 API: an alert while a Rollout is rolled back or stuck. Its labels are the same until it is over, whatever the revision. */
export const alertmanager: Sink = {
  kind: 'alertmanager',
  canEdit: () => false,
  isAlerting: true,
  render({ news, nowMs, isOver = false }, { url, token }) {
    const { namespace, rollout, revision, reason, card, atMs, kind } = news;
    const alert = {
      labels: {
        alertname: kind === 'rolledBack' ? 'SluiceRolledBack' : 'SluiceStuck',
        namespace,
        rollout,
        severity: 'warning',
        ...(kind === 'stuck' ? { reason } : {}),
      },
      annotations: { summary: plain(card.title, 200), description: plain(card.lines.join('; '), 1_000), revision },
      startsAt: new Date(Math.min(atMs, nowMs)).toISOString(),
      endsAt: new Date(isOver ? nowMs : nowMs + lastsMs).toISOString(),
    };
    const address =
      url === undefined
        ? undefined
        : new Secret(
            `${url
              .reveal()
              .replace(/\/+$/, '')
              .replace(/\/api\/v2\/alerts$/, '')}/api/v2/alerts`,
          );
    return {
      method: 'POST',
      url: address,
      headers: { ...json, ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }) },
      body: JSON.stringify([alert]),
    };
  },
  read: byStatus,
};
