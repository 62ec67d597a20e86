import type { Card } from '../core/chat/index.ts';
import { commandOf, escapeTeams, plain } from '../core/chat/index.ts';
import type { Sink } from './sink.ts';
import { byStatus, json } from './sink.ts';

const colours = { info: 'accent', good: 'good', bad: 'attention', wait: 'warning' } as const;

/** An Adaptive Card has no button that the cluster would hear of: it shows the command, bound to the release, for the outgoing webhook. */
export function adaptiveCard({ tone, title, lines, plot, gate }: Card) {
  const block = (text: string, more: object = {}) => ({ type: 'TextBlock', wrap: true, text, ...more });
  const commands =
    gate === undefined
      ? []
      : (['approve', 'reject'] as const).map((action) => block(`@Sluice ${commandOf(action, gate)}`, { fontType: 'Monospace' }));
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      block(escapeTeams(plain(title, 200)), { weight: 'Bolder', size: 'Medium', color: colours[tone] }),
      ...lines.map((line) => block(escapeTeams(plain(line)))),
      ...(plot === undefined ? [] : [block(escapeTeams(plain(plot, 200)), { fontType: 'Monospace' })]),
      ...commands,
    ],
  };
}

/** Teams: the workflow "when a webhook request is received". Messages cannot be changed, nor kept in a thread. */
export const teams: Sink = {
  kind: 'teams',
  canEdit: () => false,
  render({ news }, { url }) {
    const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: adaptiveCard(news.card) };
    return { method: 'POST', url, headers: json, body: JSON.stringify({ type: 'message', attachments: [attachment] }) };
  },
  read: byStatus,
};
