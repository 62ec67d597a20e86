import { decisions, decodeDecision } from '../../api/index.ts';
import type { Decision } from '../../core/decision.ts';
import { type KubeObject, resourcePath } from '../../kube/index.ts';
import { type Clock, sleep } from '../../lib/index.ts';
import type { Cluster } from '../cluster/index.ts';

export type Answer =
  | { readonly kind: 'answered'; readonly object: KubeObject; readonly status: Decision['status'] }
  | { readonly kind: 'silent' }
  | { readonly kind: 'interrupted' };

const askEveryMs = 250;

/** Looks at a Decision until somebody has answered it. Whatever a single look says but that, the next one may say something else. */
export async function awaitAnswer(
  cluster: Cluster,
  name: string,
  { clock, timeoutMs, signal }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Answer> {
  const endMs = clock.monotonicMs() + timeoutMs;
  const path = resourcePath(decisions, { namespace: cluster.namespace, name });
  while (!signal.aborted) {
    const deadlineMs = Math.max(1_000, Math.min(10_000, endMs - clock.monotonicMs()));
    const reply = await cluster.client.raw('GET', path, { retry: false, deadlineMs }, signal);
    const object = reply.ok ? (reply.value as KubeObject) : undefined;
    const decoded = object === undefined ? undefined : decodeDecision(object);
    if (object !== undefined && decoded?.ok && decoded.value.status.state !== undefined)
      return { kind: 'answered', object, status: decoded.value.status };
    if (clock.monotonicMs() + askEveryMs >= endMs) return signal.aborted ? { kind: 'interrupted' } : { kind: 'silent' };
    await sleep(clock, askEveryMs, signal);
  }
  return { kind: 'interrupted' };
}
