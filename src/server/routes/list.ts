import type { z } from 'zod';
import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import type { Identity } from '../auth/authenticate.ts';
import { notAllowed, toGet } from '../auth/authorize.ts';
import type { Problem } from '../decider.ts';
import { problem } from '../problem.ts';
import { rolloutSummarySchema } from '../schemas/answers.ts';
import { listQuerySchema } from '../schemas/parameters.ts';
import type { RolloutKey } from '../source.ts';
import type { Api, ApiRoute } from './route.ts';

type Query = z.output<typeof listQuerySchema>;

/** Reviews at once for one caller. */
const reviewsAtOnce = 16;

export const listRoute: ApiRoute = {
  method: 'GET',
  url: '/api/v1/rollouts',
  policy: { kind: 'list' },
  operationId: 'listRollouts',
  summary: 'The Rollouts that the caller may get',
  query: listQuerySchema,
  answer: { status: 200, description: 'a page of them', name: 'RolloutList', type: 'application/json' },
  problems: [],
  async serve({ api, identity, query }) {
    const { namespace, filter = '', limit, continue: token } = query as Query;
    const after = token === undefined ? undefined : keyIn(token);
    if (token !== undefined && after === undefined) return fail(problem(400, 'InvalidRequest', 'continue is not what a page gave'));
    const visible = await visibleNamespaces(api, identity, namespace);
    if (!visible.ok) return visible;
    const found = api.source
      .keys()
      .filter((key) => visible.value(key.namespace))
      .filter((key) => nameOf(key).includes(filter) && (after === undefined || isAfter(key, after)));
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return ok({
      status: 200,
      body: {
        items: page.flatMap((key) => summaryOf(api, key)),
        ...(last === undefined || found.length <= limit ? {} : { continue: tokenOf(last) }),
      },
    });
  },
};

const summaryKeys = Object.keys(rolloutSummarySchema.shape);

function summaryOf(api: Api, key: RolloutKey): readonly object[] {
  const view = api.source.get(key);
  if (view === undefined) return [];
  return [Object.fromEntries(Object.entries(view).filter(([member]) => summaryKeys.includes(member)))];
}

/** Who may get them everywhere is asked about no namespace; who asks for one that he may not see is told so. */
async function visibleNamespaces(
  { source, authorize }: Api,
  identity: Identity,
  only: string | undefined,
): Promise<Result<(namespace: string) => boolean, Problem>> {
  if (only !== undefined) {
    const may = await authorize(identity, toGet(only));
    if (!may.ok) return may;
    return may.value ? ok((namespace) => namespace === only) : fail(notAllowed(identity, toGet(only)));
  }
  const everywhere = await authorize(identity, toGet());
  if (!everywhere.ok) return everywhere;
  if (everywhere.value) return ok(() => true);
  const namespaces = [...new Set(source.keys().map(({ namespace }) => namespace))];
  const visible = new Set<string>();
  for (let from = 0; from < namespaces.length; from += reviewsAtOnce) {
    const some = namespaces.slice(from, from + reviewsAtOnce);
    const answers = await Promise.all(some.map((namespace) => authorize(identity, toGet(namespace))));
    for (const [index, answer] of answers.entries()) {
      if (!answer.ok) return answer;
      if (answer.value) visible.add(some[index] ?? '');
    }
  }
  return ok((namespace) => visible.has(namespace));
}

const nameOf = ({ namespace, name }: RolloutKey): string => `${namespace}/${name}`;

const isAfter = (key: RolloutKey, after: RolloutKey): boolean =>
  key.namespace > after.namespace || (key.namespace === after.namespace && key.name > after.name);

const tokenOf = (key: RolloutKey): string => Buffer.from(nameOf(key)).toString('base64url');

function keyIn(token: string): RolloutKey | undefined {
  const [, namespace, name] = /^([-a-z0-9]{1,63})\/([-.a-z0-9]{1,253})$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}
