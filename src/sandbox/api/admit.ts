// From a decoded object to what is stored: the part that creation, update and every kind of patch share.
import { sameJson } from '../../lib/index.ts';
import { denied } from './admission.ts';
import { type Tracking, trackUpdate } from './apply/index.ts';
import { type Call, isDryRun, kindOf, managerOf, resourceOf, tableKey, timestamp } from './call.ts';
import type { Cluster } from './cluster.ts';
import { markSettled, maxObjectBytes } from './decode.ts';
import type { FieldError } from './field-error.ts';
import { invalid } from './field-error.ts';
import { type Kind, type MetadataChecks, namespaces, services } from './kinds/index.ts';
import { finalizerWarnings, validateMetadata } from './metadata.ts';
import type { ApiObject } from './port.ts';
import { validate, validateRules, withDefaults } from './schema/index.ts';
import { sizeOf } from './sizes.ts';
import { alreadyExists, forbidden, invalidObject, notFound, refuse } from './status.ts';
import { listOf, type Members, membersOf, valueAt, withMembers, withValueAt } from './values.ts';
import { fromStored, toStored } from './versions.ts';

/** What the fields of a write are tracked by. */
export const trackingOf = (call: Call, operation: 'Apply' | 'Update'): Tracking => ({
  schema: call.version.schema,
  manager: managerOf(call, operation),
  time: timestamp(call.nowMs),
  reset: resetOf(call),
  isTyped: !call.kind.isCustom,
});

const resetOf = ({ kind, subresource }: Call): readonly (readonly string[])[] =>
  subresource === 'status' ? kind.rules.statusReset : resetPaths(kind.rules.reset);

const pathsOf = new WeakMap<readonly string[], readonly (readonly string[])[]>();

/** The same list each time for the same kind: what is derived from it is kept. */
function resetPaths(fields: readonly string[]): readonly (readonly string[])[] {
  let found = pathsOf.get(fields);
  if (found === undefined) {
    found = fields.map((field) => [field]);
    pathsOf.set(fields, found);
  }
  return found;
}

/** Stores a new object: prepared, checked, with an identity of its own. Gives it in the version of the request. */
export function storeNew(cluster: Cluster, call: Call, object: ApiObject): ApiObject {
  const { kind, version } = call;
  checkNamespace(cluster, call);
  const { generation, reset } = kind.rules;
  const { resourceVersion: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, generation: ____, ...metadata } = object.metadata;
  const cleared = reset.reduce<ApiObject>((kept, field) => withMembers(kept, { [field]: undefined }), object);
  const fresh = { ...cleared, metadata: { ...metadata, ...(generation === undefined ? {} : { generation: 1 }) } };
  const filled = withDefaults(fresh, version.schema, 'kept') as ApiObject;
  const prepared = prepare(cluster, call, toStored(filled, kind, version), undefined);
  check(call, prepared, undefined);
  admit(cluster, call, prepared, undefined);
  const { name } = prepared.metadata;
  const other = cluster.store.get(kind.table, tableKey(call.namespace, name));
  if (other !== undefined) refuse(alreadyExists(resourceOf(call), name, other.metadata.deletionTimestamp !== undefined));
  if (isDryRun(call)) return fromStored(prepared, kind, version);
  const stored = put(cluster, call, prepared);
  if (kind.isCustom && filled !== fresh) unwritten.add(stored);
  return stored;
}

/**
 * Objects that show defaults which were not written with them: the server fills a status in whenever it reads the object. Their next
 * write happens, even where it changes nothing.
 */
const unwritten = new WeakSet<ApiObject>();

/** Stores the next state of an object, or removes it where its last finalizer has gone. The object itself where nothing changed. */
export function storeNext(cluster: Cluster, call: Call, stored: ApiObject, object: ApiObject): ApiObject {
  const { kind, version } = call;
  const written = toStored(object, kind, version);
  const settled = settle(cluster, call, stored, written);
  check(call, settled, stored);
  admit(cluster, call, settled, stored);
  if (isUnchanged(settled, stored) && !unwritten.has(stored)) return fromStored(stored, kind, version);
  const key = tableKey(call.namespace, stored.metadata.name);
  if (isDryRun(call)) return fromStored(settled, kind, version);
  if (isFinished(settled, stored)) {
    // Who wrote this gets what they wrote; the object is gone with it.
    cluster.store.remove(kind.table, key);
    return fromStored(settled, kind, version);
  }
  return put(cluster, call, settled);
}

