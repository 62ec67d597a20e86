import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerFactory } from 'fastify';
import fastify from 'fastify';
import type { z } from 'zod';
import type { ReasonCode } from '../core/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { Problem } from './decider.ts';
import type { Entry, GuardOptions } from './guard.ts';
import { createGuard } from './guard.ts';
import type { HealthSources } from './health.ts';
import { healthRoutes } from './health.ts';
import { parseStrictJson } from './json.ts';
import { openApiDocument } from './openapi.ts';
import type { RoutePolicy } from './policy.ts';
import { problem, problemDocument, problemType, sendProblem } from './problem.ts';
import { addressKey, RateLimiter } from './rate-limit.ts';
import type { ApiRoute } from './routes/index.ts';
import { apiRoutes } from './routes/index.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: RoutePolicy;
  }
  interface FastifyRequest {
    entry: Entry;
  }
}

export interface AppOptions extends GuardOptions {
  readonly health: HealthSources;
  readonly version: string;
  readonly isDraining: () => boolean;
  readonly serverFactory?: FastifyServerFactory;
  /** Routes of others, each with its policy, in scopes of their own. */
  readonly more?: ((app: FastifyInstance) => void) | undefined;
}

export const bodyLimit = 65_536;
const plainJson = /^application\/json(; ?charset=utf-8)?$/i;

/** A problem on its way through Fastify. */
class Refused extends Error {
  readonly problem: Problem;
  constructor(refused: Problem) {
    super(refused.detail);
    this.problem = refused;
  }
}

/** The HTTP application, not listening. Rejects at `ready` where a route has no policy. */
export function createApp(options: AppOptions): FastifyInstance {
  const { log, health, version, serverFactory } = options;
  const app = fastify({
    logger: false,
    bodyLimit,
    exposeHeadRoutes: false,
    trustProxy: false,
    routerOptions: { maxParamLength: 300, caseSensitive: true },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error)),
    clientErrorHandler: answerRaw,
    ...(serverFactory === undefined ? {} : { serverFactory }),
  });
  const known: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.policy === undefined) throw new Error(`${String(method)} ${url} has no policy: nobody would know who may use it`);
    for (const one of [method].flat()) known.push({ method: one, pattern: new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`) });
  });
  const guard = createGuard(options);
  app.decorateRequest('entry', undefined);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (options.isDraining()) reply.header('connection', 'close');
    const entry = await guard(request, request.routeOptions.config.policy);
    if (entry.ok) request.entry = entry.value;
    else return refuse(request, reply, entry.failure);
  });
  // Whoever asks too often shall not fill the log as well.
  const said = new RateLimiter({ clock: options.clock, perSecond: 1, burst: 5 });
  const refuse = (request: FastifyRequest, reply: FastifyReply, refused: Problem) => {
    const { status, reason: refusal, detail } = refused;
    if (status === 429 && said.take(addressKey(request.ip)) !== undefined) return sendProblem(reply, refused);
    const fields = { audit: 'refusal', method: request.method, route: request.routeOptions.url, address: request.ip };
    log.info({ ...fields, ...(request.params as object), status, refusal, detail }, 'a request was refused');
    return sendProblem(reply, refused);
  };
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refused = problemOf(error);
    if (refused.status >= 500) log.error({ request: request.id, route: request.routeOptions.url, error: error.stack }, 'a request failed');
    return sendProblem(reply, refused);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (allowed.length === 0) return sendProblem(reply, problem(404, 'NotFound', 'there is no such route'));
    reply.header('allow', [...new Set(allowed)].join(', '));
    return sendProblem(reply, problem(405, 'MethodNotAllowed', `the route has ${[...new Set(allowed)].join(', ')}`));
  });
  app.removeAllContentTypeParsers();
  healthRoutes(app, health);
  const document = JSON.stringify(openApiDocument(version));
  app.get('/openapi.json', { config: { policy: { kind: 'open' } } }, async (_request, reply) =>
    reply.type('application/json').send(document),
  );
  void app.register((scope, _options, done) => {
    serveApi(scope);
    done();
  });
  options.more?.(app);
  return app;
}

function serveApi(scope: FastifyInstance): void {
  scope.addHook('onRequest', async ({ headers }) => {
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (!hasBody) return;
    if (!plainJson.test(headers['content-type'] ?? ''))
      throw new Refused(problem(415, 'UnsupportedMediaType', 'Content-Type must be application/json'));
    if (headers['content-encoding'] !== undefined) throw new Refused(problem(415, 'UnsupportedMediaType', 'Content-Encoding is not taken'));
  });
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    const parsed = parseStrictJson(body);
    if (parsed.ok) done(null, parsed.value);
    else done(new Refused(problem(400, 'InvalidRequest', parsed.failure)));
  });
  for (const route of apiRoutes) {
    const { method, url, policy } = route;
    scope.route({ method, url, config: { policy }, handler: (request, reply) => serve(route, request, reply) });
  }
}

async function serve(route: ApiRoute, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { entry } = request;
  if (entry === undefined) throw new Error('a request came past the guard');
  const query = route.query === undefined ? ok(undefined) : checked('query', route.query, request.query);
  if (!query.ok) return sendProblem(reply, query.failure);
  const body = bodyOf(route, request.body);
  if (!body.ok) return sendProblem(reply, body.failure);
  const params = request.params as Readonly<Record<string, string>>;
  const served = await route.serve({ ...entry, params, query: query.value, body: body.value, request, reply });
  if (served === 'hijacked') return reply;
  if (!served.ok) return sendProblem(reply, served.failure);
  const { status, headers = {}, body: content } = served.value;
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(content));
}

function bodyOf({ body }: ApiRoute, sent: unknown): Result<unknown, Problem> {
  if (body === undefined || (sent === undefined && !body.isNeeded)) return ok(undefined);
  if (sent === undefined) return fail(problem(400, 'InvalidRequest', 'a body is needed'));
  return checked('body', body.schema, sent);
}

function checked(where: string, schema: z.ZodType, value: unknown): Result<unknown, Problem> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const errors = parsed.error.issues.slice(0, 10).map(({ path, message }) => `${[where, ...path].join('.')}: ${message}`);
  return fail(problem(400, 'InvalidRequest', errors.join('; ').slice(0, 2000)));
}

const fastifyProblems: Readonly<Record<number, readonly [ReasonCode, string]>> = {
  408: ['RequestTooSlow', 'the request did not arrive in time'],
  413: ['BodyTooLarge', `a body may have ${bodyLimit} bytes`],
  415: ['UnsupportedMediaType', 'Content-Type must be application/json'],
};

/** What Fastify found, in our words: its own may repeat what was sent. */
function problemOf(error: Error & { readonly statusCode?: number }): Problem {
  if (error instanceof Refused) return error.problem;
  const status = error.statusCode ?? 500;
  const [reason, detail] =
    fastifyProblems[status] ??
    (status < 500 ? ['InvalidRequest', 'the request is malformed'] : ['InternalError', 'a fault of this program; it is in the log']);
  return problem(status < 500 ? status : 500, reason as ReasonCode, detail);
}

/** What is no HTTP, or came too slowly: there is no request to reply to. */
function answerRaw(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refused = rawProblems[error.code ?? ''] ?? problem(400, 'InvalidRequest', 'this is not HTTP');
  const body = JSON.stringify(problemDocument(refused));
  const head = [
    `HTTP/1.1 ${refused.status} ${problemDocument(refused).title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const rawProblems: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, 'RequestTooSlow', 'the request did not arrive in time'),
  HPE_HEADER_OVERFLOW: problem(431, 'InvalidRequest', 'the headers are too long'),
};
