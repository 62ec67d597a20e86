import { generateKeyPairSync, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../lib/index.ts';
import type { SignedRequest, Verified } from './signature.ts';
import { publicKeyOf, verifyDiscord, verifyGithub, verifySlack, verifyTeams, verifyWebhook } from './signature.ts';

const secrets = (...values: string[]) => values.map((value) => new Secret(value));

/** Known answers: what the vendors publish, and what openssl says where they publish none. */
const vectors: readonly {
  readonly name: string;
  readonly verify: (request: SignedRequest, keys: readonly Secret[]) => Verified;
  readonly key: string;
  readonly other: string;
  readonly atMs: number;
  readonly isTimed: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: string;
  readonly body: string;
}[] = [
  {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    name: 'Slack, of its documentation',
    verify: verifySlack,
    key: '8f742231b10e8888abcd99yyyzzz85a5',
    other: '8f742231b10e8888abcd99yyyzzz85a6',
    atMs: 1531420618_000,
    isTimed: true,
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    signature: 'x-slack-signature',
    body: 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  },
  {
    // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    name: 'GitHub, of its documentation',
    verify: verifyGithub,
    key: "It's a Secret to Everybody",
    other: "It's a Secret to everybody",
    atMs: 0,
    isTimed: false,
    headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
    signature: 'x-hub-signature-256',
    body: 'Hello, World!',
  },
  {
    // The key is the one of Microsoft's sample; it has no signature, so this one is `openssl dgst -sha256 -mac HMAC`.
    name: 'Teams, by the key of its sample',
    verify: verifyTeams,
    key: '+ZaRRMC8+mpnfGaGsBOmkIFt98bttL5YQRq3p2tXgcE=',
    other: 'vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=',
    atMs: 0,
    isTimed: false,
    headers: { authorization: 'HMAC 6XkfQMI9gDgYv15QltmcmoBjrxpRqseu/7Az9bG15pw=' },
    signature: 'authorization',
    body: '{"type":"message","id":"1700000000000","timestamp":"2023-11-14T22:13:20.000Z","text":"<at>Sluice</at> approve shop/web qa","from":{"id":"29:1","name":"Alice","aadObjectId":"11111111-2222-3333-4444-555555555555"},"conversation":{"id":"19:x","tenantId":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"}}',
  },
  {
    // Key of RFC 8032, 7.1, test 1; timestamp and body signed by `openssl pkeyutl -rawin`.
    name: 'Discord, by the key of RFC 8032',
    verify: verifyDiscord,
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    other: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    atMs: 1_700_000_000_000,
    isTimed: true,
    headers: {
      'x-signature-timestamp': '1700000000',
      'x-signature-ed25519':
        '1695961a47c91a1ec033b819b7e87e3dbc583dd0cee6d1fd0216f58ac87b6228ae531ddbf91fb7bc28d7edf7f08604da16f54624f38a6bc0614e4dc13cd47f0f',
    },
    signature: 'x-signature-ed25519',
    body: '{"type":1}',
  },
  {
    // docs/chat.md; `openssl dgst -sha256 -hmac`.
    name: 'a webhook, of our documentation',
    verify: verifyWebhook,
    key: 'a secret of two',
    other: 'another secret',
    atMs: 1_700_000_000_000,
    isTimed: true,
    headers: {
      'x-sluice-timestamp': '1700000000',
      'x-sluice-signature': 'v1=8731450531d6475e916e7689d062acef03b32b4969aadcfcc5f705af1c81c6e0',
    },
    signature: 'x-sluice-signature',
    body: '{"account":"ci"}',
  },
];

describe.each(vectors)('$name', ({ verify, key, other, atMs, isTimed, headers, signature, body }) => {
  const request = (changed: Partial<SignedRequest> = {}): SignedRequest => ({ headers, body: Buffer.from(body), nowMs: atMs, ...changed });

  test('the known answer holds, also beside another secret while one replaces the other', () => {
    expect(verify(request(), secrets(key)).kind).toBe('genuine');
    expect(verify(request(), secrets(other, key)).kind).toBe('genuine');
  });

  test('another key, no key and an empty key sign nothing', () => {
    for (const keys of [secrets(other), [], secrets('')]) expect(verify(request(), keys).kind).toBe('forged');
  });

  test('one bit of the body, anywhere, is another message', () => {
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const flipped = Buffer.from(body);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify(request({ body: flipped }), secrets(key)).kind).toBe('forged');
    }
  });

  test('one changed character of the signature, anywhere, and every other length, is none', () => {
    const text = headers[signature] ?? '';
    for (let at = 0; at < text.length; at += 1) {
      const flipped = `${text.slice(0, at)}${text[at] === '5' ? '6' : '5'}${text.slice(at + 1)}`;
      expect([at, verify(request({ headers: { ...headers, [signature]: flipped } }), secrets(key)).kind]).toEqual([at, 'forged']);
      expect(verify(request({ headers: { ...headers, [signature]: text.slice(0, at) } }), secrets(key)).kind).toBe('forged');
    }
    for (const wrong of [undefined, '', `${text}0`, `${text}${text}`, [text], 7, `x${text}`, 'é'.repeat(64)])
      expect(verify(request({ headers: { ...headers, [signature]: wrong } }), secrets(key)).kind).toBe('forged');
  });

  test('a body that was read and written again is another message', () => {
    expect(verify(request({ body: Buffer.from(`${body} `) }), secrets(key)).kind).toBe('forged');
    expect(verify(request({ body: Buffer.from(body, 'utf16le') }), secrets(key)).kind).toBe('forged');
  });

  test.runIf(isTimed)('five minutes to either side are taken, a second more is not', () => {
    for (const shift of [-300_000, 0, 300_000]) expect(verify(request({ nowMs: atMs + shift }), secrets(key)).kind).toBe('genuine');
    for (const shift of [-301_000, 301_000]) expect(verify(request({ nowMs: atMs + shift }), secrets(key)).kind).toBe('stale');
  });

  test.runIf(isTimed)('the time itself is signed', () => {
    const timeHeader = Object.keys(headers).find((name) => name !== signature) ?? '';
    const later = String(Number(headers[timeHeader]) + 1);
    for (const wrong of [later, undefined, '', 'soon', `${headers[timeHeader]}.0`, ` ${headers[timeHeader]}`, '9'.repeat(40), '-1', '1e9'])
      expect(verify(request({ headers: { ...headers, [timeHeader]: wrong } }), secrets(key)).kind).toBe('forged');
  });

  test('headers that are not signed change nothing about which message it is', () => {
    const prints = ['1', '2'].map((delivery) => verify(request({ headers: { ...headers, 'x-github-delivery': delivery } }), secrets(key)));
    expect(prints[0]).toEqual(prints[1]);
  });
});