function put({ store }: Cluster, { kind, version, namespace }: Call, object: ApiObject): ApiObject {
  const stored = store.put(kind.table, tableKey(namespace, object.metadata.name), object);
  if (version.codec === undefined && version.name === kind.storageVersion) markSettled(stored, version.schema);
  return fromStored(stored, kind, version);
}

/** The written object with what only the server may say, and its generation moved on where that is due. */
function settle(cluster: Cluster, call: Call, stored: ApiObject, written: ApiObject): ApiObject {
  const { kind, subresource } = call;
  const before = stored.metadata;
  const metadata = withMembers(written.metadata, {
    uid: written.metadata.uid || before.uid,
    creationTimestamp: before.creationTimestamp,
    generation: before.generation,
    deletionTimestamp: before.deletionTimestamp,
    deletionGracePeriodSeconds: before.deletionGracePeriodSeconds,
  });
  if (subresource === 'status') return withStatusOf({ ...written, metadata }, stored, kind);
  const kept = kind.rules.reset.reduce<ApiObject>((next, field) => withMembers(next, { [field]: stored[field] }), { ...written, metadata });
  const prepared = prepare(cluster, call, kept, stored);
  const isNext = kind.rules.generation?.(prepared, stored) === true;
  return isNext ? { ...prepared, metadata: { ...prepared.metadata, generation: (before.generation ?? 0) + 1 } } : prepared;
}

function withStatusOf(written: ApiObject, stored: ApiObject, kind: Kind): ApiObject {
  const { managedFields } = written.metadata;
  if (kind.isCustom) return withMembers(stored, { status: written.status, metadata: withMembers(stored.metadata, { managedFields }) });
  const kept = kind.rules.statusReset.reduce<Members>((next, path) => withValueAt(next, path, valueAt(stored, path)), written);
  return withValueAt(kept, ['metadata', 'managedFields'], managedFields) as unknown as ApiObject;
}

function prepare(cluster: Cluster, { kind, nowMs }: Call, object: ApiObject, old: ApiObject | undefined): ApiObject {
  const allocateIp = () => freeAddress(cluster);
  return kind.rules.prepare?.(object, old, { nowMs, allocateIp }) ?? object;
}

/** An address of 10.96.0.0/16 that no Service has. */
function freeAddress({ store, random }: Cluster): string {
  const taken = new Set(store.list(services.table).map(({ spec }) => membersOf(spec).clusterIP));
  for (;;) {
    const address = `10.96.${Math.floor(random.next() * 256)}.${1 + Math.floor(random.next() * 254)}`;
    if (!taken.has(address)) return address;
  }
}

function check(call: Call, object: ApiObject, old: ApiObject | undefined): void {
  const { kind } = call;
  const errors: FieldError[] = [...validateMetadata(object, old, metadataChecks(call))];
  if (kind.isCustom) errors.push(...customErrors(call, object, old));
  if (call.subresource !== 'status') errors.push(...(kind.rules.validate?.(object, old) ?? []));
  if (errors.length > 0) refuse(invalidObject(kindOf(call), object.metadata.name, errors));
  if (kind.isCustom && call.subresource === undefined) call.warnings.push(...finalizerWarnings(object, old));
  const size = sizeOf(object);
  if (size > maxObjectBytes) refuse({ code: 500, reason: '', message: 'etcdserver: request is too large' });
}

const metadataChecks = ({ kind, subresource }: Call): MetadataChecks =>
  subresource === 'status' ? { ...kind.rules.metadata, asWhole: kind.rules.metadata.asWhole.slice(0, 1) } : kind.rules.metadata;

/** Policies speak last, of what would be stored. */
function admit({ store, allows }: Cluster, call: Call, object: ApiObject, old: ApiObject | undefined): void {
  const { kind, version } = call;
  const refusal = denied(
    store,
    call,
    {
      operation: old === undefined ? 'CREATE' : 'UPDATE',
      object: fromStored(object, kind, version),
      old: old === undefined ? undefined : fromStored(old, kind, version),
    },
    allows,
  );
  if (refusal !== undefined) refuse(refusal);
}

