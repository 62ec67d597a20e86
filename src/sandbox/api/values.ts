import { isObject } from '../../lib/index.ts';

/** A JSON object that nobody changes. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * Freezes a value all the way down, as somebody would read its JSON: members that are undefined are not there. The value itself where there are none; what is
 * frozen already, is taken to be so in depth.
 */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const members = value as Record<string, unknown>;
  let hasGaps = false;
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (member === undefined) hasGaps = true;
    else if (typeof member === 'object' && member !== null) {
      const frozen = freeze(member);
      if (frozen !== member) members[key] = frozen;
    }
  }
  return Object.freeze(hasGaps ? withoutGaps(members) : members) as T;
}

function withoutGaps(members: Record<string, unknown>): unknown {
  if (Array.isArray(members)) return members.map((item) => item ?? null);
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(members)) if (members[key] !== undefined) result[key] = members[key];
  return result;
}

export const membersOf = (value: unknown): Members => (isObject(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The object with some members set, and those given as undefined taken out. */
export function withMembers<T extends object>(object: T, changes: Members): T {
  const result = { ...object } as Record<string, unknown>;
  for (const key of Object.keys(changes)) {
    const value = changes[key];
    if (value !== undefined) result[key] = value;
    // Taking out what is not there is dear, too.
    else if (key in result) delete result[key];
  }
  return result as T;
}

/** The value at a path of member names, or undefined. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** The object with another value at a path of member names; undefined takes the last member out. Missing objects are made. */
export function withValueAt(object: Members, path: readonly string[], value: unknown): Members {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  if (rest.length === 0) return withMembers(object, { [key]: value });
  const inner = membersOf(object[key]);
  return value === undefined && object[key] === undefined ? object : { ...object, [key]: withValueAt(inner, rest, value) };
}

/** Order of Go strings, and of keys in etcd, for all that ASCII can say. */
export const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