test('the SHA-1 signature of GitHub is not looked at', () => {
  const headers = { 'x-hub-signature': 'sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59' };
  const request = { headers, body: Buffer.from('Hello, World!'), nowMs: 0 };
  expect(verifyGithub(request, secrets("It's a Secret to Everybody")).kind).toBe('forged');
});

test('a key of small order, of another length, or no point at all is no key of Discord', () => {
  expect(publicKeyOf('00'.repeat(32))).toBeUndefined();
  expect(publicKeyOf(`01${'00'.repeat(31)}`)).toBeUndefined();
  expect(publicKeyOf('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')).toBeUndefined();
  expect(publicKeyOf('d75a98')).toBeUndefined();
  expect(publicKeyOf('zz'.repeat(32))).toBeUndefined();
  const body = Buffer.from('{"type":1}');
  const headers = { 'x-signature-timestamp': '1700000000', 'x-signature-ed25519': `01${'00'.repeat(63)}` };
  expect(verifyDiscord({ headers, body, nowMs: 1_700_000_000_000 }, secrets(`01${'00'.repeat(31)}`)).kind).toBe('forged');
});

test('a signature of Discord holds for the key that made it and for no other', () => {
  const [mine, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const hex = mine.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const body = Buffer.from('{"type":2}');
  const headersBy = (key: typeof mine) => ({
    'x-signature-timestamp': '1700000000',
    'x-signature-ed25519': sign(null, Buffer.concat([Buffer.from('1700000000'), body]), key.privateKey).toString('hex'),
  });
  const verify = (headers: Readonly<Record<string, string>>) =>
    verifyDiscord({ headers, body, nowMs: 1_700_000_000_000 }, secrets(hex)).kind;
  expect([verify(headersBy(mine)), verify(headersBy(other))]).toEqual(['genuine', 'forged']);
});

test('several signatures of a webhook may stand side by side while a secret is replaced', () => {
  const good = 'v1=8731450531d6475e916e7689d062acef03b32b4969aadcfcc5f705af1c81c6e0';
  const request = (signature: string) => ({
    headers: { 'x-sluice-timestamp': '1700000000', 'x-sluice-signature': signature },
    body: Buffer.from('{"account":"ci"}'),
    nowMs: 1_700_000_000_000,
  });
  expect(verifyWebhook(request(`v1=${'0'.repeat(64)}, ${good}`), secrets('a secret of two')).kind).toBe('genuine');
  expect(verifyWebhook(request(`v2=${good.slice(3)}`), secrets('a secret of two')).kind).toBe('forged');
});

test('a secret is shown nowhere', () => {
  const secret = new Secret('hunter2');
  expect(
    [String(secret), JSON.stringify({ secret }), `${secret}`, inspect({ secret }), inspect([secret], { showHidden: true })].join(),
  ).not.toContain('hunter2');
});
