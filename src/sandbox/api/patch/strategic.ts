import { isObject, sameJson } from '../../../lib/index.ts';
import { memberSchema, type Schema } from '../schema/index.ts';

const deletes = '$deleteFromPrimitiveList/';
const order = '$setElementOrder/';

/** Strategic merge patch: as a merge patch, but lists whose schema has a merge key are merged item by item. */
export function applyStrategicPatch(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isObject(patch)) return patch;
  if (patch.$patch === 'replace') return without(patch, '$patch');
  if (patch.$patch === 'delete') return {};
  let result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  if (Array.isArray(patch.$retainKeys)) {
    const retained = new Set(patch.$retainKeys.map(String));
    result = Object.fromEntries(Object.entries(result).filter(([key]) => retained.has(key)));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletes)) {
      const field = key.slice(deletes.length);
      const gone = Array.isArray(value) ? value : [];
      result[field] = listOf(result[field]).filter((item) => !gone.some((one) => sameJson(one, item)));
    } else if (key.startsWith('$')) {
    } else if (value === null) delete result[key];
    else result[key] = merged(result[key], value, memberSchema(schema, key));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(order) || !Array.isArray(value)) continue;
    const field = key.slice(order.length);
    if (Array.isArray(result[field])) result[field] = ordered(result[field], value, memberSchema(schema, field));
  }
  return result;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const without = (object: Record<string, unknown>, key: string) => {
  const { [key]: _, ...rest } = object;
  return rest;
};

function merged(target: unknown, value: unknown, schema: Schema | undefined): unknown {
  if (!Array.isArray(value)) return applyStrategicPatch(target, value, schema);
  if (schema?.['x-kubernetes-patch-strategy'] !== 'merge') return value;
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  return mergeKey === undefined
    ? [...listOf(target), ...value.filter((item) => !listOf(target).some((one) => sameJson(one, item)))]
    : mergedList(listOf(target), value, mergeKey, schema.items);
}

function mergedList(target: readonly unknown[], patch: readonly unknown[], mergeKey: string, items: Schema | undefined): unknown {
  const isReplaced = patch.some((item) => isObject(item) && item.$patch === 'replace' && item[mergeKey] === undefined);
  let result = isReplaced ? [] : [...target];
  for (const item of patch) {
    if (!isObject(item)) continue;
    if (item.$patch === 'replace' && item[mergeKey] === undefined) continue;
    const isSame = (one: unknown) => isObject(one) && sameJson(one[mergeKey], item[mergeKey]);
    if (item.$patch === 'delete') result = result.filter((one) => !isSame(one));
    else if (result.some(isSame)) result = result.map((one) => (isSame(one) ? applyStrategicPatch(one, item, items) : one));
    else result.push(applyStrategicPatch({}, item, items));
  }
  return result;
}

/** Items that the order names, in that order; others keep their place behind what they stood behind. */
function ordered(list: readonly unknown[], wanted: readonly unknown[], schema: Schema | undefined): unknown {
  const mergeKey = schema?.['x-kubernetes-patch-merge-key'];
  const keyOf = (item: unknown) => (mergeKey !== undefined && isObject(item) ? item[mergeKey] : item);
  const place = (item: unknown) => wanted.findIndex((one) => sameJson(keyOf(one), keyOf(item)));
  const named = list.filter((item) => place(item) >= 0).sort((left, right) => place(left) - place(right));
  const rest = list.filter((item) => place(item) < 0);
  return [...named, ...rest];
}
