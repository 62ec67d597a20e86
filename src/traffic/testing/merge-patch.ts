import { isObject, type JsonObject } from '../../lib/index.ts';

/** JSON Merge Patch (RFC 7396), as the API server applies it. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** A frozen copy of JSON: a write to it throws. */
export function frozen<T>(value: T): T {
  const copy: unknown = structuredClone(value);
  freeze(copy);
  return copy as T;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

/** Every number that stands under the key `weight`, wherever. */
export function weightsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(weightsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === 'weight' ? [member] : weightsIn(member)));
}

export const asJson = (value: JsonObject): unknown => JSON.parse(JSON.stringify(value));
