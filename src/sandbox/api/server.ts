import type { Clock, Random } from '../../lib/index.ts';
import { type Attempt, allows, review, rulesOf, Tokens } from './auth/index.ts';
import { attemptOf, forbids } from './authorize.ts';
import type { Call, User } from './call.ts';
import type { Cluster } from './cluster.ts';
import { Collector } from './collector.ts';
import { discover } from './discovery.ts';
import { FrontEnd } from './front-end.ts';
import { definitions, KindRegistry } from './kinds/index.ts';
import { readListOptions } from './list-options.ts';
import { openApi } from './openapi.ts';
import { isWatch, parsePath, type ResourcePath } from './path.ts';
import type { ApiAnswer, ApiObject, ApiPort, ApiRequest, WatchOpening } from './port.ts';
import { serve } from './serve.ts';
import { answer, internalError, noSuchPath, Refused, refusalAnswer, refuse, text, unauthorized } from './status.ts';
import { ObjectStore } from './store.ts';

export interface ApiServerOptions {
  readonly clock: Clock;
  /** Uids, generated names, addresses, tokens, the length of watches. */
  readonly random: Random;
  /** Objects to begin with, the definitions of custom resources first among them: as parsed from YAML. */
  readonly objects?: readonly unknown[];
  /** `allow`: everybody may do everything. `rbac`: what stored roles and bindings say; the group system:masters may do all. */
  readonly authorization?: 'allow' | 'rbac';
  /** Bearer tokens and whose they are. */
  readonly users?: Readonly<Record<string, User>>;
  /** Who comes without a token; null: nobody may (401). Default: an administrator. */
  readonly everyone?: User | null;
  /** Writes that are remembered, for watches and continued lists. Default 10,000. */
  readonly history?: number;
  /** From the deletion of an owner to that of its dependents. Default 100 ms. */
  readonly collectAfterMs?: number;
}

export interface ApiServer extends ApiPort {
  readonly store: ObjectStore;
  readonly tokens: Tokens;
  readonly collector: Collector;
  /** The front end that `request` and `watch` go through. */
  readonly main: FrontEnd;
  /** Another front end before the same store, with a lag of its own. */
  frontEnd(): { readonly port: ApiPort; readonly end: FrontEnd };
}

const administrator: User = { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] };
const ownHeaders = { 'user-agent': 'kube-controller-manager', 'content-type': 'application/json' };

