import { createServer } from 'node:http';
import { connect } from 'node:net';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { hookRoutes } from './index.ts';
import { aHookOptions } from './testing/app.ts';
import { says, webhookSigned } from './testing/bots.ts';

/** The server's own time-out, made short: what is waited for here is its end, however long that takes. */
test('a body that never ends is cut by the server, and reaches nobody', async () => {
  const { options, asked, clock } = aHookOptions();
  const app = fastify({
    serverFactory: (handler) => createServer({ requestTimeout: 200, headersTimeout: 200, connectionsCheckingInterval: 50 }, handler),
  });
  hookRoutes(app, options);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { readonly port: number };
  const { headers, body, url } = webhookSigned(says.webhook(), clock.nowMs());
  const head = Object.entries({ ...headers, host: 'x', 'content-length': body.length }).map(([name, value]) => `${name}: ${value}`);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`POST ${url} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body.toString().slice(0, 20)}`),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
  await app.close();
  expect(answer.split('\r\n')[0]).toContain('408');
  expect(asked).toEqual([]);
});
