import type { Effect } from '../core/index.ts';
import { revisionName } from '../core/names.ts';
import { restoredTemplate, templateHashAnnotation, templateHashOf } from '../core/objects/index.ts';
import type { KubeObject } from '../kube/index.ts';
import { fail, isObject } from '../lib/index.ts';
import type { Executors, Scene, Written } from './execute.ts';
import { deployments } from './resources.ts';

/**
 * Gives the workload back what the stable revision runs: template, count, unpaused. JSON patch, because a template is replaced whole:
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
  const original = restoredTemplate(effect.fromRevision, template);
  const marked = await remarked(stable.value, templateHashOf(original), executors, signal);
  if (marked !== undefined && !marked.ok) return marked;
  const patch = [
    { op: 'test', path: '/metadata/uid', value: effect.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: effect.resourceVersion },
    { op: 'replace', path: '/spec/template', value: original },
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
