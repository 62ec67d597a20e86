import { isObject, sameJson } from './json.ts';

/** The JSON merge patch (RFC 7386) that turns `before` into `after`: what changed, and null for what went; undefined where nothing did. */
export function mergePatch(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, next] = [before[key], after[key]];
    if (sameJson(old, next)) continue;
    if (next === undefined || next === null) patch[key] = null;
    else patch[key] = isObject(old) && isObject(next) ? mergePatch(old, next) : next;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
