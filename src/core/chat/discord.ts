import { encodeButton } from './button.ts';
import type { Card } from './card.ts';
import { commandOf } from './card.ts';
import { escapeDiscord, plain } from './escape.ts';

const colours = { info: 0x3b82f6, good: 0x22c55e, bad: 0xef4444, wait: 0xf59e0b } as const;

/** Nobody is pinged, whatever a text holds. */
export const noMentions = { parse: [] } as const;

/** A message with one embed; a gate's buttons where they fit into `custom_id`, and the command to type: not every webhook may send buttons. */
export function discordMessage({ tone, title, lines, plot, gate }: Card) {
  const buttons =
    gate === undefined
      ? []
      : (['approve', 'reject'] as const).flatMap((action) => {
          const id = encodeButton(action, gate);
          return id === undefined
            ? []
            : [{ type: 2, style: action === 'approve' ? 3 : 4, label: action === 'approve' ? 'Approve' : 'Reject', custom_id: id }];
        });
  const typed = gate !== undefined ? [`/sluice ${escapeDiscord(commandOf('approve', gate))}`] : [];
  const body = [
    ...lines.map((line) => escapeDiscord(plain(line))),
    ...typed,
    ...(plot === undefined ? [] : [`\`${plain(plot, 200).replaceAll('`', "'")}\``]),
  ];
  return {
    content: '',
    embeds: [{ title: escapeDiscord(plain(title, 120)), description: body.join('\n').slice(0, 4_000), color: colours[tone] }],
    components: buttons.length === 0 ? [] : [{ type: 1, components: buttons }],
    allowed_mentions: noMentions,
  };
}
