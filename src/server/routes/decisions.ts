import type { z } from 'zod';
import { verbOf } from '../../api/index.ts';
import type { DecisionAction } from '../../core/decision.ts';
import { fail, ok } from '../../lib/index.ts';
import { problem } from '../problem.ts';
import { actionBodySchema, gateBodySchema, noQuerySchema, undoBodySchema } from '../schemas/parameters.ts';
import type { Admitted, ApiRoute } from './route.ts';

const base = '/api/v1/namespaces/:namespace/rollouts/:name';

type Body = Partial<z.output<typeof undoBodySchema>>;

const summaries = {
  Approve: 'Approves the revision and attempt at an open gate',
  Reject: 'Rejects them: the release is rolled back',
  Resume: 'Ends a pause without a duration',
  Skip: 'Ends the current step',
  Promote: 'Skips all remaining steps; background analysis stays on',
  Abort: 'Rolls the release back',
  Retry: 'Begins a rolled back release again, as its next attempt',
  Undo: 'Goes back to a revision of the history, as a release of its own',
  Restart: 'Replaces the pods of the stable revision, as a release of its own',
} as const satisfies Partial<Record<DecisionAction, string>>;

type Routed = keyof typeof summaries;

const routeOf = (action: Routed, path: string, body: ApiRoute['body']): ApiRoute => ({
  method: 'POST',
  url: `${base}/${path}`,
  policy: { kind: 'decide', action },
  operationId: `${verbOf(action)}Rollout`,
  summary: summaries[action],
  query: noQuerySchema,
  ...(body === undefined ? {} : { body }),
  answer: {
    status: 201,
    description: 'the Decision, as it is stored; its status says what became of it',
    name: 'Decision',
    type: 'application/json',
  },
  problems: [404, 408, 409, 413, 415],
  serve: (admitted) => serve(action, admitted),
});

async function serve(action: DecisionAction, { api, identity, params, body, request }: Admitted): ReturnType<ApiRoute['serve']> {
  const { revision, attempt, reason, to, undoTo } = (body ?? {}) as Body;
  if (to !== undefined && undoTo !== undefined && to !== undoTo)
    return fail(problem(400, 'InvalidRequest', 'to and undoTo are the same, and must not differ'));
  const key = request.headers['idempotency-key'];
  if (Array.isArray(key)) return fail(problem(400, 'InvalidRequest', 'Idempotency-Key was given twice'));
  const { namespace = '', name = '', gate } = params;
  const wish = { namespace, rollout: name, action, gate, revision, attempt, reason, undoTo: undoTo ?? to };
  const caller = {
    username: identity.username,
    groups: identity.groups,
    uid: identity.uid,
    extra: identity.extra,
    channel: 'api' as const,
  };
  // Not the client's: who goes away has decided nonetheless.
  const made = await api.decider.make(wish, caller, key, new AbortController().signal);
  if (!made.ok) return made;
  const { decision, object } = made.value;
  const location = { location: `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/decisions/${decision.name}` };
  return ok({ status: 201, body: object, headers: decision.isRepeated ? { 'idempotent-replayed': 'true' } : location });
}

const ofGate = { schema: gateBodySchema, name: 'GateDecision', isNeeded: true };
const ofAction = { schema: actionBodySchema, name: 'ActionDecision', isNeeded: false };
const ofUndo = { schema: undoBodySchema, name: 'UndoDecision', isNeeded: false };

export const decisionRoutes: readonly ApiRoute[] = [
  ...(['Approve', 'Reject'] as const).map((action) => routeOf(action, `gates/:gate/${verbOf(action)}`, ofGate)),
  ...(['Resume', 'Skip', 'Promote', 'Abort', 'Retry', 'Restart'] as const).map((action) => routeOf(action, verbOf(action), ofAction)),
  routeOf('Undo', 'undo', ofUndo),
];
