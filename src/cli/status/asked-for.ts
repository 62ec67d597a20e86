import { textAt } from '../../api/index.ts';
import { configMaps, deployments, secrets } from '../../controller/resources.ts';
import { revisionName } from '../../core/names.ts';
import { templateHashAnnotation, templateHashOf } from '../../core/objects/index.ts';
import { configHash, configUses, revisionOf } from '../../core/revision.ts';
import type { ConfigRef, PodTemplate } from '../../core/world.ts';
import type { KubeFailure, KubeObject } from '../../kube/index.ts';
import { isObject, type Result } from '../../lib/index.ts';
import type { Cluster } from '../cluster/index.ts';
import type { Seen } from './seen.ts';

/**
 * Whether a revision is what the template asks for now. A workload's template changes without the Rollout, so no generation of the Rollout tells
 * that its controller has seen it. `unknown`: the caller may not read what the answer takes.
 */
export type AskedFor = 'yes' | 'no' | 'unknown';

export async function isAskedFor(cluster: Cluster, rollout: Seen, revision: string): Promise<AskedFor> {
  const template = await templateOf(cluster, rollout);
  if (template === undefined) return 'unknown';
  const configs = await configsOf(cluster, rollout, template);
  if (configs !== undefined) return revisionOf(template, configs) === revision ? 'yes' : 'no';
  // Configuration that may not be read, or is missing: the template alone still tells most.
  const made = await cluster.read(deployments, { namespace: rollout.namespace, name: revisionName(rollout.name, revision) });
  const hash = made.ok ? textAt(made.value, 'metadata', 'annotations', templateHashAnnotation) : undefined;
  if (hash === undefined) return 'unknown';
  return hash === templateHashOf(template) ? 'yes' : 'no';
}

async function templateOf(cluster: Cluster, { namespace, workload: name, template: own }: Seen): Promise<PodTemplate | undefined> {
  if (name === undefined) return own;
  const workload = await cluster.read(deployments, { namespace, name });
  const template = workload.ok && isObject(workload.value.spec) ? workload.value.spec.template : undefined;
  return isObject(template) ? template : undefined;
}

async function configsOf(cluster: Cluster, rollout: Seen, template: PodTemplate): Promise<readonly ConfigRef[] | undefined> {
  const { trackConfig } = rollout;
  if (trackConfig === 'None') return [];
  const uses = configUses(template).filter(({ kind }) => trackConfig === 'All' || kind === 'ConfigMap');
  const read = await Promise.all(
    uses.map(async (use) => {
      const resource = use.kind === 'ConfigMap' ? configMaps : secrets;
      const found: Result<KubeObject, KubeFailure> = await cluster.read(resource, { namespace: rollout.namespace, name: use.name });
      return { ...use, found };
    }),
  );
  const isUnknown = ({ isOptional, found }: (typeof read)[number]) => !found.ok && !(isOptional && found.failure.kind === 'notFound');
  if (read.some(isUnknown)) return undefined;
  return read.flatMap(({ kind, name, found }) =>
    found.ok ? [{ kind, name, hash: configHash({ data: found.value.data, binaryData: found.value.binaryData }) }] : [],
  );
}
