import type { FastifyRequest } from 'fastify';
import type { Clock, Logger, Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';
import { type Identity, wrongToken } from './auth/authenticate.ts';
import type { Deed } from './auth/authorize.ts';
import { notAllowed, toDecide, toGet } from './auth/authorize.ts';
import type { Problem } from './decider.ts';
import type { RoutePolicy } from './policy.ts';
import { problem } from './problem.ts';
import { addressKey, RateLimiter } from './rate-limit.ts';
import type { Api } from './routes/index.ts';
import { parameterSchemas } from './schemas/parameters.ts';

export interface GuardOptions {
  readonly api: () => Api | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Requests a second, of one caller and from one address; bursts of twice that. */
  readonly perCaller: number;
  readonly perAddress: number;
}

/** What the guard found out; nothing of whoever needs no name. */
export type Entry = { readonly identity: Identity; readonly api: Api } | undefined;

export type Guard = (request: FastifyRequest, policy: RoutePolicy | undefined) => Promise<Result<Entry, Problem>>;

/** Of what an address may ask, so much may be with wrong tokens: nobody has that many by mistake. */
const guesses = 1 / 50;

/**
 * The one way to every route, before a byte of the body is read: how often, who, and may they. A route whose policy is unknown here does not compile, and one without a
 * policy is not served.
 */
export function createGuard(options: GuardOptions): Guard {
  const { clock, perCaller, perAddress } = options;
  const limiter = (perSecond: number) => new RateLimiter({ clock, perSecond, burst: 2 * perSecond });
  const limits = { addresses: limiter(perAddress), guesses: limiter(perAddress * guesses), callers: limiter(perCaller) };
  return async (request, policy) => {
    if (policy?.kind === 'open') return ok(undefined);
    const address = addressKey(request.ip);
    const waitSeconds = limits.addresses.take(address);
    if (waitSeconds !== undefined) return fail(tooMany('this address', waitSeconds));
    if (policy === undefined || policy.kind === 'signed') return ok(undefined);
    const api = options.api();
    if (api === undefined) return fail(problem(503, 'NotServing', 'this replica is starting', 1));
    const { authorization } = request.headers;
    // Whoever is known is not kept out by somebody who guesses behind the same proxy.
    const guessWaits = api.authenticate.knows(authorization) ? undefined : limits.guesses.wait(address);
    if (guessWaits !== undefined) return fail(tooMany('this address with wrong tokens', guessWaits));
    const who = await api.authenticate(authorization);
    if (!who.ok) {
      if (who.failure === wrongToken) limits.guesses.charge(address);
      return who;
    }
    const identity = who.value;
    const callerWaits = limits.callers.take(identity.username);
    if (callerWaits !== undefined) return fail(tooMany(identity.username, callerWaits));
    const refused = parameterProblem(request) ?? (await reviewed(request, policy, { api, identity }));
    return refused === undefined ? ok({ identity, api }) : fail(refused);
  };
}

const tooMany = (who: string, waitSeconds: number): Problem =>
  problem(429, 'TooManyRequests', `too many requests of ${who}`, Math.max(1, Math.ceil(waitSeconds)));

/** Before a name is asked about, or stands in any path of ours. */
function parameterProblem({ params }: FastifyRequest): Problem | undefined {
  const wrong = Object.entries(params as Readonly<Record<string, string>>).flatMap(([name, value]) => {
    const schema = parameterSchemas[name as keyof typeof parameterSchemas];
    const parsed = schema.safeParse(value);
    return parsed.success ? [] : [`${name}: ${parsed.error.issues[0]?.message ?? 'is wrong'}`];
  });
  return wrong.length === 0 ? undefined : problem(400, 'InvalidRequest', wrong.join('; '));
}

async function reviewed(
  { params }: FastifyRequest,
  policy: Exclude<RoutePolicy, { kind: 'open' | 'signed' }>,
  { api, identity }: { readonly api: Api; readonly identity: Identity },
): Promise<Problem | undefined> {
  if (policy.kind !== 'decide' && !api.source.isSynced) return problem(503, 'NotServing', 'this replica does not know the cluster yet', 1);
  const { namespace = '', name = '' } = params as Readonly<Record<string, string>>;
  const deed = deedOf(policy, namespace, name);
  if (deed === undefined) return undefined;
  const may = await api.authorize(identity, deed);
  if (!may.ok) return may.failure;
  return may.value ? undefined : notAllowed(identity, deed);
}

function deedOf(policy: Exclude<RoutePolicy, { kind: 'open' | 'signed' }>, namespace: string, name: string): Deed | undefined {
  switch (policy.kind) {
    case 'list':
      return undefined;
    case 'read':
      return toGet(namespace, name);
    case 'decide':
      return toDecide(policy.action, namespace, name);
  }
}
