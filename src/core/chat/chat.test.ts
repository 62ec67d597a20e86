import { describe, expect, test } from 'vitest';
import { readRolloutStatus } from '../../api/index.ts';
import type { Card } from './index.ts';
import {
  decodeButton,
  discordMessage,
  encodeButton,
  escapeDiscord,
  escapeGithub,
  escapeSlack,
  escapeTeams,
  gateCard,
  plain,
  printOf,
  slackMessage,
} from './index.ts';

const hostile = [
  '<!channel> <!here> <@U123> <https://evil.example|shop>',
  '@everyone @here <@123> [click](https://evil.example) ||x||',
  '<at>Boss</at> <a href="javascript:alert(1)">x</a> ![i](https://evil.example/i.png)',
  'line\r\n\u001b[31mred\u202Eevil\u2066 #1 org/repo#2 `code` *bold* _it_ ~no~',
];

describe('what others wrote', () => {
  test.each(hostile)('%j neither pings, links nor breaks the line', (text) => {
    const line = plain(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(line).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
    expect(escapeSlack(line)).not.toMatch(/<|:\/\//);
    expect(escapeDiscord(line)).not.toMatch(/@(everyone|here)|(^|[^\\])<@|:\/\/|(^|[^\\])\[/);
    expect(escapeTeams(line)).not.toMatch(/<|:\/\/|(^|[^\\])\[/);
    expect(escapeGithub(line)).not.toMatch(/<|@\w|:\/\/|(^|[^\\])[[#]/);
  });

  test('is cut without half a character', () => {
    expect(plain('👍'.repeat(600), 10)).toBe('👍👍👍👍…');
    expect(plain('x'.repeat(5_000), 10)).toBe('xxxxxxxxx…');
  });
});

const ref = { namespace: 'shop', rollout: 'web', gate: 'qa', print: printOf('gate-1'), revision: '7c9d2f41aa', attempt: 1 };

describe('a button', () => {
  test('says which gate of which release it is for', () => {
    const text = encodeButton('approve', ref);
    expect(text).toBe(`sluice|approve|shop|web|qa|${printOf('gate-1')}|7c9d2f41aa|1`);
    expect(decodeButton(text ?? '')).toEqual({ action: 'approve', ref });
  });

  test.each([
    '',
    'sluice',
    `sluice|abort|shop|web|qa|${ref.print}|7c9d2f41aa|1`,
    `sluice|approve|shop|web|qa|${ref.print}|7c9d2f41aa|0`,
    `sluice|approve|shop|web|qa|${ref.print}|7c9d2f41aa|1|more`,
    `sluice|approve|../x|web|qa|${ref.print}|7c9d2f41aa|1`,
    `sluice|approve|shop|web|qa|print|7c9d2f41aa|1`,
  ])('%j is none', (text) => expect(decodeButton(text)).toBeUndefined());

  test('that does not fit into Discord is left out, and the command is there to type', () => {
    const card: Card = { tone: 'wait', title: 'x', lines: [], gate: { ...ref, rollout: 'w'.repeat(90) } };
    expect(discordMessage(card).components).toEqual([]);
    expect(discordMessage(card).embeds[0]?.description).toContain('/sluice approve shop/');
    expect(JSON.stringify(slackMessage(card).blocks)).toContain('"action_id":"sluice.approve"');
  });
});

const status = readRolloutStatus({
  phase: 'Paused',
  canaryRevision: '7c9d2f41aa',
  attempt: 1,
  conditions: [],
  step: { index: 2, total: 7, label: '3/7', kind: 'gate', startedAt: '2026-01-01T00:00:00.000Z' },
  weight: { desired: 10 },
  message: 'Did <!channel> sign off?',
  gates: [
    {
      ...{ name: 'qa', id: 'gate-1', state: 'Open', openedAt: '2026-01-01T00:00:00.000Z', needs: 2 },
      approvals: [{ subject: 'alice', at: '2026-01-01T00:01:00.000Z', channel: 'slack', decision: 'web-1' }],
    },
  ],
}).value;
const [gate] = status.gates ?? [];
if (gate === undefined) throw new Error('the status has no gate');

describe('the card of a gate', () => {
  const named = { namespace: 'shop', name: 'web' };

  test('says who approved and how many are missing', () => {
    const card = gateCard(named, status, gate);
    expect(card.title).toBe('shop/web: gate qa waits for approval');
    expect(card.lines).toContain('approved by alice; 1 of 2, 1 missing');
    expect(card.gate).toEqual(ref);
  });

  test('counts a word that status does not show yet, once', () => {
    const own = (subject: string, decision: string) => gateCard(named, status, gate, { action: 'Approve', subject, decision });
    expect(own('bob', 'web-2')).toMatchObject({ title: 'shop/web: gate qa is approved', tone: 'good' });
    expect(own('bob', 'web-2').gate).toBeUndefined();
    expect(own('alice', 'web-3').lines).toContain('approved by alice; 1 of 2, 1 missing');
  });

  test('shows a rejection at once', () => {
    const card = gateCard(named, status, gate, { action: 'Reject', subject: 'bob', decision: 'web-2' });
    expect([card.title, card.lines[1], card.gate]).toEqual(['shop/web: gate qa is rejected', 'rejected by bob', undefined]);
  });

  test('pings nobody in any channel', () => {
    const card = gateCard(named, status, gate);
    expect(JSON.stringify(slackMessage(card))).not.toContain('<!channel>');
    expect(discordMessage(card).allowed_mentions).toEqual({ parse: [] });
  });
});
