import { type Attempt, allows, review, rulesOf, type Tokens } from './auth/index.ts';
import { attemptOf, forbids } from './authorize.ts';
import type { Call, User } from './call.ts';
import type { Cluster } from './cluster.ts';
import { discover } from './discovery.ts';
import type { FrontEnd } from './front-end.ts';
import { readListOptions } from './list-options.ts';
import { openApi } from './openapi.ts';
import { isWatch, parsePath, type ResourcePath } from './path.ts';
import type { ApiAnswer, ApiRequest, WatchOpening } from './port.ts';
import { serve } from './serve.ts';
import { answer, internalError, noSuchPath, Refused, refusalAnswer, refuse, text, unauthorized } from './status.ts';
import type { ObjectStore } from './store.ts';
import { versionInfo } from './version-info.ts';

export interface DispatcherOptions {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
  /** `allow`: nobody is asked what they may. */
  readonly authorization: 'allow' | 'rbac';
}

/** From a request to whoever serves it: who asks, whether they may, what is meant. */
export class Dispatcher {
  readonly #cluster: Cluster;
  readonly #tokens: Tokens;
  readonly #asksRoles: boolean;

  constructor({ cluster, tokens, authorization }: DispatcherOptions) {
    this.#cluster = cluster;
    this.#tokens = tokens;
    this.#asksRoles = authorization === 'rbac';
  }

  request(end: FrontEnd, request: ApiRequest): ApiAnswer {
    return answered(() => {
      const path = parsePath(request.path);
      if (path === undefined || isReview(path)) return this.#general(request);
      const call = this.#admitted(request, path, false);
      if (isWatch(request)) {
        readListOptions(call);
        refuse(internalError('a watch was sent as a request'));
      }
      return this.#serve(call, end.seen);
    });
  }

  watch(end: FrontEnd, request: ApiRequest, onReady: () => void): WatchOpening {
    if (!isWatch(request)) return { kind: 'refused', answer: this.request(end, request) };
    let opened: WatchOpening | undefined;
    const refused = answered(() => {
      const call = this.#admitted(request, parsePath(request.path) ?? refuse(noSuchPath), true);
      opened = { kind: 'open', watch: end.open(call, readListOptions(call), onReady) };
      return answer(200, {});
    });
    return opened ?? { kind: 'refused', answer: refused };
  }

  /** For the server's own parts: nobody is asked whether they may, and nothing is stale. */
  asOurselves(request: ApiRequest, user: User): ApiAnswer {
    return answered(() => {
      const path = parsePath(request.path) ?? refuse(noSuchPath);
      return this.#serve(this.#callOf(request, path, user), this.#store.revision);
    });
  }

  get #store(): ObjectStore {
    return this.#cluster.store;
  }

  #serve(call: Call, seen: number): ApiAnswer {
    const served = answered(() => serve({ cluster: this.#cluster, tokens: this.#tokens, store: this.#store, seen }, call));
    if (call.warnings.length === 0) return served;
    // What there is to warn of is said beside a refusal, too.
    const warning = call.warnings.map((said) => `299 - ${JSON.stringify(said)}`).join(', ');
    return { ...served, headers: { ...served.headers, warning } };
  }

  /** The call that a request makes, once it is known who makes it and that they may. */
  #admitted(request: ApiRequest, path: ResourcePath, isStream: boolean): Call {
    const user = this.#userOf(request);
    const refusal = this.#asksRoles ? forbids(this.#store, user, attemptOf(request, path, isStream)) : undefined;
    if (refusal !== undefined) refuse(refusal);
    return this.#callOf(request, path, user);
  }

  #callOf(request: ApiRequest, path: ResourcePath, user: User): Call {
    const served = this.#cluster.kinds.find(path.group, path.version, path.plural) ?? refuse(noSuchPath);
    const { namespaced } = served.kind;
    if (path.namespace !== undefined && !namespaced) refuse(noSuchPath);
    if (path.namespace === undefined && namespaced && path.name !== undefined) refuse(noSuchPath);
    const { namespace, name, subresource } = path;
    return { request, ...served, namespace, name, subresource, user, nowMs: this.#cluster.clock.nowMs(), warnings: [] };
  }

  #userOf(request: ApiRequest): User {
    return this.#tokens.authenticate(request, this.#cluster.clock.nowMs()) ?? refuse(unauthorized);
  }

  /** What is no resource: health, version, reviews, discovery. */
  #general(request: ApiRequest): ApiAnswer {
    const { path } = request;
    if (path === '/healthz' || path === '/livez' || path === '/readyz') return text(200, 'ok');
    const user = this.#userOf(request);
    if (path === '/version') return answer(200, versionInfo);
    const reviewed = review(this.#reviewer(), request, user);
    if (reviewed !== undefined) return answer(201, reviewed);
    const { kinds } = this.#cluster;
    return discover(kinds, request) ?? openApi(kinds, path) ?? refuse(noSuchPath);
  }

  #reviewer() {
    const { clock, allows: mayDo } = this.#cluster;
    return {
      tokens: this.#tokens,
      nowMs: clock.nowMs(),
      allows: mayDo,
      rulesOf: (user: User, namespace: string | undefined) =>
        this.#asksRoles ? rulesOf(this.#store, user, namespace) : [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    };
  }
}

/** Whether roles let a user do something; everybody may do everything where roles are not asked. */
export const authorizer =
  (store: ObjectStore, authorization: DispatcherOptions['authorization']) =>
  (user: User, attempt: Attempt): boolean =>
    authorization === 'allow' || allows(store, user, attempt);

/** The answer of a piece of work, or of the refusal that ended it. */
function answered(work: () => ApiAnswer): ApiAnswer {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return refusalAnswer(error.refusal);
    throw error;
  }
}

const isReview = ({ group, plural }: ResourcePath): boolean =>
  (group === 'authentication.k8s.io' || group === 'authorization.k8s.io') && plural.endsWith('reviews');
