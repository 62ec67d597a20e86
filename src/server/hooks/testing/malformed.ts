import { encodeButton, printOf } from '../../../core/chat/index.ts';
import type { Random } from '../../../lib/index.ts';
import type { Signed } from './bots.ts';
import { discordSigned, githubSigned, says, slackSigned, teamsSigned, webhookSigned } from './bots.ts';

/** Requests that no vendor would send. Most carry a genuine signature: what is behind it must hold by itself. */

export interface Malformed {
  readonly kind: string;
  readonly request: Signed;
}

interface Bot {
  readonly sign: (body: string | Buffer, atMs: number) => Signed;
  /** The JSON of a genuine message, and how it is put into a body. */
  readonly json: (atMs: number) => string;
  readonly wrap: (json: string | Buffer) => string | Buffer;
  /** Members, by their paths, without which a message is none; of others the type alone matters. */
  readonly needed: readonly (readonly string[])[];
}

const value =
  encodeButton('approve', { namespace: 'shop', rollout: 'web', gate: 'qa', print: printOf('g'), revision: '7c9d2f41aa', attempt: 1 }) ?? '';
const payloadOf = (form: string): string => new URLSearchParams(form).get('payload') ?? '';
const asIs = (json: string | Buffer) => json;

export const bots: Readonly<Record<string, Bot>> = {
  slack: {
    sign: (body, atMs) => slackSigned('interactions', body, atMs),
    json: () => payloadOf(says.slackButton(value)),
    wrap: (json) => (typeof json === 'string' ? `payload=${encodeURIComponent(json)}` : Buffer.concat([Buffer.from('payload='), json])),
    needed: [['type'], ['user'], ['user', 'id'], ['actions', '0', 'value'], ['actions', '0', 'action_id']],
  },
  discord: {
    sign: discordSigned,
    json: () => says.discordButton(value),
    wrap: asIs,
    needed: [['type'], ['id'], ['application_id'], ['token'], ['member', 'user', 'id'], ['data', 'custom_id']],
  },
  teams: {
    sign: (body) => teamsSigned(body),
    json: (atMs) => says.teams('approve shop/web qa', atMs),
    wrap: asIs,
    needed: [['type'], ['timestamp'], ['from'], ['from', 'aadObjectId'], ['channelData', 'tenant', 'id']],
  },
  github: {
    sign: (body) => githubSigned(body),
    json: (atMs) => says.github('/sluice approve shop/web qa', atMs),
    wrap: asIs,
    needed: [
      ['action'],
      ['comment'],
      ['comment', 'body'],
      ['comment', 'created_at'],
      ['comment', 'user', 'id'],
      ['sender', 'id'],
      ['issue', 'number'],
    ],
  },
  webhook: {
    sign: webhookSigned,
    json: () => says.webhook(),
    wrap: asIs,
    needed: [['account'], ['namespace'], ['rollout'], ['action'], ['gate'], ['revision'], ['attempt']],
  },
};

const wrongs: readonly unknown[] = [
  null,
  [],
  {},
  [[[]]],
  -1,
  1e308,
  0.5,
  true,
  { __proto__: 1 },
  '\u0000',
  'x'.repeat(40_000),
  ['x'],
  { id: { id: 1 } },
];

export function malformed(bot: Bot, random: Random, atMs: number): Malformed {
  const json = bot.json(atMs);
  const below = (limit: number) => Math.floor(random.next() * limit);
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[]): T => list[below(list.length)] as T;
  const signed = (body: string | Buffer) => bot.sign(bot.wrap(body), atMs);
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => below(256)));
  switch (below(10)) {
    case 0:
      return { kind: 'cut off', request: signed(json.slice(0, below(json.length))) };
    case 1:
      // 0xff stands nowhere in UTF-8.
      return { kind: 'noise', request: bot.sign(Buffer.concat([noise(below(2_000)), Buffer.from([0xff])]), atMs) };
    case 2: {
      const depth = 1 + below(15_000);
      return { kind: 'deep', request: signed(pick(['[', '{"a":', '[{"a":['].map((open) => open.repeat(Math.floor(depth / open.length))))) };
    }
    case 3: {
      const path = pick(bot.needed);
      // Another text there is another message, and none of ours: no fault.
      const isOpen = ['type', 'action', 'body', 'action_id'].includes(path.at(-1) ?? '');
      const wrong = pick(isOpen ? wrongs.filter((one) => typeof one !== 'string') : wrongs);
      return { kind: 'wrong member', request: signed(JSON.stringify(replaced(JSON.parse(json), path, wrong))) };
    }
    case 4:
      return { kind: 'missing member', request: signed(JSON.stringify(replaced(JSON.parse(json), pick(bot.needed), undefined))) };
    case 5:
      return { kind: 'no object', request: signed(JSON.stringify(pick([...wrongs, 'text', 7]))) };
    case 6: {
      const request = signed(json);
      const name = pick(
        Object.keys(request.headers).filter((header) => /signature|authorization/.test(header) && header !== 'x-signature-timestamp'),
      );
      const text = request.headers[name] ?? '';
      const at = below(text.length);
      const other = text[at] === 'a' ? 'b' : 'a';
      return {
        kind: 'signature',
        request: { ...request, headers: { ...request.headers, [name]: `${text.slice(0, at)}${other}${text.slice(at + 1)}` } },
      };
    }
    case 7: {
      const request = signed(json);
      const body = Buffer.from(request.body);
      const at = below(body.length);
      body[at] = (body[at] ?? 0) ^ (1 << below(8));
      return { kind: 'bit flip', request: { ...request, body } };
    }
    case 8: {
      const request = signed(json);
      const type = pick([
        'text/plain',
        'application/xml',
        `${request.headers['content-type']},x`,
        'application/json;q=1',
        '/',
        'a'.repeat(300),
        'application/jsonp',
      ]);
      return { kind: 'content type', request: { ...request, headers: { ...request.headers, 'content-type': type } } };
    }
    default:
      return {
        kind: 'polluting',
        request: signed(`{"__proto__":${json},"constructor":{"prototype":${json}},"x":${JSON.stringify('y'.repeat(below(30_000)))}}`),
      };
  }
}

function replaced(root: unknown, path: readonly string[], to: unknown): unknown {
  const [key = '', ...rest] = path;
  if (typeof root !== 'object' || root === null) return root;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(root) ? [...root] : { ...root };
  const members = copy as Record<string, unknown>;
  members[key] = rest.length === 0 ? to : replaced(members[key], rest, to);
  return copy;
}
