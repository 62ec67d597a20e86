import { describe, expect, test } from 'vitest';
import { encodeButton, printOf } from '../../core/chat/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { aHookApp, gateStatus, startMs } from './testing/app.ts';
import { discordSigned, githubSigned, keys, says, slackSigned, teamsSigned, webhookSigned } from './testing/bots.ts';

const button = (action: 'approve' | 'reject' = 'approve', changed: object = {}) =>
  encodeButton(action, {
    namespace: 'shop',
    rollout: 'web',
    gate: 'qa',
    print: printOf('gate-1'),
    revision: '7c9d2f41aa',
    attempt: 1,
    ...changed,
  }) ?? '';

const approval = { namespace: 'shop', rollout: 'web', gate: 'qa', action: 'Approve', revision: '7c9d2f41aa', attempt: 1 };

/** Each channel saying the same: alice approves gate qa of shop/web. */
const approvals = {
  'a button of Slack': () => slackSigned('interactions', says.slackButton(button()), startMs),
  'the command of Slack': () => slackSigned('commands', says.slackCommand('approve shop/web qa 7c9d2f41aa/1 fine'), startMs),
  'a button of Discord': () => discordSigned(says.discordButton(button()), startMs),
  'the command of Discord': () =>
    discordSigned(says.discordCommand('approve', { rollout: 'shop/web', gate: 'qa', release: '7c9d2f41aa/1' }), startMs),
  'a message of Teams': () => teamsSigned(says.teams('approve shop/web qa 7c9d2f41aa/1', startMs)),
  'a comment of GitHub': () => githubSigned(says.github('/sluice approve shop/web qa 7c9d2f41aa/1', startMs)),
  'a webhook': () => webhookSigned(says.webhook({ id: 'run-17' }), startMs),
};

