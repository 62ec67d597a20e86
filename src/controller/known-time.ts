import type { ClusterClock, KubeClient, ReconcileOutcome } from '../kube/index.ts';
import { isCutOff } from '../kube/index.ts';

/**
 * What time it is decides what a pass does, and what it writes down is believed for as long as a delay lasts. Where the clocks of this process have parted, the API
 * server is asked first, by any answer of its. Undefined: the time is known.
 */
export async function settleTime(
  { clock, client }: { readonly clock: Pick<ClusterClock, 'isInDoubt'>; readonly client: Pick<KubeClient, 'raw'> },
  signal: AbortSignal,
): Promise<ReconcileOutcome | undefined> {
  if (!clock.isInDoubt) return undefined;
  const reply = await client.raw('GET', '/readyz', { retry: false }, signal);
  return !reply.ok && isCutOff(reply.failure) ? { cutOff: 'urgent' } : undefined;
}
