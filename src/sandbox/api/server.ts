import type { Clock, Random } from '../../lib/index.ts';
import { Tokens } from './auth/index.ts';
import type { User } from './call.ts';
import type { Cluster } from './cluster.ts';
import { Collector } from './collector.ts';
import { authorizer, Dispatcher } from './dispatch.ts';
import { expireEvents } from './expiry.ts';
import { createFirst } from './first-objects.ts';
import { FrontEnd } from './front-end.ts';
import { definitions, KindRegistry } from './kinds/index.ts';
import type { ApiPort, ApiRequest } from './port.ts';
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
  /** How long an event stays after it was written last. Default one hour. */
  readonly eventsLiveMs?: number;
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
  const { clock, random, authorization = 'allow', everyone = administrator } = options;
  const store = new ObjectStore({ history: options.history ?? 10_000 });
  const cluster: Cluster = { store, kinds: new KindRegistry(), clock, random, allows: authorizer(store, authorization) };
  const tokens = new Tokens(options.users ?? {}, everyone ?? undefined);
  const dispatcher = new Dispatcher({ cluster, tokens, authorization });
  const ends: FrontEnd[] = [];
  // Before the front ends, so that they find the kinds as a write left them.
  serveDefinedKinds(cluster, ends);

  const frontEnd = () => {
    const end = new FrontEnd({ store, clock, random });
    ends.push(end);
    const port: ApiPort = {
      request: (request) => dispatcher.request(end, request),
      watch: (request, onReady) => dispatcher.watch(end, request, onReady),
    };
    return { port, end };
  };
  const main = frontEnd();
  const send = (request: ApiRequest) =>
    dispatcher.asOurselves({ ...request, headers: { ...ownHeaders, ...request.headers } }, administrator);
  const delayMs = options.collectAfterMs ?? 100;
  const collector = new Collector({ cluster, clock, delayMs, send });
  expireEvents(store, clock, options.eventsLiveMs ?? 3_600_000, delayMs);
  createFirst(cluster, options.objects ?? [], send);
  return { ...main.port, store, tokens, collector, main: main.end, frontEnd };
}

/** A stored definition is a kind that is served; watches of a kind end when its definition changes. */
function serveDefinedKinds({ store, kinds }: Cluster, ends: readonly FrontEnd[]): void {
  store.onCommit(({ table, type, object }) => {
    if (table !== definitions.table) return;
    const kind = type === 'DELETED' ? kinds.forget(object.metadata.name) : kinds.define(object);
    if (type !== 'ADDED') for (const end of ends) end.endWatches(kind?.table);
  });
}
