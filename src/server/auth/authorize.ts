import { createHash } from 'node:crypto';
import { decisionSubresource, group, rollouts, verbOf } from '../../api/index.ts';
import type { DecisionAction } from '../../core/decision.ts';
import type { KubeClient } from '../../kube/index.ts';
import { describeFailure } from '../../kube/index.ts';
import type { Clock, Logger, Result } from '../../lib/index.ts';
import { canonicalJson, fail, isObject, ok } from '../../lib/index.ts';
import type { Problem } from '../decider.ts';
import { problem } from '../problem.ts';
import type { Identity } from './authenticate.ts';
import { BriefCache } from './brief-cache.ts';

export type Person = Pick<Identity, 'username' | 'groups' | 'uid' | 'extra'>;

/** Something to be done to Rollouts; without a name to any, without a namespace anywhere. */
export interface Deed {
  readonly verb: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export type Authorize = (person: Person, deed: Deed) => Promise<Result<boolean, Problem>>;

/** A right that was taken away is had for this long at the most. */
const keptMs = 5_000;
const mostAnswers = 20_000;
const deadlineMs = 5_000;
const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** Asks the API server whether somebody may (SubjectAccessReview). */
export function createAuthorizer({
  client,
  clock,
  log,
}: {
  readonly client: Pick<KubeClient, 'raw'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Authorize {
  const known = new BriefCache<Result<boolean, Problem>>({
    clock,
    most: mostAnswers,
    keepMs: ({ ok: isAnswer }) => (isAnswer ? keptMs : 0),
  });
  const ask = async (spec: object): Promise<Result<boolean, Problem>> => {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const answer = await client.raw('POST', path, { body, unfenced: true, deadlineMs });
    if (!answer.ok) {
      log.warn({ failure: describeFailure(answer.failure) }, 'a right could not be reviewed');
      return fail(problem(503, 'NotServing', 'the API server could not be asked whether you may', 1));
    }
    const status = isObject(answer.value) && isObject(answer.value.status) ? answer.value.status : {};
    return ok(status.allowed === true && status.denied !== true);
  };
  return ({ username: user, groups, uid, extra }, { verb, subresource, namespace, name }) => {
    const resourceAttributes = { group, resource: rollouts.plural, verb, ...given({ subresource, namespace, name }) };
    const spec = { user, groups, ...given({ uid, extra }), resourceAttributes };
    return known.of(createHash('sha256').update(canonicalJson(spec)).digest('base64'), () => ask(spec));
  };
}

const given = (members: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

export const toGet = (namespace?: string, name?: string): Deed => ({ verb: 'get', namespace, name });

export const toDecide = (action: DecisionAction, namespace: string, name: string): Deed => ({
  verb: verbOf(action),
  subresource: decisionSubresource,
  namespace,
  name,
});

/** What a refusal says: the same whether the Rollout exists or not. */
export function notAllowed({ username }: Pick<Person, 'username'>, { verb, subresource, namespace, name }: Deed): Problem {
  const what = `${rollouts.plural}${subresource === undefined ? '' : `/${subresource}`}.${group}`;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return problem(403, 'NotAllowed', `${username} needs the verb ${verb} on ${what}${name === undefined ? '' : ` of ${name}`}${where}`);
}
