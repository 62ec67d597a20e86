import { isObject } from '../../lib/index.ts';
import { storeNew, storeNext, tracked, trackingOf } from './admit.ts';
import { trackApply, typedProblem } from './apply/index.ts';
import { applyConflict } from './apply-conflict.ts';
import { type Call, kindOf, queryFlag, queryText, resourceOf, tableKey, timestamp } from './call.ts';
import type { Cluster } from './cluster.ts';
import { bodyOf, checkPlace, complete, decodeBody, goTypeOf, mediaTypeOf } from './decode.ts';
import { forbidden as forbiddenField, invalid, required } from './field-error.ts';
import { generatedName, newUid } from './identifiers.ts';
import { apiVersionOf } from './kinds/index.ts';
import { namelessError } from './metadata.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicPatch, type JsonPatchFailure } from './patch/index.ts';
import type { ApiObject } from './port.ts';
import {
  badRequest,
  conflict,
  generateNameConflict,
  invalidObject,
  modified,
  notFound,
  type Refusal,
  refuse,
  unsupportedMediaType,
} from './status.ts';
import { type Members, membersOf, textOf } from './values.ts';
import { fromStored } from './versions.ts';

const generateAttempts = 8;

/** POST to a collection. */
export function create(cluster: Cluster, call: Call): ApiObject {
  const decoded = decodeBody(call, bodyOf(call.request));
  checkOptions(call);
  const fresh = { ...decoded, metadata: freshMetadata(cluster, call, decoded) } as ApiObject;
  const { name, generateName } = decoded.metadata;
  const isTaken = (candidate: string) => cluster.store.get(call.kind.table, tableKey(call.namespace, candidate)) !== undefined;
  if (textOf(name) !== '') return storeNew(cluster, call, tracked(call, undefined, fresh));
  if (textOf(generateName) === '') refuse(invalidObject(kindOf(call), '', [namelessError]));
  let candidate = generatedName(textOf(generateName), cluster.random);
  for (let attempt = 1; isTaken(candidate); attempt++) {
    if (attempt === generateAttempts) refuse(generateNameConflict(resourceOf(call), candidate));
    candidate = generatedName(textOf(generateName), cluster.random);
  }
  return storeNew(cluster, call, tracked(call, undefined, { ...fresh, metadata: { ...fresh.metadata, name: candidate } }));
}

/** What the server alone says of a new object; what the client said of it is forgotten. */
function freshMetadata({ random }: Cluster, { namespace, nowMs }: Call, { metadata }: ApiObject): ApiObject['metadata'] {
  const {
    uid: _,
    creationTimestamp: __,
    deletionTimestamp: ___,
    resourceVersion,
    selfLink: ____,
    ...kept
  } = metadata as Members & typeof metadata;
  if (textOf(resourceVersion) !== '')
    refuse({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' });
  return {
    ...kept,
    ...(namespace === undefined ? {} : { namespace }),
    uid: newUid(random),
    creationTimestamp: timestamp(nowMs),
    resourceVersion: '',
  };
}

/** PUT. Creates where the kind allows that. */
export function replace(cluster: Cluster, call: Call): { readonly object: ApiObject; readonly isNew: boolean } {
  const body = bodyOf(call.request);
  const stored = find(cluster, call);
  const decoded = decodeBody(call, body, stored === undefined ? undefined : fromStored(stored, call.kind, call.version));
  checkOptions(call);
  if (stored === undefined) {
    if (!call.kind.rules.createsOnUpdate || call.subresource !== undefined) refuse(notFound(resourceOf(call), call.name ?? ''));
    const { resourceVersion: _, ...metadata } = decoded.metadata;
    return { object: create(cluster, { ...call, request: { ...call.request, body: { ...decoded, metadata } } }), isNew: true };
  }
  const { uid } = decoded.metadata;
  if (textOf(uid) !== '' && uid !== stored.metadata.uid)
    refuse(
      conflict(
        resourceOf(call),
        stored.metadata.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
      ),
    );
  checkVersion(call, stored, decoded);
  return { object: storeNext(cluster, call, stored, tracked(call, stored, withIdentity(decoded, stored))), isNew: false };
}

const withIdentity = (object: ApiObject, { metadata: { namespace, resourceVersion } }: ApiObject): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }), resourceVersion },
});

function checkVersion(call: Call, stored: ApiObject, written: ApiObject): void {
  const given = textOf(written.metadata.resourceVersion);
  if (given === stored.metadata.resourceVersion) return;
  if (given !== '') refuse(conflict(resourceOf(call), stored.metadata.name, modified));
  if (call.kind.rules.takesUnconditionalUpdate) return;
  refuse(
    invalidObject(resourceOf(call), stored.metadata.name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]),
  );
}

export const find = ({ store }: Cluster, { kind, namespace, name = '' }: Call): ApiObject | undefined =>
  store.get(kind.table, tableKey(namespace, name));

