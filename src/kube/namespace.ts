import { type Clock, sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { describeFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';
import type { Resource } from './object.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const retryMs = 2_000;

/**
 * Sees to it that the namespace of a lease exists, however long the server takes to answer. `sluice render rbac` makes it; whoever tries the
 * controller without that should not wait in vain. One that we may not see is left to others; one that we may not make is looked for until
 * somebody has made it, or granted it.
 */
export async function ensureNamespace(
  name: string,
  { client, clock, log }: { client: Pick<KubeClient, 'get' | 'create'>; clock: Clock; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  let isSaid = false;
  while (!signal.aborted) {
    const found = await client.get(namespaces, { name }, signal);
    if (found.ok || found.failure.kind === 'forbidden') return;
    if (found.failure.kind === 'notFound') {
      const made = await client.create(namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, {}, signal);
      if (made.ok) log.info({ namespace: name }, 'made the namespace of the lease');
      if (made.ok || made.failure.kind === 'alreadyExists') return;
      if (made.failure.kind === 'forbidden' && !isSaid) {
        const failure = describeFailure(made.failure);
        log.warn({ namespace: name, failure }, 'the namespace of the lease does not exist; apply the output of `sluice render rbac`');
        isSaid = true;
      }
    }
    await sleep(clock, retryMs, signal);
  }
}
