import type { Effect } from '../core/index.ts';
import { configCopyName, revisionName, rolloutLabelValue } from '../core/names.ts';
import { configCopyOf, deploymentOf, revisionServiceOf, rootServiceOf } from '../core/objects/index.ts';
import { configHash } from '../core/revision.ts';
import type { KubeFailure, KubeObject, ObjectMeta, Resource } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { fail, isObject, ok, unreachable } from '../lib/index.ts';
import type { Executors, Scene, Written } from './execute.ts';
import { markOf } from './records.ts';
import { configMaps, deployments, secrets, services } from './resources.ts';

type RevisionEffect = Extract<
  Effect,
  { kind: 'copyConfig' | 'createDeployment' | 'createRevisionService' | 'deleteRevision' | 'createRootService' }
>;

/** The objects of a revision: made once, removed whole. */
export function writeRevision(effect: RevisionEffect, scene: Scene, executors: Executors, signal: AbortSignal): Promise<Written> {
  const { owner, world } = scene;
  const ports = world.rootService?.ports ?? world.rollout.spec.service.ports ?? [];
  switch (effect.kind) {
    case 'copyConfig':
      return copyConfig(effect, scene, executors, signal);
    case 'createDeployment':
      return create(deployments, deploymentOf(owner, effect), scene, executors, signal);
    case 'createRevisionService':
      return create(services, revisionServiceOf(owner, effect.revision, ports), scene, executors, signal);
    case 'createRootService': {
      const stable = world.rollout.status.stableRevision;
      if (stable === undefined) return Promise.resolve(ok(undefined));
      return create(
        services,
        rootServiceOf(owner, world.rollout.spec.service.name, stable, world.rollout.spec.service.ports ?? []),
        scene,
        executors,
        signal,
      );
    }
    case 'deleteRevision':
      return deleteRevision(effect.revision, scene, executors, signal);
    default:
      return unreachable(effect);
  }
}

/** One that exists is ours from before a crash, or another Rollout's: our own is as good as made. */
async function create(resource: Resource, body: object, { owner }: Scene, executors: Executors, signal: AbortSignal): Promise<Written> {
  const { client, absorb } = executors;
  const created = await client.create(resource, owner.namespace, body, {}, signal);
  if (created.ok) {
    absorb(resource, created.value);
    return created;
  }
  if (created.failure.kind !== 'alreadyExists') return created;
  const { name } = (body as { metadata: { name: string } }).metadata;
  const present = await client.get(resource, { namespace: owner.namespace, name }, signal);
  if (!present.ok) return present;
  const isOurs = markOf(present.value.metadata)?.ownerUid === owner.uid;
  if (isOurs) absorb(resource, present.value);
  if (isOurs) return present;
  return isLeftOver(present.value.metadata, owner) ? takeOver(resource, present.value, body, executors, signal) : created;
}

/** Of a Rollout of this name whose finalizer was removed by hand: its pods may serve to this day, and they run what this revision runs. */
function isLeftOver(metadata: ObjectMeta, { name }: Scene['owner']): boolean {
  const mark = markOf(metadata);
  const isOwned = metadata.ownerReferences?.some(({ kind }) => kind === 'Rollout') === true;
  return mark?.rollout === rolloutLabelValue(name) && mark.ownerUid !== undefined && !isOwned;
}

async function takeOver(
  resource: Resource,
  { metadata }: KubeObject,
  body: object,
  { client, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const { ownerReferences, annotations } = (body as { metadata: { ownerReferences: unknown; annotations: unknown } }).metadata;
  const { namespace = '', name, uid, resourceVersion } = metadata;
  const patch = { metadata: { uid, resourceVersion, ownerReferences, annotations } };
  const taken = await client.patch(resource, { namespace, name }, patch, { type: 'merge' }, signal);
  if (taken.ok) absorb(resource, taken.value);
  return taken;
}

/** The copy is made only of the content that was hashed; what has changed meanwhile is another revision. */
async function copyConfig(
  { config, revision }: Extract<Effect, { kind: 'copyConfig' }>,
  scene: Scene,
  executors: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const { namespace } = scene.owner;
  const resource = config.kind === 'ConfigMap' ? configMaps : secrets;
  const source = await executors.client.get(resource, { namespace, name: config.name }, signal);
  if (!source.ok) return source;
  const { data, binaryData, type } = source.value;
  const content = { data: isObject(data) ? data : undefined, binaryData: isObject(binaryData) ? binaryData : undefined, type };
  if (configHash(content) !== config.hash)
    return fail({ kind: 'conflict', message: `${config.kind} ${config.name} has changed since it was hashed` });
  return create(resource, configCopyOf(scene.owner, revision, config, content), scene, executors, signal);
}

interface Removal {
  readonly resource: Resource;
  readonly name: string;
  readonly preconditions: { readonly uid: string };
}

async function deleteRevision(revision: string, scene: Scene, executors: Executors, signal: AbortSignal): Promise<Written> {
  const { owner, world } = scene;
  const present = world.revisions.find((candidate) => candidate.revision === revision);
  const name = present?.name ?? revisionName(owner.name, revision);
  const copies: Removal[] = [];
  for (const copy of present?.deployment?.copies ?? []) {
    const found = await findCopy(copy.kind, configCopyName(copy.name, revision), scene, executors, signal);
    if (!found.ok) return found;
    if (found.value !== undefined) copies.push(found.value);
  }
  // The Deployment goes last: it is what says which copies there are.
  const removals: readonly Removal[] = [
    ...(present?.service === undefined ? [] : [{ resource: services, name, preconditions: { uid: present.service.uid } }]),
    ...copies,
    ...(present?.deployment === undefined ? [] : [{ resource: deployments, name, preconditions: { uid: present.deployment.uid } }]),
  ];
  for (const { resource, name: target, preconditions } of removals) {
    const removed = await executors.client.delete(
      resource,
      { namespace: owner.namespace, name: target },
      { preconditions, propagation: 'Background' },
      signal,
    );
    if (!removed.ok && removed.failure.kind !== 'notFound') return removed;
  }
  return ok(undefined);
}

/** Copies are known by name only: what has that name is removed where it is ours, and as the object that it is now. */
async function findCopy(
  kind: 'ConfigMap' | 'Secret',
  name: string,
  { owner }: Scene,
  { client }: Executors,
  signal: AbortSignal,
): Promise<Result<Removal | undefined, KubeFailure>> {
  const resource = kind === 'ConfigMap' ? configMaps : secrets;
  const found = await client.get(resource, { namespace: owner.namespace, name }, signal);
  if (!found.ok) return found.failure.kind === 'notFound' ? ok(undefined) : found;
  const { metadata } = found.value;
  return ok(markOf(metadata)?.ownerUid === owner.uid ? { resource, name, preconditions: { uid: metadata.uid } } : undefined);
}
