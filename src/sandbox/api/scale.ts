import { storeNext } from './admit.ts';
import { type Call, resourceOf } from './call.ts';
import type { Cluster } from './cluster.ts';
import { invalid } from './field-error.ts';
import type { ScalePaths } from './kinds/index.ts';
import type { ApiObject } from './port.ts';
import { withManagersOfScale, withScaleManagers } from './scale-managers.ts';
import { writtenScale } from './scale-write.ts';
import { badRequest, conflict, internalError, invalidObject, modified, refuse } from './status.ts';
import { listOf, type Members, membersOf, textOf, valueAt, withValueAt } from './values.ts';
import { fromStored } from './versions.ts';
import { findOrRefuse } from './write.ts';

/** What a patch finds where the object has no count: the server knows it again. */
const unset = -(2 ** 31);

/** `/scale`: the counts of an object in the form that all autoscalers know. */
export function scale(cluster: Cluster, call: Call, paths: ScalePaths): Members {
  const stored = findOrRefuse(cluster, call);
  const object = fromStored(stored, call.kind, call.version);
  const now = scaleOf(object, paths);
  const { method } = call.request;
  const isUnset = typeof valueAt(object, paths.specReplicas) !== 'number';
  const field = JSON.stringify(`.${paths.specReplicas.join('.')}`);
  if (method === 'GET') return isUnset ? refuse(internalError(`the spec replicas field ${field} does not exist`)) : now;
  const wanted = writtenScale(call, withScaleManagers(call, object, isUnset ? { ...now, spec: { replicas: unset } } : now));
  const replicas = membersOf(wanted.spec).replicas ?? 0;
  if (replicas === unset && isUnset) refuse(badRequest(`the spec replicas field ${field} cannot be empty`));
  const version = textOf(membersOf(wanted.metadata).resourceVersion);
  if (version !== '' && version !== stored.metadata.resourceVersion) refuse(conflict(resourceOf(call), stored.metadata.name, modified));
  // A definition's own check says it for its kind.
  if (typeof replicas === 'number' && replicas < 0 && !call.kind.isCustom)
    refuse(
      invalidObject({ group: 'autoscaling', name: 'Scale' }, stored.metadata.name, [
        invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ]),
    );
  const next = withValueAt(object, paths.specReplicas, replicas) as unknown as ApiObject;
  return scaleOf(storeNext(cluster, call, stored, withManagersOfScale(call, next, wanted)), paths);
}

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
