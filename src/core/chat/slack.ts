import { encodeButton } from './button.ts';
import type { Card } from './card.ts';
import { escapeSlack, plain } from './escape.ts';

const signs = { info: ':arrow_forward:', good: ':white_check_mark:', bad: ':x:', wait: ':raised_hand:' } as const;

/** `verbatim`: Slack itself must not turn names or addresses into mentions and links. */
const markdown = (text: string) => ({ type: 'mrkdwn', text: text.slice(0, 2_900), verbatim: true });

/** A message in Block Kit; `text` is what notifications of a telephone show. */
export function slackMessage({ tone, title, lines, plot, gate }: Card) {
  const body = lines.map((line) => escapeSlack(plain(line)));
  const buttons =
    gate === undefined ? [] : (['approve', 'reject'] as const).flatMap((action) => button(action, encodeButton(action, gate, 1_900)));
  return {
    text: escapeSlack(plain(title, 200)),
    blocks: [
      { type: 'section', text: markdown(`${signs[tone]} *${escapeSlack(plain(title, 200))}*`) },
      ...(body.length === 0 ? [] : [{ type: 'section', text: markdown(body.join('\n')) }]),
      ...(plot === undefined ? [] : [{ type: 'context', elements: [{ type: 'plain_text', text: plain(plot, 200), emoji: false }] }]),
      ...(buttons.length === 0 ? [] : [{ type: 'actions', block_id: 'sluice', elements: buttons }]),
    ],
  };
}

function button(action: 'approve' | 'reject', value: string | undefined) {
  if (value === undefined) return [];
  const isApproval = action === 'approve';
  return [
    {
      type: 'button',
      action_id: `sluice.${action}`,
      style: isApproval ? 'primary' : 'danger',
      text: { type: 'plain_text', text: isApproval ? 'Approve' : 'Reject' },
      value,
    },
  ];
}
