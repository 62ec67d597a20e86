import { group, readRolloutStatus, rollouts } from '../../api/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import type { Result } from '../../lib/index.ts';
import { fail, isObject, ok } from '../../lib/index.ts';
import type { Caller, Problem } from '../decider.ts';
import type { Glimpse } from './channel.ts';

/** A Rollout as a person may see it. */
export interface View {
  /** `get` on the Rollout is reviewed first: who may not see it does not learn whether it is there. */
  look(namespace: string, name: string, caller: Caller, signal: AbortSignal): Promise<Result<Glimpse, Problem>>;
}

const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

export function reviewedView(client: Pick<KubeClient, 'raw' | 'get'>): View {
  return {
    async look(namespace, name, { username, groups, uid, extra }, signal) {
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: username,
          groups,
          uid,
          extra,
          resourceAttributes: { group, resource: rollouts.plural, verb: 'get', namespace, name },
        },
      };
      const reviewed = await client.raw('POST', reviews, { body: review, unfenced: true }, signal);
      if (!reviewed.ok) return fail(unavailable);
      const status = isObject(reviewed.value) ? reviewed.value.status : undefined;
      if (!isObject(status) || status.allowed !== true)
        return fail({ status: 403, reason: 'NotAllowed', detail: `${username} may not see Rollout ${namespace}/${name}` });
      const read = await client.get(rollouts, { namespace, name }, signal);
      if (!read.ok && read.failure.kind === 'notFound')
        return fail({ status: 404, reason: 'NotFound', detail: `there is no Rollout ${namespace}/${name}` });
      if (!read.ok) return fail(unavailable);
      return ok({ namespace, name, status: readRolloutStatus(read.value.status).value });
    },
  };
}

const unavailable: Problem = { status: 503, reason: 'NotServing', detail: 'the API server cannot be asked at the moment' };
