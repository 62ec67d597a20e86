import { isHeld } from './admit.ts';
import { type Call, isDryRun, kindOf, queryText, resourceOf, tableKey, timestamp } from './call.ts';
import type { Cluster } from './cluster.ts';
import { bodyOf } from './decode.ts';
import type { ApiObject } from './port.ts';
import { badRequest, conflict, invalidObject, refuse } from './status.ts';
import { type Members, membersOf, withMembers } from './values.ts';
import { fromStored } from './versions.ts';
import { findOrRefuse } from './write.ts';

export interface DeleteOptions {
  readonly preconditions: { readonly uid?: unknown; readonly resourceVersion?: unknown };
  readonly propagationPolicy: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly gracePeriodSeconds: number | undefined;
  readonly isDryRun: boolean;
}

/** The object while something holds it, and whether it is gone. */
export interface Deletion {
  readonly object: ApiObject;
  readonly isGone: boolean;
}

/** Finalizers that the garbage collector takes off again. */
export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export function readDeleteOptions(call: Call): DeleteOptions {
  const body = bodyOf(call.request) ?? {};
  if (typeof body !== 'object') refuse(badRequest('DeleteOptions must be an object'));
  const given = membersOf(body);
  const policy = given.propagationPolicy ?? queryText(call.request, 'propagationPolicy');
  const seconds = given.gracePeriodSeconds ?? queryText(call.request, 'gracePeriodSeconds');
  if (policy !== undefined && policy !== null && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    const detail = 'supported values: "Background", "Foreground", "Orphan", ""';
    refuse(
      invalidObject({ group: 'meta.k8s.io', name: 'DeleteOptions' }, '', [
        { type: 'NotSupported', field: 'propagationPolicy', value: policy, detail },
      ]),
    );
  }
  // The query says it, or the body, as kubectl does.
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun : [];
  if (dryRun.some((stage) => stage !== 'All'))
    refuse(
      invalidObject({ group: 'meta.k8s.io', name: 'DeleteOptions' }, '', [
        { type: 'NotSupported', field: 'dryRun', value: dryRun, detail: 'supported values: "All"' },
      ]),
    );
  return {
    isDryRun: isDryRun(call) || dryRun.length > 0,
    preconditions: membersOf(given.preconditions),
    propagationPolicy: (policy ?? undefined) as DeleteOptions['propagationPolicy'],
    gracePeriodSeconds: seconds === undefined || seconds === null ? undefined : Number(seconds),
  };
}

export function deleteObject(cluster: Cluster, call: Call, options: DeleteOptions): Deletion {
  const stored = findOrRefuse(cluster, call);
  checkPreconditions(call, stored, options);
  const { kind, version } = call;
  const key = tableKey(call.namespace, stored.metadata.name);
  const next = marked(call, stored, options);
  if (next === undefined) {
    const last = options.isDryRun ? stored : (cluster.store.remove(kind.table, key) ?? stored);
    return { object: fromStored(last, kind, version), isGone: true };
  }
  const kept = next === stored || options.isDryRun ? next : cluster.store.put(kind.table, key, next);
  return { object: fromStored(kept, kind, version), isGone: false };
}

function checkPreconditions(call: Call, { metadata }: ApiObject, { preconditions: { uid, resourceVersion } }: DeleteOptions): void {
  const resource = { group: call.kind.group, name: kindOf(call).name };
  if (typeof uid === 'string' && uid !== metadata.uid)
    refuse(
      conflict(
        resource,
        metadata.name,
        `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      ),
    );
  if (typeof resourceVersion === 'string' && resourceVersion !== metadata.resourceVersion)
    refuse(
      conflict(
        resource,
        metadata.name,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      ),
    );
}

/** The object as it waits for its end, or undefined where nothing holds it. */
function marked(call: Call, stored: ApiObject, options: DeleteOptions): ApiObject | undefined {
  const { metadata } = stored;
  const isDeleting = metadata.deletionTimestamp !== undefined;
  const seconds = isDeleting ? remainingGrace(stored, options) : (call.kind.rules.gracePeriod?.(stored, options.gracePeriodSeconds) ?? 0);
  // Already on its way out, and nothing about that changes.
  if (isDeleting && (metadata.deletionGracePeriodSeconds ?? 0) > 0 && seconds === metadata.deletionGracePeriodSeconds) return stored;
  const finalizers = heldBy(metadata.finalizers ?? [], options);
  if (seconds === 0 && finalizers.length === 0 && !isHeld(stored)) return undefined;
  const next = withMembers(metadata, {
    finalizers: finalizers.length === 0 ? undefined : finalizers,
    deletionTimestamp: isDeleting ? metadata.deletionTimestamp : timestamp(call.nowMs + seconds * 1_000),
    deletionGracePeriodSeconds: seconds,
    generation: isDeleting || metadata.generation === undefined ? metadata.generation : metadata.generation + 1,
  });
  if (isDeleting && sameFinalizers(metadata.finalizers ?? [], finalizers) && seconds === metadata.deletionGracePeriodSeconds) return stored;
  return { ...withPhase(stored), metadata: next };
}

/** A later DELETE can only shorten what is left. */
function remainingGrace({ metadata }: ApiObject, { gracePeriodSeconds }: DeleteOptions): number {
  const left = metadata.deletionGracePeriodSeconds ?? 0;
  return gracePeriodSeconds === undefined ? left : Math.min(left, gracePeriodSeconds);
}

const sameFinalizers = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name) => right.includes(name));

function heldBy(finalizers: readonly string[], { propagationPolicy }: DeleteOptions): readonly string[] {
  if (propagationPolicy === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== foregroundFinalizer && name !== orphanFinalizer);
  if (propagationPolicy === 'Foreground') return [...others, foregroundFinalizer];
  return propagationPolicy === 'Orphan' ? [...others, orphanFinalizer] : others;
}

const withPhase = (object: ApiObject): ApiObject =>
  object.kind === 'Namespace' ? { ...object, status: { ...membersOf(object.status), phase: 'Terminating' } } : object;

/** What DELETE answers with once the object is gone. */
export const deletedStatus = (call: Call, { metadata }: ApiObject): Members => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: metadata.name,
    ...(resourceOf(call).group === '' ? {} : { group: resourceOf(call).group }),
    kind: resourceOf(call).name,
    uid: metadata.uid,
  },
});
