import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Reply } from './channel.ts';
import { hookChannels } from './registry.ts';
import type { HookOptions } from './serve.ts';
import { HookServer } from './serve.ts';
import { problemReply } from './webhook.ts';

export { type Accounts, configMapAccounts, type Person } from './accounts.ts';
export { createHooks } from './create.ts';
export { type HookSecrets, hookSecrets } from './secrets.ts';
export type { HookOptions } from './serve.ts';
export { type ChannelSettings, channelsSchema } from './settings.ts';
export { reviewedView, type View } from './view.ts';

const bodyLimit = 65_536;

/** The routes of chat channels. Their bodies stay bytes: a signature is over what came, and nothing is parsed before it holds. */
export function hookRoutes(app: FastifyInstance, given: HookOptions | (() => HookOptions | undefined)): void {
  void app.register((scope, _options, done) => {
    let known: HookServer | undefined;
    // The server listens before the process knows its cluster.
    const serverNow = () => {
      const options = typeof given === 'function' ? given() : given;
      if (options !== undefined) known ??= new HookServer(options);
      return known;
    };
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    scope.setErrorHandler(async (error, _request, reply) => send(reply, replyOf(error, serverNow()?.log)));
    scope.addHook('onClose', async () => known?.close());
    for (const [url, use] of Object.entries(hookChannels)) {
      scope.post(url, { bodyLimit, config: { policy: { kind: 'signed' } } }, async (request, reply) => {
        const server = serverNow();
        const answer = server === undefined ? starting : await use((channel) => server.serve(channel, requestOf(request)));
        return send(reply, answer);
      });
    }
    done();
  });
}

const starting = problemReply(503, 'NotServing', 'this replica is starting');

function requestOf({ headers, body, params }: FastifyRequest) {
  const { name } = params as { readonly name?: string };
  return { headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0), name };
}

async function send(
  reply: FastifyReply,
  { status, body, contentType = 'application/json', retryAfterSeconds }: Reply,
): Promise<FastifyReply> {
  reply.code(status).header('cache-control', 'no-store');
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterSeconds)));
  if (body === undefined) return reply.send();
  return reply.type(contentType).send(JSON.stringify(body));
}

const reasonsOf: Readonly<Record<number, string>> = { 408: 'RequestTooSlow', 413: 'BodyTooLarge', 415: 'UnsupportedMediaType' };

/** What Fastify refuses by itself: a body that is too large, a length that is wrong. */
function replyOf(error: unknown, log: HookOptions['log'] | undefined): Reply {
  const status = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status < 500) return problemReply(status, reasonsOf[status] ?? 'InvalidRequest', 'the request is malformed');
  log?.error({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'a request to a channel failed');
  return problemReply(500, 'InternalError', 'the request failed');
}
