import type { Effect } from '../core/index.ts';
import { revisionName } from '../core/names.ts';
import { restoredTemplate } from '../core/objects/index.ts';
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
  { client, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written> {
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
  const patch = [
    { op: 'test', path: '/metadata/uid', value: effect.uid },
    { op: 'test', path: '/metadata/resourceVersion', value: effect.resourceVersion },
    { op: 'replace', path: '/spec/template', value: restoredTemplate(effect.fromRevision, template) },
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
