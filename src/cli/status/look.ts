import { rollouts } from '../../api/index.ts';
import { isTransient, type KubeFailure } from '../../kube/index.ts';
import { type Cluster, readRollout } from '../cluster/index.ts';
import { isAskedFor } from './asked-for.ts';
import { judge, settledRevision, type Verdict } from './judge.ts';
import { type Seen, seenOf } from './seen.ts';

export type Look =
  | { readonly kind: 'seen'; readonly seen: Seen; readonly verdict: Verdict }
  /** The API server did not answer; it may a moment later. */
  | { readonly kind: 'away'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

/** `isStuck`: whether a Rollout that is stalled is believed to stay so. */
export async function lookAt(cluster: Cluster, name: string, isStuck: (seen: Seen) => boolean): Promise<Look> {
  const { namespace } = cluster;
  const found = name === '' ? undefined : await cluster.read(rollouts, { namespace, name });
  if (found === undefined || (!found.ok && !isAway(found.failure))) return refusalOf(cluster, name);
  if (!found.ok) return { kind: 'away', message: cluster.explain(found.failure, `get rollout ${name}`) };
  const seen = seenOf(found.value);
  const revision = settledRevision(seen);
  const asked = revision === undefined ? 'unknown' : await isAskedFor(cluster, seen, revision);
  return { kind: 'seen', seen, verdict: judge(seen, asked, isStuck(seen)) };
}

const isAway = (failure: KubeFailure): boolean => isTransient(failure);

/** Asks once more, for the whole sentence with its hint; it may be there by now. */
async function refusalOf(cluster: Cluster, name: string): Promise<Look> {
  const again = await readRollout(cluster, name);
  return again.ok ? { kind: 'away', message: `Rollout ${name} was not there a moment ago` } : { kind: 'refused', message: again.failure };
}
