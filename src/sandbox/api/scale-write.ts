// The scale that a write asks for: each kind of write reads it in its own way, and custom resources in another one than Kubernetes' own.
import { isObject, sameJson } from '../../lib/index.ts';
import { trackApply, trackUpdate, typedProblem } from './apply/index.ts';
import { applyConflict } from './apply-conflict.ts';
import { type Call, queryFlag, resourceOf } from './call.ts';
import { bodyOf, checkPlace, goTypeOf, reportUnknown, unreadablePatch } from './decode.ts';
import { scaleSchema } from './kinds/index.ts';
import { applyJsonPatch, applyMergePatch } from './patch/index.ts';
import type { ApiObject } from './port.ts';
import { hasScaleManagers, scaleTracking } from './scale-managers.ts';
import { prune } from './schema/index.ts';
import { badRequest, conflict, internalFailure, refuse } from './status.ts';
import { type Members, membersOf, textOf, withMembers } from './values.ts';
import { checkPatchOptions, inapplicablePatch, patchTypes } from './write.ts';

const apiVersion = 'autoscaling/v1';
const kind = 'Scale';

/** The scale as the request wants it, with its managers. `now` has the managers of the object's count. */
export function writtenScale(call: Call, now: Members): Members {
  return call.request.method === 'PUT' ? put(call, now) : patch(call, now);
}

function put(call: Call, now: Members): Members {
  const body = membersOf(bodyOf(call.request));
  const problem = kindProblem({ apiVersion, kind, ...body });
  const bad = problem ?? countProblem(body);
  if (bad !== undefined && call.kind.isCustom)
    refuse(badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"'));
  if (bad !== undefined) {
    const { kind: said = kind, apiVersion: version = apiVersion } = problem === undefined ? {} : body;
    const name = textOf(version).split('/').at(-1);
    refuse(badRequest(`${textOf(said)} in version "${name}" cannot be handled as a Scale: ${bad}`));
  }
  const asked = withoutUnknown(call, body);
  checkPlace(call, asked as unknown as ApiObject);
  checkUid(call, now, asked);
  const written = trackUpdate(now, decoded(asked), scaleTracking(call, 'Update'));
  // The server cannot tell the fields of what does not say its kind, and forgets all managers.
  const isNameless = body.kind === undefined || body.apiVersion === undefined;
  return call.kind.isCustom && isNameless
    ? withMembers(written, { metadata: withMembers(written.metadata, { managedFields: [] }) })
    : written;
}

function patch(call: Call, now: Members): Members {
  const type = checkPatchOptions(call);
  const body = bodyOf(call.request);
  if (type === patchTypes.apply) return applied(call, now, body);
  const patched = type === patchTypes.json ? jsonPatched(now, body) : mergePatched(now, body);
  const bad = kindProblem(patched) ?? countProblem(patched);
  if (bad !== undefined) refuse(unreadablePatch(patched, bad));
  const asked = withoutUnknown(call, patched, now);
  checkPlace(call, asked as unknown as ApiObject);
  if (!call.kind.isCustom) checkUid(call, now, asked);
  return trackUpdate(now, decoded(asked), scaleTracking(call, 'Update'));
}

function jsonPatched(now: Members, body: unknown): Members {
  const result = applyJsonPatch(now, body);
  return result.ok ? membersOf(result.value) : refuse(inapplicablePatch(result.failure));
}

function mergePatched(now: Members, body: unknown): Members {
  if (!isObject(body))
    refuse(badRequest(`error decoding patch: json: cannot unmarshal ${goTypeOf(body)} into Go value of type map[string]interface {}`));
  return membersOf(applyMergePatch(now, body));
}

/**
 * Server-side apply. Of a custom resource the server cannot turn what was applied into a scale: whatever would change anything fails,
 * and so does everything while nobody owns the count.
 */
function applied(call: Call, now: Members, body: unknown): Members {
  const config = membersOf(body);
  const { isCustom } = call.kind;
  const given = `${textOf(config.apiVersion) || '/'}, Kind=${textOf(config.kind)}`;
  if (given !== `${apiVersion}, Kind=${kind}`) refuse(badRequest(`invalid object type: ${given}`));
  const metadata = membersOf(config.metadata);
  const where = `${textOf(metadata.namespace)}/${textOf(metadata.name)}; ${apiVersion}, Kind=${kind}`;
  const notConverted = `to proper version: request to convert CR to an invalid group/version: ${apiVersion}`;
  if (isCustom && !hasScaleManagers(now))
    refuse(
      internalFailure(
        `failed to create manager for existing fields: failed to convert live object (/; ${apiVersion}, Kind=${kind}) ${notConverted}`,
      ),
    );
  if (metadata.managedFields !== undefined) refuse(badRequest('metadata.managedFields must be nil'));
  const problem = typedProblem(config, scaleSchema);
  if (problem !== undefined) refuse(internalFailure(`failed to create typed patch object (${where}): ${problem}`));
  const result = trackApply(now, config, scaleTracking(call, 'Apply'), queryFlag(call.request, 'force'));
  if (!result.ok) return refuse(applyConflict(result.failure));
  if (sameJson(unmanaged(result.value), unmanaged(now))) return result.value;
  if (isCustom) refuse(internalFailure(`failed to convert new object (${where}) ${notConverted}`));
  const { replicas } = membersOf(config.spec);
  if (typeof replicas === 'number' && !Number.isInteger(replicas))
    refuse(
      internalFailure(
        `failed to convert new object (${where}) to proper version: unable to convert unstructured object to ${apiVersion}, Kind=${kind}: cannot convert float64 to int32`,
      ),
    );
  checkPlace(call, result.value as unknown as ApiObject);
  checkUid(call, now, result.value);
  return result.value;
}

const unmanaged = (scale: Members): Members =>
  withMembers(scale, { metadata: withMembers(membersOf(scale.metadata), { managedFields: undefined }) });

function kindProblem(scale: Members): string | undefined {
  if (scale.apiVersion === apiVersion && scale.kind === kind) return undefined;
  return `no kind "${textOf(scale.kind)}" is registered for version "${textOf(scale.apiVersion)}" in scheme "pkg/runtime/scheme.go:111"`;
}

/** Why Go cannot read the count. */
function countProblem(scale: Members): string | undefined {
  const { replicas } = membersOf(scale.spec);
  if (replicas === undefined || replicas === null) return undefined;
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= -(2 ** 31) && replicas < 2 ** 31) return undefined;
  const given = typeof replicas === 'number' ? `number ${replicas}` : goTypeOf(replicas);
  return `json: cannot unmarshal ${given} into Go struct field ScaleSpec.spec.replicas of type int32`;
}

