import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { Secret } from '../../../lib/index.ts';

/** The other side of each channel: signs as the vendor does, written from its documentation and not from our code. */

export interface Signed {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const mac = (key: string | Buffer, ...parts: readonly (string | Buffer)[]) => {
  const hash = createHmac('sha256', key);
  for (const part of parts) hash.update(part);
  return hash;
};

const discordKeys = generateKeyPairSync('ed25519');

export const keys = {
  slack: 'slack-signing-secret',
  discord: discordKeys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
  teams: Buffer.from('a key of Teams, 32 bytes long....').toString('base64'),
  github: 'github-secret',
  webhook: 'webhook-secret',
};

export const keysOf = (channel: keyof typeof keys): readonly Secret[] => [new Secret(keys[channel])];

const seconds = (atMs: number) => String(Math.floor(atMs / 1000));
const bytes = (body: string | Buffer) => (typeof body === 'string' ? Buffer.from(body) : body);

export function slackSigned(path: 'interactions' | 'commands', form: string | Buffer, atMs: number): Signed {
  const body = bytes(form);
  const signature = `v0=${mac(keys.slack, `v0:${seconds(atMs)}:`, body).digest('hex')}`;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': seconds(atMs),
    'x-slack-signature': signature,
  };
  return { url: `/hooks/slack/${path}`, headers, body };
}

export function discordSigned(json: string | Buffer, atMs: number): Signed {
  const body = bytes(json);
  const signature = sign(null, Buffer.concat([Buffer.from(seconds(atMs)), body]), discordKeys.privateKey).toString('hex');
  const headers = { 'content-type': 'application/json', 'x-signature-timestamp': seconds(atMs), 'x-signature-ed25519': signature };
  return { url: '/hooks/discord', headers, body };
}

export function teamsSigned(json: string | Buffer): Signed {
  const body = bytes(json);
  const signature = mac(Buffer.from(keys.teams, 'base64'), body).digest('base64');
  return { url: '/hooks/teams', headers: { 'content-type': 'application/json; charset=utf-8', authorization: `HMAC ${signature}` }, body };
}

export function githubSigned(json: string | Buffer, delivery = '72d3162e-cc78-11e3-81ab-4c9367dc0958'): Signed {
  const body = bytes(json);
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'issue_comment',
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${mac(keys.github, body).digest('hex')}`,
  };
  return { url: '/hooks/github', headers, body };
}

export function webhookSigned(json: string | Buffer, atMs: number, name = 'ci'): Signed {
  const body = bytes(json);
  const headers = {
    'content-type': 'application/json',
    'x-sluice-timestamp': seconds(atMs),
    'x-sluice-signature': `v1=${mac(keys.webhook, `${seconds(atMs)}.`, body).digest('hex')}`,
  };
  return { url: `/hooks/webhook/${name}`, headers, body };
}

/** What each says when a person approves gate `qa` of `shop/web`. */
export const says = {
  slackButton: (value: string, user = 'U02', extra: object = {}) =>
    `payload=${encodeURIComponent(
      JSON.stringify({
        type: 'block_actions',
        team: { id: 'T01', domain: 'acme' },
        user: { id: user, username: 'alice', name: 'alice', team_id: 'T01' },
        trigger_id: '13345224609.738474920.8088930838d88f008e0',
        response_url: 'https://hooks.slack.com/actions/T01/1/abc',
        actions: [
          { type: 'button', action_id: `sluice.${value.split('|')[1]}`, block_id: 'sluice', value, action_ts: '1548426417.840180' },
        ],
        ...extra,
      }),
    )}`,
  slackCommand: (text: string, user = 'U02') =>
    new URLSearchParams({
      ...{ token: 'x', team_id: 'T01', team_domain: 'acme', channel_id: 'C1', channel_name: 'ops', user_id: user, user_name: 'alice' },
      ...{ command: '/sluice', text, response_url: 'https://hooks.slack.com/commands/T01/1/abc', trigger_id: '1.2.abc' },
    }).toString(),
  discordButton: (customId: string, user = '700') =>
    JSON.stringify({
      ...{ version: 1, type: 3, id: '846462639134605312', application_id: '100', token: 'unique_token', guild_id: '500' },
      member: { user: { id: user, username: 'alice' }, roles: [] },
      data: { component_type: 2, custom_id: customId },
      message: { id: '1', content: '' },
    }),
  discordCommand: (name: string, options: Readonly<Record<string, string>>, user = '700') =>
    JSON.stringify({
      ...{ version: 1, type: 2, id: '846462639134605313', application_id: '100', token: 'unique_token', guild_id: '500' },
      member: { user: { id: user } },
      data: {
        id: '9',
        name: 'sluice',
        type: 1,
        options: [{ type: 1, name, options: Object.entries(options).map(([key, value]) => ({ type: 3, name: key, value })) }],
      },
    }),
  teams: (text: string, atMs: number, user = '11111111-2222-3333-4444-555555555555') =>
    JSON.stringify({
      ...{ type: 'message', id: '1700000000000', timestamp: new Date(atMs).toISOString(), serviceUrl: 'https://smba.trafficmanager.net/' },
      from: {
        id: '29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85gQtHieVkKilBZ9XHoq9j7Zaqt7CZ-NJWi7me2kHTL3Bw',
        name: 'Alice',
        aadObjectId: user,
      },
      conversation: { id: '19:253b1f341670408fb6fe51050b6e5ceb@thread.skype;messageid=1', isGroup: true },
      channelData: { tenant: { id: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' } },
      text: `<at>Sluice</at>&nbsp;${text}\n`,
    }),
  github: (body: string, atMs: number, sender = 583231, action = 'created') =>
    JSON.stringify({
      action,
      issue: { number: 7, comments_url: 'https://api.github.com/repos/acme/web/issues/7/comments' },
      comment: { id: 99, body, created_at: new Date(atMs).toISOString(), user: { id: 583231, login: 'alice' } },
      repository: { full_name: 'acme/web' },
      sender: { id: sender, login: 'alice' },
    }),
  webhook: (extra: object = {}) =>
    JSON.stringify({
      account: 'deploy-bot',
      namespace: 'shop',
      rollout: 'web',
      action: 'approve',
      gate: 'qa',
      revision: '7c9d2f41aa',
      attempt: 1,
      ...extra,
    }),
};