describe.each(Object.entries(approvals))('%s', (_, signed) => {
  test('becomes a Decision of the mapped user, bound to revision and attempt', async () => {
    const { post, asked } = aHookApp();
    const { status } = await post(signed());
    expect(status).toBeLessThan(300);
    expect(asked.map(({ wish }) => wish)).toEqual([expect.objectContaining(approval)]);
    expect(['alice', 'system:serviceaccount:ci:deploy']).toContain(asked[0]?.caller.username);
    expect(asked[0]?.caller.groups).toContain('system:authenticated');
  });

  test('sent again has the same answer and no second effect, one after the other or many at once', async () => {
    const { post, asked } = aHookApp();
    const request = signed();
    const { url } = request;
    const first = await post(request);
    const again = await Promise.all(
      Array.from({ length: url === '/hooks/github' ? 1_000 : 50 }, (_, at) => post(request, { 'x-github-delivery': String(at) })),
    );
    expect(new Set(again.map(({ text, status }) => `${status} ${text}`))).toEqual(new Set([`${first.status} ${first.text}`]));
    expect(asked).toHaveLength(1);
  });

  test('without its signature, or six minutes later, is refused and reaches nobody', async () => {
    const { post, asked, clock } = aHookApp();
    const request = signed();
    const bare = {
      'x-slack-signature': undefined,
      'x-signature-ed25519': undefined,
      authorization: undefined,
      'x-hub-signature-256': undefined,
      'x-sluice-signature': undefined,
    };
    expect((await post(request, bare)).status).toBe(401);
    clock.jumpWall(6 * 60_000);
    expect((await post(request)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  test('of another content type is refused, whatever it looks like', async () => {
    const { post, asked } = aHookApp();
    const request = signed();
    const own = request.headers['content-type'] ?? '';
    for (const type of [
      'text/plain',
      ` ${own}x`,
      `${own}\t`,
      `${own};charset=utf-16`,
      `${own}, text/plain`,
      'multipart/form-data; boundary=x',
      'application/json\u0000',
      'application/xml',
    ])
      expect([type, (await post(request, { 'content-type': type })).status]).toEqual([type, 415]);
    expect(asked).toEqual([]);
  });

  test('leaves no secret in the log and none in an answer', async () => {
    const { post, lines } = aHookApp();
    const { text } = await post(signed());
    for (const key of Object.values(keys)) expect(lines.join() + text).not.toContain(key);
  });
});

describe('Slack', () => {
  test('has the message of the gate changed in place: who approved, how many are missing', async () => {
    const { post, sent, app } = aHookApp();
    const { status, text } = await post(slackSigned('interactions', says.slackButton(button()), startMs));
    expect([status, text]).toEqual([200, '']);
    await app.close();
    const [call] = sent;
    expect(call?.url.href).toBe('https://hooks.slack.com/actions/T01/1/abc');
    const body = JSON.parse(call?.body ?? '{}');
    expect(body.replace_original).toBe(true);
    expect(JSON.stringify(body.blocks)).toContain('approved by alice; 1 of 2, 1 missing');
    expect(JSON.stringify(body.blocks)).toContain('sluice.approve');
  });

  test('tells an account that nobody has mapped its own id, and makes no Decision', async () => {
    const { post, asked } = aHookApp();
    const reply = await post(slackSigned('commands', says.slackCommand('approve shop/web qa', 'U99'), startMs));
    expect(reply.json().response_type).toBe('ephemeral');
    expect(reply.text).toContain('slack.T01.U99');
    expect(asked).toEqual([]);
  });

  test('does not take a user of another workspace, or another user of the same name, for the one that is mapped', async () => {
    const { post, asked } = aHookApp();
    const guest = { user: { id: 'U02', username: 'alice', name: 'alice', team_id: 'T99' } };
    await post(slackSigned('interactions', says.slackButton(button(), 'U02', guest), startMs));
    await post(slackSigned('interactions', says.slackButton(button(), 'U77'), startMs));
    expect(asked).toEqual([]);
  });

  test('sends nothing to an address that is not Slack’s, even where it is signed', async () => {
    for (const response_url of [
      'http://hooks.slack.com/x',
      'https://hooks.slack.com.evil.example/x',
      'https://169.254.169.254/x',
      'https://hooks.slack.com:444/x',
      'https://u@hooks.slack.com/x',
      'no address',
    ]) {
      const { post, sent, app } = aHookApp();
      await post(slackSigned('interactions', says.slackButton(button(), 'U02', { response_url }), startMs));
      await app.close();
      expect(sent).toEqual([]);
    }
  });

  test('is answered before its patience ends; what became of it follows', async () => {
    let finish = () => {};
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { app, post, clock, sent } = aHookApp({
      decider: {
        async decide() {
          begin();
          await slow;
          return ok({ namespace: 'shop', name: 'web-1', uid: 'u', revision: '7c9d2f41aa', attempt: 1, isRepeated: false });
        },
      },
    });
    await app.ready();
    const pending = post(slackSigned('commands', says.slackCommand('approve shop/web qa'), startMs));
    await begun;
    await clock.advance(2_400);
    expect((await pending).text).toContain('Being worked on');
    finish();
    await clock.advance(0);
    expect(sent.map(({ body }) => JSON.parse(body).text)).toEqual(['shop/web: gate qa waits for approval']);
    await app.close();
  });

  test('an old button approves nothing: neither of another release nor of an earlier gate of that name', async () => {
    for (const old of [{ revision: '6d5f0c9b1e' }, { attempt: 2 }, { print: printOf('gate-0') }]) {
      const { post, asked, sent, app } = aHookApp();
      await post(slackSigned('interactions', says.slackButton(button('approve', old)), startMs));
      await app.close();
      expect(asked).toEqual([]);
      expect(JSON.parse(sent[0]?.body ?? '{}')).toMatchObject({ replace_original: false, response_type: 'ephemeral' });
    }
  });

  test('a gate that is closed is not approved again', async () => {
    const { post, asked } = aHookApp({ status: () => gateStatus({ state: 'Expired' }) });
    await post(slackSigned('interactions', says.slackButton(button()), startMs));
    expect(asked).toEqual([]);
  });

  test('is told why a Decision was refused, by itself', async () => {
    const { post } = aHookApp({
      decider: { decide: async () => fail({ status: 403, reason: 'NotAllowed', detail: 'alice may not approve <!channel>' }) },
    });
    const reply = await post(slackSigned('commands', says.slackCommand('approve shop/web qa'), startMs));
    expect(reply.json().response_type).toBe('ephemeral');
    expect(reply.text).toContain('alice may not approve &lt;!channel&gt;');
  });
});

describe('Discord', () => {
  test('answers PING, and a bad signature with 401', async () => {
    const { post } = aHookApp();
    const ping = discordSigned('{"type":1}', startMs);
    expect((await post(ping)).json()).toEqual({ type: 1 });
    expect((await post(ping, { 'x-signature-ed25519': '0'.repeat(128) })).status).toBe(401);
  });

  test('changes the message of a button, and answers others to themselves', async () => {
    const { post } = aHookApp();
    const changed = (await post(discordSigned(says.discordButton(button()), startMs))).json();
    expect(changed).toMatchObject({ type: 7, data: { allowed_mentions: { parse: [] } } });
    const refused = (await post(discordSigned(says.discordButton(button(), '701'), startMs))).json();
    expect(refused).toMatchObject({ type: 4, data: { flags: 64 } });
    expect(JSON.stringify(refused)).toContain('discord.500.701');
  });

  test('takes no decision in a direct message', async () => {
    const { post, asked } = aHookApp();
    const direct = JSON.stringify({
      ...JSON.parse(says.discordButton(button())),
      guild_id: undefined,
      member: undefined,
      user: { id: '700' },
    });
    expect((await post(discordSigned(direct, startMs))).json()).toMatchObject({ type: 4, data: { flags: 64 } });
    expect(asked).toEqual([]);
  });
});

describe('GitHub', () => {
  test.each([
    ['an edit', says.github('/sluice abort shop/web', startMs, 583231, 'edited')],
    ['a comment about something else', says.github('I would /sluice abort shop/web', startMs)],
  ])('does nothing at %s', async (_, body) => {
    const { post, asked } = aHookApp();
    expect((await post(githubSigned(body))).status).toBe(204);
    expect(asked).toEqual([]);
  });

  test('takes no word that the sender did not write', async () => {
    const { post, asked } = aHookApp();
    expect((await post(githubSigned(says.github('/sluice abort shop/web', startMs, 1)))).status).toBe(400);
    expect(asked).toEqual([]);
  });

  test('answers by a comment where there is a token, at the address of the settings', async () => {
    const { Secret } = await import('../../lib/index.ts');
    const { keysOf } = await import('./testing/bots.ts');
    const { post, sent, app } = aHookApp({
      secrets: {
        of: async () => ok(keysOf('github')),
        githubToken: async () => ok([new Secret('ghs_1')]),
        githubUrl: 'https://ghe.example/api/v3',
      },
    });
    await post(githubSigned(says.github('/sluice status shop/web', startMs).replace('api.github.com', 'evil.example')));
    await app.close();
    expect(sent.map(({ url }) => url.href)).toEqual(['https://ghe.example/api/v3/repos/acme/web/issues/7/comments']);
    expect(sent[0]?.headers.authorization).toBe('Bearer ghs_1');
  });
});

describe('a webhook', () => {
  test('needs the release that it approves', async () => {
    const { post, asked } = aHookApp();
    const reply = await post(webhookSigned(says.webhook({ revision: undefined, attempt: undefined }), startMs));
    expect([reply.status, reply.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
    expect(asked).toEqual([]);
  });

  test('is not there where nobody configured it', async () => {
    const { post } = aHookApp();
    for (const name of ['other', '__proto__', 'constructor'])
      expect((await post(webhookSigned(says.webhook(), startMs, name))).status).toBe(404);
  });

  test('has one key for one id of one account, so that a repeated request is the same Decision in another process, too', async () => {
    const [here, there] = [aHookApp(), aHookApp()];
    await here.post(webhookSigned(says.webhook({ id: 'run-17' }), startMs));
    await there.post(webhookSigned(says.webhook({ id: 'run-17' }), startMs + 1_000));
    expect(here.asked[0]?.key).toMatch(/^webhook-[0-9a-f]{40}$/);
    expect(there.asked[0]?.key).toBe(here.asked[0]?.key);
  });

  test('is a problem document where the Decision is refused', async () => {
    const { post } = aHookApp({
      decider: { decide: async () => fail({ status: 409, reason: 'Conflict', detail: 'same id, other body' }) },
    });
    expect((await post(webhookSigned(says.webhook({ id: 'x' }), startMs))).json()).toMatchObject({
      status: 409,
      reason: 'Conflict',
      type: 'about:blank',
    });
  });

  test('is told when it may come again', async () => {
    const problem = { status: 503, reason: 'NotServing', detail: 'in a moment', retryAfterSeconds: 2.5 };
    const { post } = aHookApp({ decider: { decide: async () => fail(problem) } });
    const reply = await post(webhookSigned(says.webhook(), startMs));
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '3']);
  });

  test('that failed on our side may be sent again, the same bytes', async () => {
    let tries = 0;
    const { post } = aHookApp({
      decider: {
        async decide(wish) {
          tries += 1;
          if (tries === 1) throw new Error('a bug');
          return ok({ namespace: wish.namespace, name: 'web-1', uid: 'u', revision: 'r', attempt: 1, isRepeated: false });
        },
      },
    });
    const request = webhookSigned(says.webhook(), startMs);
    expect([(await post(request)).status, (await post(request)).status]).toEqual([500, 201]);
  });
});

test('a body that is too large, or none, is refused', async () => {
  const { post, app } = aHookApp();
  expect((await post(webhookSigned(Buffer.alloc(65_537, 0x20), startMs))).status).toBe(413);
  expect((await app.inject({ method: 'POST', url: '/hooks/webhook/ci' })).statusCode).toBe(401);
  expect((await app.inject({ method: 'GET', url: '/hooks/slack/commands' })).statusCode).toBe(404);
});

test('status is shown to those who may see it, and decides nothing', async () => {
  const { post, asked } = aHookApp();
  expect((await post(slackSigned('commands', says.slackCommand('status shop/web'), startMs))).text).toContain('shop/web: Paused');
  expect((await post(slackSigned('commands', says.slackCommand('status shop/other'), startMs))).text).toContain('NotAllowed');
  expect(asked).toEqual([]);
});
