import { fail, ok, type Result } from '../../lib/index.ts';
import { type Cluster, readRollout } from '../cluster/index.ts';
import { sourcesOf } from './sources.ts';
import type { Objects } from './tree.ts';

/** Everything of one Rollout, asked for once. What may not be read is named and left out. */
export async function loadObjects(cluster: Cluster, name: string): Promise<Result<Objects, string>> {
  const found = await readRollout(cluster, name);
  if (!found.ok) return fail(found.failure);
  const lists = await Promise.all(
    sourcesOf(name).map(async ({ what, resource, labelSelector, isOf }) => {
      const list = await cluster.list(resource, cluster.namespace, labelSelector);
      return {
        what,
        objects: list.ok ? list.value.filter((object) => isOf(object, found.value)) : [],
        trouble: list.ok ? undefined : cluster.explain(list.failure, `list ${resource.plural}`),
      };
    }),
  );
  const objectsOf = (wanted: (typeof lists)[number]['what']) => lists.find(({ what }) => what === wanted)?.objects ?? [];
  return ok({
    rollout: found.value,
    ...{ deployments: objectsOf('deployments'), pods: objectsOf('pods'), runs: objectsOf('runs'), decisions: objectsOf('decisions') },
    troubles: lists.flatMap(({ trouble }) => trouble ?? []),
  });
}
