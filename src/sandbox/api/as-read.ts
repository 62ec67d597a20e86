// What somebody makes of the JSON of an answer, without the text in between.

/** From here on up, the parts of a value are remembered: an object, its spec or an item of a list, and what is right below it. */
const rememberedDepth = 2;

const known = new WeakMap<object, unknown>();

/**
 * The frozen value as `JSON.parse` of its `JSON.stringify` would give it, frozen: members that are undefined are not there. Mostly that is the value itself, and
 * what it shares with others stays shared.
 */
export function asRead(value: unknown): unknown {
  return read(value, 0);
}

function read(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth > rememberedDepth) return fresh(value, depth);
  let found = known.get(value);
  if (found === undefined) {
    found = fresh(value, depth);
    known.set(value, found);
  }
  return found;
}

function fresh(value: object, depth: number): unknown {
  return Array.isArray(value) ? items(value, depth) : members(value as Readonly<Record<string, unknown>>, depth);
}

function items(list: readonly unknown[], depth: number): readonly unknown[] {
  let result: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    const next = read(item, depth + 1);
    if (Object.is(next, item)) continue;
    result ??= [...list];
    result[index] = next;
  }
  return result === undefined ? list : Object.freeze(result);
}

function members(object: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
  let isOther = false;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const member = object[key];
    const next = member === undefined ? undefined : read(member, depth + 1);
    if (!Object.is(next, member) || member === undefined) isOther = true;
    if (member !== undefined) result[key] = next;
  }
  return isOther ? Object.freeze(result) : object;
}
