import type { Effect } from '../core/index.ts';
import { configCopyName, revisionName } from '../core/names.ts';
import { configsAnnotation, configsIn, keptConfigOf, templateHashAnnotation, templateHashOf } from '../core/objects/index.ts';
import type { ConfigName } from '../core/revision.ts';
import { configHash, originalTemplate } from '../core/revision.ts';
import type { KubeClient, KubeFailure, KubeObject } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, isObject, ok } from '../lib/index.ts';
import type { Executors, Scene, Written } from './execute.ts';
import { configMaps, deployments, secrets } from './resources.ts';

/**
 * Gives the workload back what the stable revision runs: template, count, unpaused, and its configuration, where that has changed since. JSON patch, because a template is replaced whole:
 * a merge would leave what an unapproved template added.
 */
export async function restoreWorkload(
  effect: Extract<Effect, { kind: 'restoreWorkload' }>,
  scene: Scene,
  executors: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const { client, absorb } = executors;
  const { rollout } = scene.world;
  const name = rollout.spec.workloadRef?.name ?? '';
  const stable = await client.get(
    deployments,
    { namespace: rollout.namespace, name: revisionName(rollout.name, effect.fromRevision) },
    signal,
  );
  if (!stable.ok) return stable;
  const template = isObject(stable.value.spec) && isObject(stable.value.spec.template) ? stable.value.spec.template : undefined;
  if (template === undefined) return fail({ kind: 'protocol', message: 'the stable Deployment has no template' });
  const configs = configsIn(stable.value.metadata.annotations?.[configsAnnotation]);
  const kept = await keepConfigs(effect.fromRevision, configs, scene, client, signal);
  if (!kept.ok) return kept;
  // Kept names are read as the originals where the workload is looked at.
  const marked = await remarked(stable.value, templateHashOf(originalTemplate(effect.fromRevision, template, configs)), executors, signal);
  if (marked !== undefined && !marked.ok) return marked;
  const patch = [
    { op: 'test', path: '/metadata/uid', value: effect.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: effect.resourceVersion },
    { op: 'replace', path: '/spec/template', value: originalTemplate(effect.fromRevision, template, configs, kept.value) },
    { op: 'replace', path: '/spec/replicas', value: effect.replicas },
    { op: 'add', path: '/spec/paused', value: false },
  ];
  const written = await client.patch(deployments, { namespace: rollout.namespace, name }, patch, { type: 'json' }, signal);
  if (written.ok) absorb(deployments, written.value);
  // A failed test comes back as a 422 without causes; a template that is refused has some.
  if (!written.ok && written.failure.kind === 'invalid' && written.failure.details?.causes === undefined)
    return fail({ ...written.failure, kind: 'conflict' });
  return written;
}

/**
 * A webhook may have changed the template when the revision was made: what its pods run is what is given back, and its mark says so from now on, or the workload
 * would never be seen to run it. Undefined where it says so already.
 */
async function remarked(
  { metadata }: KubeObject,
  hash: string,
  { client, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written | undefined> {
  if (metadata.annotations?.[templateHashAnnotation] === hash) return undefined;
  const { namespace = '', name, uid, resourceVersion } = metadata;
  const body = { metadata: { uid, resourceVersion, annotations: { [templateHashAnnotation]: hash } } };
  const written = await client.patch(deployments, { namespace, name }, body, { type: 'merge' }, signal);
  if (written.ok) absorb(deployments, written.value);
  return written;
}

/**
 * The configuration that is not what the stable revision reads, kept for the workload under a name of its own: it was changed since, which nobody approved,
 * or is gone.
 */
async function keepConfigs(
  revision: string,
  configs: readonly ConfigName[],
  { owner }: Scene,
  client: KubeClient,
  signal: AbortSignal,
): Promise<Result<readonly ConfigName[], KubeFailure>> {
  const { namespace } = owner;
  const kept: ConfigName[] = [];
  for (const config of configs) {
    const resource = config.kind === 'ConfigMap' ? configMaps : secrets;
    const read = async (name: string): Promise<Result<KubeObject | undefined, KubeFailure>> => {
      const found = await client.get(resource, { namespace, name }, signal);
      return !found.ok && found.failure.kind === 'notFound' ? ok(undefined) : found;
    };
    const [copy, present] = [await read(configCopyName(config.name, revision)), await read(config.name)];
    if (!copy.ok) return copy;
    if (!present.ok) return present;
    const isSame = present.value !== undefined && copy.value !== undefined && contentHash(present.value) === contentHash(copy.value);
    if (copy.value === undefined || isSame) continue;
    const made = await client.create(resource, namespace, keptConfigOf(owner, revision, config, copy.value), {}, signal);
    // Its name says its content: from before a crash.
    if (!made.ok && made.failure.kind !== 'alreadyExists') return made;
    kept.push(config);
  }
  return ok(kept);
}

const contentHash = ({ data, binaryData }: KubeObject): string => configHash({ data, binaryData });