export function findOrRefuse(cluster: Cluster, call: Call): ApiObject {
  return find(cluster, call) ?? refuse(notFound(resourceOf(call), call.name ?? ''));
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The media type of a patch that may be asked for as it is. */
export function checkPatchOptions(call: Call): string {
  const type = mediaTypeOf(call.request);
  const known = [patchTypes.json, patchTypes.merge, ...(call.kind.isCustom ? [] : [patchTypes.strategic]), patchTypes.apply];
  if (!known.some((one) => one === type)) refuse(unsupportedMediaType(known));
  if (type !== patchTypes.apply && queryText(call.request, 'force') !== undefined)
    refuseOption([forbiddenField('force', 'may not be specified for non-apply patch')]);
  if (type === patchTypes.apply && queryText(call.request, 'fieldManager') === undefined)
    refuseOption([required('fieldManager', 'is required for apply patch')]);
  return type;
}

/** A JSON patch that is none, or that does not fit. */
export function inapplicablePatch({ kind, message }: JsonPatchFailure): Refusal {
  if (kind === 'malformed') return badRequest(`error decoding patch: ${message}`);
  return { code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} };
}

/** PATCH of any kind. */
export function patch(cluster: Cluster, call: Call): { readonly object: ApiObject; readonly isNew: boolean } {
  const type = checkPatchOptions(call);
  const body = bodyOf(call.request);
  if (type === patchTypes.apply) return apply(cluster, call, body);
  const stored = findOrRefuse(cluster, call);
  const live = fromStored(stored, call.kind, call.version);
  const patched = patchedObject(call, live, body, type);
  const object = complete(call, { ...patched, apiVersion: live.apiVersion, kind: live.kind }, 'patch', live);
  checkPatched(call, stored, object);
  return { object: storeNext(cluster, call, stored, tracked(call, stored, object)), isNew: false };
}

function patchedObject(call: Call, live: ApiObject, body: unknown, type: string): Members {
  if (type === patchTypes.json) {
    const result = applyJsonPatch(live, body);
    return result.ok ? membersOf(result.value) : refuse(inapplicablePatch(result.failure));
  }
  if (!isObject(body))
    refuse(badRequest(`error decoding patch: json: cannot unmarshal ${goTypeOf(body)} into Go value of type map[string]interface {}`));
  return membersOf(type === patchTypes.merge ? applyMergePatch(live, body) : applyStrategicPatch(live, body, call.version.schema));
}

/** A patch may carry the version it was made for, and must leave name and place alone. */
function checkPatched(call: Call, stored: ApiObject, object: ApiObject): void {
  checkPlace(call, object);
  if (textOf(object.metadata.name) !== stored.metadata.name)
    refuse(
      badRequest(`the name of the object (${textOf(object.metadata.name)}) does not match the name on the URL (${stored.metadata.name})`),
    );
  checkVersion(call, stored, object);
}

/** Server-side apply: merges what the applier wants with what others own, or says who is in the way. */
function apply(cluster: Cluster, call: Call, body: unknown): { readonly object: ApiObject; readonly isNew: boolean } {
  if (!isObject(body)) refuse(badRequest('error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}'));
  const expected = apiVersionOf(call.kind.group, call.version.name);
  if (textOf(body.apiVersion) === '' || textOf(body.kind) === '')
    refuse(badRequest(`couldn't get version/kind; json parse error: no kind is set`));
  if (body.apiVersion !== expected)
    refuse(
      badRequest(`Incorrect version specified in apply patch. Specified patch version: ${textOf(body.apiVersion)}, expected: ${expected}`),
    );
  if (membersOf(body.metadata).managedFields !== undefined) refuse(badRequest('metadata.managedFields must be nil'));
  const stored = find(cluster, call);
  if (stored === undefined && call.subresource !== undefined) refuse(notFound(resourceOf(call), call.name ?? ''));
  const live = stored === undefined ? undefined : fromStored(stored, call.kind, call.version);
  const given = { ...body, metadata: { ...membersOf(body.metadata), name: call.name } };
  checkPlace(call, body as unknown as ApiObject);
  const problem = typedProblem(given, call.version.schema);
  if (problem !== undefined) {
    const where = `${textOf(membersOf(body.metadata).namespace)}/${call.name ?? ''}; ${expected}, Kind=${call.kind.kind}`;
    refuse({ code: 500, reason: '', message: `failed to create typed patch object (${where}): ${problem}` });
  }
  const result = trackApply(live, given, trackingOf(call, 'Apply'), queryFlag(call.request, 'force'));
  if (!result.ok) return refuse(applyConflict(result.failure));
  const merged = complete(call, { ...result.value, apiVersion: expected, kind: call.kind.kind }, 'apply', live);
  if (stored === undefined) {
    const { uid } = merged.metadata;
    if (textOf(uid) !== '')
      refuse(
        conflict(
          resourceOf(call),
          call.name ?? '',
          `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
        ),
      );
    const metadata = freshMetadata(cluster, call, merged);
    return { object: storeNew(cluster, call, { ...merged, metadata }), isNew: true };
  }
  checkPatched(call, stored, merged);
  return { object: storeNext(cluster, call, stored, merged), isNew: false };
}

function refuseOption(errors: Parameters<typeof invalidObject>[2]): void {
  refuse(invalidObject({ group: 'meta.k8s.io', name: 'PatchOptions' }, '', errors));
}

function checkOptions({ request }: Call): void {
  const dryRun = queryText(request, 'dryRun');
  if (dryRun !== undefined && dryRun !== 'All')
    refuse(
      invalidObject({ group: 'meta.k8s.io', name: 'CreateOptions' }, '', [
        { type: 'NotSupported', field: 'dryRun', value: [dryRun], detail: 'supported values: "All"' },
      ]),
    );
}
