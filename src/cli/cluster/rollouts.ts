import { rollouts } from '../../api/index.ts';
import { dnsName } from '../../core/schema.ts';
import type { KubeObject } from '../../kube/index.ts';
import { fail, nearestTo, type Result } from '../../lib/index.ts';
import { isKindMissing } from './complaint.ts';
import type { Cluster } from './connect.ts';

/** The Rollout of that name; or a sentence on why not, with the one that may have been meant. */
export async function readRollout(cluster: Cluster, name: string): Promise<Result<KubeObject, string>> {
  const { namespace } = cluster;
  if (!dnsName().safeParse(name).success) return fail(`${JSON.stringify(name)} is no name of a Rollout`);
  const found = await cluster.read(rollouts, { namespace, name });
  if (found.ok) return found;
  const { failure } = found;
  if (failure.kind !== 'notFound' || isKindMissing(failure)) return fail(cluster.explain(failure, `get rollout ${name}`));
  return fail(`there is no Rollout ${name} in namespace ${namespace}${await hint(cluster, name)}`);
}

/** Whoever may not look around gets no hint. */
async function hint(cluster: Cluster, name: string): Promise<string> {
  const here = await cluster.list(rollouts, cluster.namespace);
  const names = here.ok ? here.value.map(({ metadata }) => metadata.name) : [];
  const [nearest] = nearestTo(name, names);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  const everywhere = await cluster.list(rollouts, undefined);
  const elsewhere = everywhere.ok ? everywhere.value.find(({ metadata }) => metadata.name === name)?.metadata.namespace : undefined;
  if (elsewhere !== undefined) return `; there is one in namespace ${elsewhere} (-n ${elsewhere})`;
  if (names.length > 0) return `; there ${names.length === 1 ? 'is' : 'are'} ${listed(names)}`;
  return here.ok ? '; there is none at all' : '';
}

const listedMost = 10;
export const listed = (names: readonly string[]): string =>
  names.length > listedMost ? `${names.slice(0, listedMost).join(', ')} and ${names.length - listedMost} more` : names.join(', ');

/** `rollout/web`, as `-o name` prints it, means `web`. */
export const plainName = (name: string): string => name.replace(/^(rollouts?(\.sluice\.dev)?|sro)\//, '');
