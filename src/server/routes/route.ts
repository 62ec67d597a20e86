import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Result } from '../../lib/index.ts';
import type { Authenticate, Identity } from '../auth/authenticate.ts';
import type { Authorize } from '../auth/authorize.ts';
import type { ObjectDecider } from '../decide.ts';
import type { Problem } from '../decider.ts';
import type { Hub } from '../live/hub.ts';
import type { RoutePolicy } from '../policy.ts';
import type { RolloutSource } from '../source.ts';

/** What the routes work with. There is none until the process knows its cluster. */
export interface Api {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly decider: ObjectDecider;
  readonly source: RolloutSource;
  readonly hub: Hub;
}

/** A request that was let in: everything of it is checked, and `identity` may do what the route's policy says. */
export interface Admitted {
  readonly api: Api;
  readonly identity: Identity;
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Served {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route of the API: what serves it, and what the OpenAPI page says of it, from the same schemas. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  /** As Fastify has it: `:name`. */
  readonly url: string;
  readonly policy: Exclude<RoutePolicy, { kind: 'open' | 'signed' }>;
  readonly operationId: string;
  readonly summary: string;
  readonly query?: z.ZodType;
  /** Without one the route takes no body. */
  readonly body?: { readonly schema: z.ZodType; readonly name: string; readonly isNeeded: boolean };
  readonly answer: { readonly status: number; readonly description: string; readonly name: string; readonly type: string };
  /** Those beside 400, 401, 403, 429 and 503, which every route has. */
  readonly problems: readonly number[];
  /** `hijacked`: the reply is the route's own from now on. */
  readonly serve: (admitted: Admitted) => Promise<Result<Served, Problem> | 'hijacked'>;
}