/** A Kubernetes API server in this process. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, random, authorization = 'allow' } = options;
  const store = new ObjectStore({ history: options.history ?? 10_000 });
  const everyone = options.everyone === null ? undefined : (options.everyone ?? administrator);
  const tokens = new Tokens(options.users ?? {}, everyone);
  const mayDo = (user: User, attempt: Attempt) => authorization === 'allow' || allows(store, user, attempt);
  const cluster: Cluster = { store, kinds: new KindRegistry(), clock, random, allows: mayDo };
  const ends: FrontEnd[] = [];

  // Before the front ends, so that they find the kind as the write left it.
  store.onCommit(({ table, type, object }) => {
    if (table !== definitions.table) return;
    if (type === 'DELETED') cluster.kinds.forget(object.metadata.name);
    const kind = type === 'DELETED' ? undefined : cluster.kinds.define(object);
    if (type === 'MODIFIED') for (const end of ends) end.endWatches(kind?.table);
  });

  function callOf(request: ApiRequest, path: ResourcePath, user: User): Call {
    const served = cluster.kinds.find(path.group, path.version, path.plural) ?? refuse(noSuchPath);
    const { namespaced } = served.kind;
    if (path.namespace !== undefined && !namespaced) refuse(noSuchPath);
    if (path.namespace === undefined && namespaced && path.name !== undefined) refuse(noSuchPath);
    const { namespace, name, subresource } = path;
    return { request, ...served, namespace, name, subresource, user, nowMs: clock.nowMs(), warnings: [] };
  }

  /** The call that a request makes, once it is known who makes it and that they may. */
  function admitted(request: ApiRequest, path: ResourcePath, isWatch: boolean): Call {
    const user = tokens.authenticate(request, clock.nowMs()) ?? refuse(unauthorized);
    const refusal = authorization === 'rbac' ? forbids(store, user, attemptOf(request, path, isWatch)) : undefined;
    if (refusal !== undefined) refuse(refusal);
    return callOf(request, path, user);
  }

  function general(request: ApiRequest): ApiAnswer {
    const { path } = request;
    if (path === '/healthz' || path === '/livez' || path === '/readyz') return text(200, 'ok');
    const user = tokens.authenticate(request, clock.nowMs()) ?? refuse(unauthorized);
    if (path === '/version') return answer(200, versionInfo);
    const reviewer = {
      tokens,
      nowMs: clock.nowMs(),
      allows: mayDo,
      rulesOf: (who: User, namespace: string | undefined) => (authorization === 'allow' ? everything : rulesOf(store, who, namespace)),
    };
    const reviewed = review(reviewer, request, user);
    if (reviewed !== undefined) return answer(201, reviewed);
    return discover(cluster.kinds, request) ?? openApi(cluster.kinds, path) ?? refuse(noSuchPath);
  }

  function request(end: FrontEnd, given: ApiRequest): ApiAnswer {
    return answered(() => {
      const path = parsePath(given.path);
      if (path === undefined || isReview(path)) return general(given);
      const call = admitted(given, path, false);
      if (isWatch(given)) {
        readListOptions(call);
        refuse(internalError('a watch was sent as a request'));
      }
      return warned(
        call,
        answered(() => serve({ cluster, tokens, store, seen: end.seen }, call)),
      );
    });
  }

  function watch(end: FrontEnd, given: ApiRequest, onReady: () => void): WatchOpening {
    if (!isWatch(given)) return { kind: 'refused', answer: request(end, given) };
    let opened: WatchOpening | undefined;
    const refused = answered(() => {
      const path = parsePath(given.path) ?? refuse(noSuchPath);
      const call = admitted(given, path, true);
      opened = { kind: 'open', watch: end.open(call, readListOptions(call), onReady) };
      return answer(200, {});
    });
    return opened ?? { kind: 'refused', answer: refused };
  }

  function frontEnd() {
    const end = new FrontEnd({ store, clock, random });
    ends.push(end);
    const port: ApiPort = { request: (given) => request(end, given), watch: (given, onReady) => watch(end, given, onReady) };
    return { port, end };
  }

  const main = frontEnd();
  const collector = new Collector({
    cluster,
    clock,
    delayMs: options.collectAfterMs ?? 100,
    send: (given) => answered(() => serveAsOurselves(given)),
  });

  function serveAsOurselves(given: ApiRequest): ApiAnswer {
    const path = parsePath(given.path) ?? refuse(noSuchPath);
    const headers = { ...ownHeaders, ...given.headers };
    return serve({ cluster, tokens, store, seen: store.revision }, callOf({ ...given, headers }, path, administrator));
  }

  for (const object of [...firstObjects, ...(options.objects ?? [])]) apply(object);

  /** Creates or replaces: what the server begins with is not asked whether it may. */
  function apply(object: unknown): void {
    const { apiVersion = 'v1', kind: name, metadata } = object as ApiObject;
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const kind = cluster.kinds.byKind(group, name);
    if (kind === undefined) throw new Error(`no kind ${name} in the group ${JSON.stringify(group)}`);
    const place = kind.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    const path = `${group === '' ? '/api' : '/apis'}/${apiVersion}${place}/${kind.plural}`;
    const made = answered(() => serveAsOurselves({ method: 'POST', path, body: object }));
    if (made.status >= 300) throw new Error(`${name} ${metadata.name}: ${JSON.stringify(made.body)}`);
  }

  return { request: main.port.request, watch: main.port.watch, store, tokens, collector, main: main.end, frontEnd };
}

/** The answer of a piece of work, or of the refusal that ended it. */
function answered(work: () => ApiAnswer): ApiAnswer {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return refusalAnswer(error.refusal);
    throw error;
  }
}

/** What there is to warn of is said beside a refusal, too. */
function warned({ warnings }: Call, answer: ApiAnswer): ApiAnswer {
  if (warnings.length === 0) return answer;
  const warning = warnings.map((said) => `299 - ${JSON.stringify(said)}`).join(', ');
  return { ...answer, headers: { ...answer.headers, warning } };
}

const isReview = ({ group, plural }: ResourcePath): boolean =>
  (group === 'authentication.k8s.io' || group === 'authorization.k8s.io') && plural.endsWith('reviews');

const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

const versionInfo = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const firstObjects: readonly unknown[] = [
  ...['default', 'kube-node-lease', 'kube-public', 'kube-system'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  })),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  },
];
