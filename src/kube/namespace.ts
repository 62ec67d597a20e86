import { type Clock, sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { describeFailure, type KubeFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';
import type { Resource } from './object.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const retryMs = 2_000;

interface Surroundings {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell: (problem: string | undefined) => void;
}

/**
 * Sees to it that the namespace of a lease exists, however long the server takes to answer. `sluice render rbac` makes it; whoever tries the
 * controller without that should not wait in vain. One that we may not see is left to others; one that we may not make is looked for until
 * somebody has made it, or granted it. `tell` hears why there is none, and undefined once there is.
 */
export async function ensureNamespace(name: string, { client, clock, log, tell }: Surroundings, signal: AbortSignal): Promise<void> {
  let isSaid = false;
  while (!signal.aborted) {
    const failure = await makeSure(name, { client, log }, signal);
    if (failure === undefined) return tell(undefined);
    const why = describeFailure(failure);
    if (failure.kind === 'forbidden' && !isSaid) {
      log.warn({ namespace: name, failure: why }, 'the namespace of the lease does not exist; apply the output of `sluice render rbac`');
      isSaid = true;
    }
    if (failure.kind === 'forbidden')
      tell(`the namespace ${name} of the lease does not exist (${why}): apply the output of \`sluice render rbac\``);
    await sleep(clock, retryMs, signal);
  }
}

/** Undefined: it is there, or is not ours to see. */
async function makeSure(
  name: string,
  { client, log }: Pick<Surroundings, 'client' | 'log'>,
  signal: AbortSignal,
): Promise<KubeFailure | undefined> {
  const found = await client.get(namespaces, { name }, signal);
  if (found.ok || found.failure.kind === 'forbidden') return undefined;
  if (found.failure.kind !== 'notFound') return found.failure;
  const made = await client.create(namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, {}, signal);
  if (made.ok) log.info({ namespace: name }, 'made the namespace of the lease');
  return made.ok || made.failure.kind === 'alreadyExists' ? undefined : made.failure;
}
