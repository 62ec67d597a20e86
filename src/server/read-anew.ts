import { decodeRollout, rollouts, summaryOf } from '../api/index.ts';
import type { RolloutView } from '../core/view.ts';
import { viewOf } from '../core/view.ts';
import type { KubeClient } from '../kube/index.ts';
import { describeFailure } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { Problem } from './decider.ts';
import { problem } from './problem.ts';
import type { RolloutSource } from './source.ts';

export const notFound = (namespace: string, name: string): Problem =>
  problem(404, 'NotFound', `there is no Rollout ${name} in namespace ${namespace}`);

/** A Rollout as the API server has it at this moment, without what is beside it. */
export async function readAnew(
  namespace: string,
  name: string,
  { client, source }: { readonly client: Pick<KubeClient, 'get'>; readonly source: Pick<RolloutSource, 'covers'> },
): Promise<Result<RolloutView, Problem>> {
  if (!source.covers(namespace)) return fail(notFound(namespace, name));
  const read = await client.get(rollouts, { namespace, name });
  if (!read.ok) {
    if (read.failure.kind === 'notFound') return fail(notFound(namespace, name));
    return fail(problem(503, 'NotServing', `the Rollout could not be read: ${describeFailure(read.failure)}`, 1));
  }
  const decoded = decodeRollout(read.value);
  if (!decoded.ok) return fail(problem(409, 'InvalidSpec', summaryOf(decoded.failure)));
  return ok(viewOf({ rollout: decoded.value, revisions: [], runs: [], decisions: [], nowMs: 0 }));
}
