import { createHash } from 'node:crypto';
import type { KubeClient } from '../../kube/index.ts';
import { describeFailure } from '../../kube/index.ts';
import type { Clock, Logger, Result } from '../../lib/index.ts';
import { fail, isObject, ok } from '../../lib/index.ts';
import { ownAudience } from '../audience.ts';
import type { Problem } from '../decider.ts';
import { problem } from '../problem.ts';
import { BriefCache } from './brief-cache.ts';

/** Whom the API server says a token to be of. */
export interface Identity {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
  /** When the token ends, where it says so. */
  readonly expiresAtMs?: number | undefined;
}

export interface Authenticate {
  (authorization: string | undefined): Promise<Result<Identity, Problem>>;
  /** It was reviewed a moment ago. */
  knows(authorization: string | undefined): boolean;
}

export interface AuthenticatorOptions {
  readonly client: Pick<KubeClient, 'raw'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Audiences that a token must be for, one of them; `apiserver` stands for the API server's own, whatever they are called. */
  readonly audiences: readonly string[];
}

/** A token that was revoked is taken for this long at the most. */
const keptMs = 10_000;
const mostTokens = 2_000;
const longestToken = 8_192;
const deadlineMs = 5_000;
const path = '/apis/authentication.k8s.io/v1/tokenreviews';

/** Asks the API server whose token it is (TokenReview). That it could not be asked is no fault of the caller: 503, never 401. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { clock } = options;
  const known = new BriefCache<Result<Identity, Problem>>({
    clock,
    most: mostTokens,
    keepMs: (answer) => (answer.ok ? Math.min(keptMs, (answer.value.expiresAtMs ?? Number.POSITIVE_INFINITY) - clock.nowMs()) : 0),
  });
  const authenticate = async (authorization: string | undefined) => {
    const token = tokenIn(authorization);
    if (token === undefined) return fail(problem(401, 'Unauthenticated', 'a bearer token is needed: Authorization: Bearer TOKEN'));
    return known.of(hashOf(token), () => review(token, options));
  };
  const knows = (authorization: string | undefined) => {
    const token = tokenIn(authorization);
    return token !== undefined && known.has(hashOf(token));
  };
  return Object.assign(authenticate, { knows });
}

/** The cache knows tokens by their hash: what is in memory for long is no credential. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64');

function tokenIn(authorization: string | undefined): string | undefined {
  const token = /^bearer +([\w\-.~+/]+=*)$/i.exec(authorization ?? '')?.[1];
  return token !== undefined && token.length <= longestToken ? token : undefined;
}

/** The API server was asked, and does not know it. */
export const wrongToken: Problem = problem(
  401,
  'Unauthenticated',
  'the API server does not take this token: it is wrong, expired, or for another audience',
);

async function review(token: string, { client, log, audiences }: AuthenticatorOptions): Promise<Result<Identity, Problem>> {
  const claims = claimsOf(token);
  const named = audiences.filter((audience) => audience !== ownAudience);
  // What it claims only chooses the question; the answer is the API server's.
  const asked = named.filter((audience) => claims.audiences.includes(audience));
  if (asked.length === 0 && !audiences.includes(ownAudience)) asked.push(...named);
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, ...(asked.length === 0 ? {} : { audiences: asked }) },
  };
  const answer = await client.raw('POST', path, { body, unfenced: true, deadlineMs });
  if (!answer.ok) {
    log.warn({ failure: describeFailure(answer.failure) }, 'a token could not be reviewed');
    return fail(problem(503, 'NotServing', 'the API server could not be asked whose token this is', 1));
  }
  const status = isObject(answer.value) && isObject(answer.value.status) ? answer.value.status : {};
  const identity = identityIn(status);
  if (identity === undefined) return fail(wrongToken);
  // An authenticator that knows no audiences answers for the API server's own alone.
  const isFor =
    asked.length === 0 || (Array.isArray(status.audiences) && status.audiences.some((audience) => asked.includes(String(audience))));
  if (!isFor) return fail(wrongToken);
  return ok({ ...identity, ...(claims.expiresAtMs === undefined ? {} : { expiresAtMs: claims.expiresAtMs }) });
}

function identityIn({ authenticated, user }: Readonly<Record<string, unknown>>): Identity | undefined {
  if (authenticated !== true || !isObject(user) || typeof user.username !== 'string' || user.username === '') return undefined;
  const extra = isObject(user.extra) ? Object.entries(user.extra).map(([key, values]) => [key, textsIn(values)] as const) : [];
  return {
    username: user.username,
    groups: textsIn(user.groups),
    ...(typeof user.uid === 'string' && user.uid !== '' ? { uid: user.uid } : {}),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

const textsIn = (values: unknown): readonly string[] => (Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []);

interface Claims {
  readonly audiences: readonly string[];
  readonly expiresAtMs?: number;
}

/** What a token says of itself, unchecked; nothing where it is no JWT. */
function claimsOf(token: string): Claims {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (!isObject(payload)) return { audiences: [] };
    const { aud, exp } = payload;
    return {
      audiences: typeof aud === 'string' ? [aud] : textsIn(aud),
      ...(typeof exp === 'number' && Number.isFinite(exp) ? { expiresAtMs: exp * 1000 } : {}),
    };
  } catch {
    return { audiences: [] };
  }
}
