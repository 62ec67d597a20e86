import { fail, ok, type Result } from '../lib/result.ts';
import type { KubeFailure } from './failure.ts';
import type { KubeClient, WriteOptions } from './kube-client.ts';
import type { KubeObject, Resource } from './object.ts';

type Finalized = Pick<KubeObject, 'metadata'>;
type PatchOperation =
  | { readonly op: 'test' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

const listPath = '/metadata/finalizers';
const sameObject = (object: Finalized): PatchOperation => ({ op: 'test', path: '/metadata/uid', value: object.metadata.uid });

/**
 * The JSON patch that adds one finalizer, or undefined where it is there already. Its tests make it fail, rather than add a second
 * time or to another object, when anyone changed the list since `object` was read.
 */
export function finalizerAddition(object: Finalized, finalizer: string): readonly PatchOperation[] | undefined {
  const present = object.metadata.finalizers ?? [];
  if (present.includes(finalizer)) return undefined;
  const unchanged: PatchOperation = { op: 'test', path: listPath, value: present.length === 0 ? null : present };
  const add: PatchOperation =
    present.length === 0 ? { op: 'add', path: listPath, value: [finalizer] } : { op: 'add', path: `${listPath}/-`, value: finalizer };
  return [sameObject(object), unchanged, add];
}

/** The JSON patch that removes one finalizer, or undefined where it is gone already. */
export function finalizerRemoval(object: Finalized, finalizer: string): readonly PatchOperation[] | undefined {
  const index = (object.metadata.finalizers ?? []).indexOf(finalizer);
  if (index < 0) return undefined;
  const path = `${listPath}/${index}`;
  return [sameObject(object), { op: 'test', path, value: finalizer }, { op: 'remove', path }];
}

export interface FinalizerCall {
  readonly client: Pick<KubeClient, 'patch'>;
  readonly resource: Resource;
  readonly object: Finalized;
  readonly finalizer: string;
  readonly options?: WriteOptions;
}

/** The object after the write, or undefined where none was needed. A `conflict` asks to observe again. */
export function addFinalizer(call: FinalizerCall, signal?: AbortSignal): Promise<Result<KubeObject | undefined, KubeFailure>> {
  return apply(call, finalizerAddition(call.object, call.finalizer), signal);
}

/** As `addFinalizer`; an object that is gone altogether has lost its finalizer too. */
export async function removeFinalizer(call: FinalizerCall, signal?: AbortSignal): Promise<Result<KubeObject | undefined, KubeFailure>> {
  const removed = await apply(call, finalizerRemoval(call.object, call.finalizer), signal);
  return !removed.ok && removed.failure.kind === 'notFound' ? ok(undefined) : removed;
}

async function apply(
  { client, resource, object, options }: FinalizerCall,
  patch: readonly PatchOperation[] | undefined,
  signal?: AbortSignal,
): Promise<Result<KubeObject | undefined, KubeFailure>> {
  if (patch === undefined) return ok(undefined);
  const ref = { namespace: object.metadata.namespace, name: object.metadata.name };
  const reply = await client.patch(resource, ref, patch, { ...options, type: 'json' }, signal);
  // A failed test comes back as a 422 without causes, and means what a 409 means elsewhere. Causes would name a bad finalizer.
  if (!reply.ok && reply.failure.kind === 'invalid' && reply.failure.details?.causes === undefined)
    return fail({ ...reply.failure, kind: 'conflict' });
  return reply;
}
