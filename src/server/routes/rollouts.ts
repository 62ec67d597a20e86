import type { RolloutView } from '../../core/view.ts';
import { fail, ok } from '../../lib/index.ts';
import { toGet } from '../auth/authorize.ts';
import { notFound } from '../read-anew.ts';
import { noQuerySchema } from '../schemas/parameters.ts';
import type { ApiRoute } from './route.ts';

const url = '/api/v1/namespaces/:namespace/rollouts/:name';

const viewRoute: ApiRoute = {
  method: 'GET',
  url,
  policy: { kind: 'read' },
  operationId: 'getRollout',
  summary: 'The live view of one Rollout',
  query: noQuerySchema,
  answer: { status: 200, description: 'as it is now', name: 'Rollout', type: 'application/json' },
  problems: [404],
  async serve({ api, params: { namespace = '', name = '' } }) {
    const view: RolloutView | undefined = api.source.get({ namespace, name });
    return view === undefined ? fail(notFound(namespace, name)) : ok({ status: 200, body: view });
  },
};

const eventsRoute: ApiRoute = {
  method: 'GET',
  url: `${url}/events`,
  policy: { kind: 'read' },
  operationId: 'watchRollout',
  summary:
    'The live view of one Rollout, again whenever it changes, as server-sent events: `rollout` with the view, and `end` with the reason, after which the stream ends',
  query: noQuerySchema,
  answer: {
    status: 200,
    description: 'events until the token ends, the Rollout goes, or this replica does',
    name: 'Event',
    type: 'text/event-stream',
  },
  problems: [404],
  async serve({ api, identity, params: { namespace = '', name = '' }, request, reply }) {
    const key = { namespace, name };
    if (api.source.get(key) === undefined) return fail(notFound(namespace, name));
    const admitted = api.hub.admits(identity.username);
    if (!admitted.ok) return admitted;
    const { authorization, 'last-event-id': lastEventId } = request.headers;
    const review = async () => {
      const still = await api.authenticate(authorization);
      if (!still.ok) return still;
      const may = await api.authorize(still.value, toGet(namespace, name));
      if (!may.ok) return may;
      return may.value && still.value.username === identity.username
        ? ok(undefined)
        : fail({ status: 403, reason: 'NotAllowed', detail: '' });
    };
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    api.hub.join({
      ...{ key, sink: reply.raw, review, username: identity.username, expiresAtMs: identity.expiresAtMs },
      ...(typeof lastEventId === 'string' ? { lastEventId } : {}),
    });
    return 'hijacked';
  },
};

export const rolloutRoutes: readonly ApiRoute[] = [viewRoute, eventsRoute];