const blocking = new Set(['NotSupported', 'Required', 'TooLong', 'TooMany', 'TypeInvalid']);

function customErrors({ kind, version, subresource }: Call, object: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  const now = fromStored(object, kind, version);
  const before = old === undefined ? undefined : fromStored(old, kind, version);
  const statusSchema = version.schema.properties?.status;
  const errors =
    subresource === 'status'
      ? statusSchema === undefined || now.status === undefined
        ? []
        : validate(now.status, statusSchema, '', before?.status).map(inStatus)
      : validate(withMembers(now, { metadata: {} }), version.schema, '', before);
  if (errors.some(({ type }) => blocking.has(type)))
    return [
      ...errors,
      invalid(
        '<nil>',
        null,
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ),
    ];
  return [...errors, ...validateRules(now, version.schema, before)];
}

/** Status is validated as a thing of its own: its messages speak of its members, its fields of the object's. */
const inStatus = (error: FieldError): FieldError => ({
  ...error,
  field: error.field === '' || error.field === '<nil>' ? 'status' : `status.${error.field}`,
});

/** Nothing but times of managers differs: such a write does not happen. */
export function isUnchanged(now: ApiObject, stored: ApiObject): boolean {
  return sameMembers(now, stored, 'metadata') && sameMetadata(now.metadata, stored.metadata);
}

const sameMetadata = (now: ApiObject['metadata'], stored: ApiObject['metadata']): boolean => {
  const [left, right] = [listOf(now.managedFields), listOf(stored.managedFields)];
  return (
    sameMembers({ ...now, resourceVersion: '' }, { ...stored, resourceVersion: '' }, 'managedFields') &&
    left.length === right.length &&
    left.every((entry, index) => entry === right[index] || sameMembers(membersOf(entry), membersOf(right[index]), 'time'))
  );
};

/** Whether two objects have the same members, but for one. */
function sameMembers(left: Members, right: Members, but: string): boolean {
  for (const key in left) if (key !== but && left[key] !== right[key] && !sameJson(left[key], right[key])) return false;
  for (const key in right) if (key !== but && left[key] === undefined && right[key] !== undefined) return false;
  return true;
}

const isFinished = (now: ApiObject, stored: ApiObject): boolean =>
  stored.metadata.deletionTimestamp !== undefined &&
  (now.metadata.finalizers ?? []).length === 0 &&
  (stored.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  !isHeld(now);

/** Namespaces and definitions stay until what is in them has gone. */
export const isHeld = (object: ApiObject): boolean =>
  (object.kind === 'Namespace' && object.apiVersion === 'v1') || object.kind === 'CustomResourceDefinition';

function checkNamespace({ store }: Cluster, call: Call): void {
  if (call.namespace === undefined) return;
  const namespace = store.get(namespaces.table, call.namespace);
  if (namespace === undefined) refuse(notFound({ group: '', name: 'namespaces' }, call.namespace));
  if (namespace.metadata.deletionTimestamp === undefined) return;
  refuse(
    forbidden(
      resourceOf(call),
      call.name ?? '',
      `unable to create new content in namespace ${call.namespace} because it is being terminated`,
    ),
  );
}

/** The object with the fields of this write noted to whoever writes. */
export const tracked = (call: Call, live: ApiObject | undefined, written: ApiObject): ApiObject =>
  trackUpdate(live === undefined ? zeroOf(call.kind) : fromStored(live, call.kind, call.version), written, trackingOf(call, 'Update'));

/** What Go has of a kind before anything is written: its structs are there, empty. */
function zeroOf({ isCustom, kind }: Kind): Readonly<Record<string, unknown>> {
  if (isCustom) return {};
  if (kind !== 'Deployment' && kind !== 'ReplicaSet') return { metadata: {}, spec: {}, status: {} };
  // A list that Go does not leave out when it is empty is there before anybody writes it.
  return { metadata: {}, spec: { strategy: {}, template: { metadata: {}, spec: { containers: [] } } }, status: {} };
}