function withoutUnknown(call: Call, asked: Members, patched?: Members): Members {
  const dropped: string[] = [];
  const known = prune(asked, scaleSchema, dropped);
  reportUnknown(call, dropped, { kind, version: 'v1', patched: patched === undefined ? undefined : asked });
  return known;
}

function checkUid(call: Call, now: Members, asked: Members): void {
  const [is, said] = [now, asked].map((scale) => textOf(membersOf(scale.metadata).uid));
  if (said === '' || said === is) return;
  const { group, plural, isCustom } = call.kind;
  const name = call.name ?? '';
  const why = `Precondition failed: UID in precondition: ${said}, UID in object meta: ${is}`;
  if (call.request.method !== 'PUT') refuse(conflict({ group, name: `${plural}/scale` }, name, why));
  const key = ['', 'registry', ...(isCustom ? [group] : []), plural, call.namespace, name].filter((part) => part !== undefined).join('/');
  refuse(
    conflict(resourceOf(call), name, `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`),
  );
}

/** As Go has it: a zero to be is not written, the zero that is, is. */
const decoded = (scale: Members): Members & { readonly metadata: Members } => {
  const { spec, status } = scale;
  const { replicas } = membersOf(spec);
  return {
    ...scale,
    metadata: membersOf(scale.metadata),
    spec: replicas === 0 || replicas === null ? {} : membersOf(spec),
    status: { replicas: 0, ...membersOf(status) },
  };
};
