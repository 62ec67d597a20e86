// From a gate that opens to alice's Decision, over real HTTP: a receiver in Slack's place, the hooks on a port, a signed press of the button that was received.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { httpExchange, ok, Secret, systemClock, systemRandom } from '../src/lib/index.ts';
import { Notifier, notificationsSchema } from '../src/notify/index.ts';
import { aGate, approval, aRollout, aStore, slackBot } from '../src/notify/testing/receivers.ts';
import { hookRoutes } from '../src/server/hooks/index.ts';
import { aHookOptions, gateStatus } from '../src/server/hooks/testing/app.ts';
import { says, slackSigned } from '../src/server/hooks/testing/bots.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Post {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Stands where slack.com and hooks.slack.com are. */
async function aReceiver() {
  const posts: Post[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    posts.push({ path: request.url ?? '', body: JSON.parse(await textOf(request)) });
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ ok: true, channel: 'C1', ts: `170000000${posts.length}.000100` }));
    for (const wake of waiting.splice(0)) wake();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  /** To the receiver, whatever host was meant. */
  const exchange: typeof httpExchange = (call, signal) =>
    httpExchange({ ...call, url: new URL(call.url.pathname, `http://127.0.0.1:${port}`) }, signal);
  const until = async (count: number) => {
    while (posts.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return posts[count - 1];
  };
  return { exchange, until, posts };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const buttonsOf = (post: Post | undefined): readonly { readonly action_id: string; readonly value: string }[] =>
  ((post?.body.blocks ?? []) as readonly { readonly type: string; readonly elements?: readonly { action_id: string; value: string }[] }[])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) => elements);

test('a gate opens, its message has buttons, and a signed press of one is a Decision of alice, shown in its place', async () => {
  const { exchange, until } = await aReceiver();
  const secrets = { of: async () => ok([new Secret('xoxb-1')]) };
  const notifier = new Notifier(
    { store: aStore(), exchange, secrets, clock: systemClock, random: systemRandom, log: { debug() {}, info() {}, warn() {}, error() {} } },
    notificationsSchema.parse([{ ...slackBot, name: 'ops', events: ['gate'] }]),
  );
  const stop = new AbortController();
  const running = notifier.run(stop.signal);
  closing.push(async () => {
    stop.abort();
    await running;
  });
  notifier.observe(aRollout({ gates: [aGate()] }));
  const message = await until(1);
  expect(message?.path).toBe('/api/chat.postMessage');
  const approve = buttonsOf(message).find(({ action_id }) => action_id === 'sluice.approve');

  const { options, asked } = aHookOptions({ exchange, clock: systemClock, status: () => gateStatus({ needs: 1 }) });
  const app = fastify();
  hookRoutes(app, options);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  const { url, headers, body } = slackSigned('interactions', says.slackButton(approve?.value ?? ''), systemClock.nowMs());
  const answer = await fetch(`${address}${url}`, { method: 'POST', headers, body: new Uint8Array(body) });
  expect(answer.status).toBe(200);
  expect(asked).toMatchObject([
    {
      wish: { namespace: 'shop', rollout: 'web', action: 'Approve', gate: 'qa', revision: '7c9d2f41aa', attempt: 1 },
      caller: { username: 'alice', channel: 'slack', account: 'T01/U02' },
    },
  ]);
  const changed = await until(2);
  expect(changed).toMatchObject({ path: '/actions/T01/1/abc', body: { replace_original: true, text: 'shop/web: gate qa is approved' } });
  expect(buttonsOf(changed)).toEqual([]);

  notifier.observe(aRollout({ gates: [aGate({ state: 'Approved', needs: 1, approvals: [approval('alice')] })] }));
  expect(await until(3)).toMatchObject({ path: '/api/chat.update', body: { channel: 'C1', ts: '1700000001.000100' } });
});
