import { storeNext } from './admit.ts';
import { trackApply, trackUpdate } from './apply/index.ts';
import { applyConflict } from './apply-conflict.ts';
import { type Call, queryFlag, queryText, resourceOf } from './call.ts';
import type { Cluster } from './cluster.ts';
import { bodyOf, mediaTypeOf } from './decode.ts';
import { invalid } from './field-error.ts';
import type { ScalePaths } from './kinds/index.ts';
import { applyJsonPatch, applyMergePatch } from './patch/index.ts';
import type { ApiObject } from './port.ts';
import { scaleTracking, withManagersOfScale, withScaleManagers } from './scale-managers.ts';
import { badRequest, conflict, internalError, invalidObject, modified, refuse, unsupportedMediaType } from './status.ts';
import { listOf, type Members, membersOf, textOf, valueAt, withValueAt } from './values.ts';
import { fromStored } from './versions.ts';
import { findOrRefuse } from './write.ts';

/** `/scale`: the counts of an object in the form that all autoscalers know. */
export function scale(cluster: Cluster, call: Call, paths: ScalePaths): Members {
  const stored = findOrRefuse(cluster, call);
  const object = fromStored(stored, call.kind, call.version);
  const now = scaleOf(object, paths);
  const { method } = call.request;
  const isUnset = typeof valueAt(object, paths.specReplicas) !== 'number';
  const field = JSON.stringify(`.${paths.specReplicas.join('.')}`);
  if (method === 'GET') return isUnset ? refuse(internalError(`the spec replicas field ${field} does not exist`)) : now;
  const wanted = written(call, withScaleManagers(call, object, now));
  const given = membersOf(wanted.spec).replicas;
  if (given === undefined && isUnset && method === 'PATCH') refuse(badRequest(`the spec replicas field ${field} cannot be empty`));
  const replicas = given ?? 0;
  const version = textOf(membersOf(wanted.metadata).resourceVersion);
  if (version !== '' && version !== stored.metadata.resourceVersion) refuse(conflict(resourceOf(call), stored.metadata.name, modified));
  const kind = { group: 'autoscaling', name: 'Scale' };
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    refuse(
      badRequest(
        `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
      ),
    );
  // A definition's own check says it for its kind.
  if (replicas < 0 && !call.kind.isCustom)
    refuse(invalidObject(kind, stored.metadata.name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]));
  const next = withValueAt(object, paths.specReplicas, replicas) as unknown as ApiObject;
  return scaleOf(storeNext(cluster, call, stored, withManagersOfScale(call, next, wanted)), paths);
}

/** The scale that the request asks for, with its managers. */
function written(call: Call, now: Members): Members {
  const body = bodyOf(call.request);
  const update = (asked: Members) => trackUpdate(now, decoded(asked), scaleTracking(call, 'Update'));
  if (call.request.method === 'PUT') return update(membersOf(body));
  switch (mediaTypeOf(call.request)) {
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      return update(membersOf(applyMergePatch(now, body)));
    case 'application/apply-patch+yaml': {
      if (queryText(call.request, 'fieldManager') === undefined) refuse(badRequest('fieldManager is required for apply patch'));
      const result = trackApply(now, membersOf(body), scaleTracking(call, 'Apply'), queryFlag(call.request, 'force'));
      return result.ok ? result.value : refuse(applyConflict(result.failure));
    }
    case 'application/json-patch+json': {
      const result = applyJsonPatch(now, body);
      if (result.ok) return update(membersOf(result.value));
      return refuse({
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        details: {},
      });
    }
    default:
      return refuse(unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']));
  }
}

/** As Go has it: a zero to be is not written, the zero that is, is. */
const decoded = (scale: Members): Members & { readonly metadata: Members } => {
  const { spec, status } = scale;
  const { replicas } = membersOf(spec);
  return {
    ...scale,
    metadata: membersOf(scale.metadata),
    spec: replicas === 0 ? {} : membersOf(spec),
    status: { replicas: 0, ...membersOf(status) },
  };
};

function scaleOf(object: ApiObject, { specReplicas, statusReplicas, selector }: ScalePaths): Members {
  const replicas = valueAt(object, specReplicas);
  const current = valueAt(object, statusReplicas);
  const chosen = selector === undefined ? '' : selectorText(valueAt(object, selector));
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: specOf(replicas),
    status: { replicas: typeof current === 'number' ? current : 0, ...(chosen === '' ? {} : { selector: chosen }) },
  };
}

/** Zero is what Go leaves out. */
const specOf = (replicas: unknown): Members => (typeof replicas !== 'number' || replicas === 0 ? {} : { replicas });

/** A label selector in the form of a query. */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  const { matchLabels, matchExpressions } = membersOf(selector);
  const equal = Object.entries(membersOf(matchLabels)).map(([key, value]) => `${key}=${String(value)}`);
  const others = listOf(matchExpressions).map((one) => {
    const { key, operator, values } = membersOf(one);
    const among = `(${listOf(values).join(',')})`;
    if (operator === 'In') return `${textOf(key)} in ${among}`;
    if (operator === 'NotIn') return `${textOf(key)} notin ${among}`;
    return operator === 'Exists' ? textOf(key) : `!${textOf(key)}`;
  });
  return [...equal, ...others].join(',');
}
