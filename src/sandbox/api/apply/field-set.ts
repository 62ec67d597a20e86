import { isObject } from '../../../lib/index.ts';
import { byText, freeze } from '../values.ts';

/**
 * A set of fields, as a tree. Its keys are those of FieldsV1: `f:name` a member, `k:{"name":"web"}` an item of a list by key,
 * `v:"x"` an item of a set. A node may be in the set itself, and have members below it.
 */
export interface FieldSet {
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptySet: FieldSet = { isMember: false, children: new Map() };
export const leaf: FieldSet = { isMember: true, children: new Map() };

export const isEmpty = (set: FieldSet): boolean => !set.isMember && set.children.size === 0;

export function node(isMember: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [key, child] of children) if (!isEmpty(child)) kept.set(key, child);
  return made(isMember, kept);
}

/** A set of children that are known not to be empty. */
export function made(isMember: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size === 0) return isMember ? leaf : emptySet;
  return { isMember, children };
}

/** The left one itself where the right one adds nothing: what is written of a set is kept with it. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmpty(right)) return left;
  if (isEmpty(left)) return right;
  let children: Map<string, FieldSet> | undefined;
  for (const [key, child] of right.children) {
    const known = left.children.get(key);
    const both = known === undefined ? child : union(known, child);
    if (both === known) continue;
    children ??= new Map(left.children);
    children.set(key, both);
  }
  if (children === undefined && (left.isMember || !right.isMember)) return left;
  return { isMember: left.isMember || right.isMember, children: children ?? left.children };
}

/** The left set with its children changed by whoever knows those of the right one; itself where nothing changes. */
function changed(
  left: FieldSet,
  right: FieldSet,
  isMember: boolean,
  change: (child: FieldSet, other: FieldSet | undefined) => FieldSet,
): FieldSet {
  let children: Map<string, FieldSet> | undefined;
  for (const [key, child] of left.children) {
    const next = change(child, right.children.get(key));
    if (next === child) continue;
    children ??= new Map(left.children);
    if (isEmpty(next)) children.delete(key);
    else children.set(key, next);
  }
  if (children === undefined && isMember === left.isMember) return left;
  return made(isMember, children ?? left.children);
}

/** Without the very fields of the other; what lies below them stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(right) || isEmpty(left)) return left;
  return changed(left, right, left.isMember && !right.isMember, (child, other) => (other === undefined ? child : difference(child, other)));
}

/** Without the fields of the other and all that lies below them. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(right) || isEmpty(left)) return left;
  return changed(left, right, left.isMember && !right.isMember, (child, other) => {
    if (other === undefined) return child;
    return other.isMember ? emptySet : recursiveDifference(child, other);
  });
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmpty(left)) return left;
  if (isEmpty(right)) return emptySet;
  return changed(left, right, left.isMember && right.isMember, (child, other) =>
    other === undefined ? emptySet : intersection(child, other),
  );
}

export function has(set: FieldSet, path: readonly string[]): boolean {
  return path.reduce<FieldSet | undefined>((inner, key) => inner?.children.get(key), set)?.isMember === true;
}

export const setOf = (path: readonly string[]): FieldSet =>
  path.reduceRight<FieldSet>((inner, key) => ({ isMember: false, children: new Map([[key, inner]]) }), leaf);

/** Every field of the set, as the API server writes paths: `.spec.containers[name="web"].image`. */
export function paths(set: FieldSet, prefix = ''): readonly string[] {
  const below = [...set.children]
    .sort(([left], [right]) => byText(left, right))
    .flatMap(([key, child]) => paths(child, prefix + shownKey(key)));
  return set.isMember ? [prefix, ...below] : below;
}

/** A key as the API server writes paths: `.name`, `[name="web"]`, `[="x"]`. */
export function shownKey(key: string): string {
  const rest = key.slice(2);
  switch (key.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'k:':
      return `[${Object.entries(JSON.parse(rest) as Record<string, unknown>)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    default:
      return `[=${rest}]`;
  }
}

/** Reads FieldsV1 as an object of `managedFields` has it. */
export function readFields(fields: unknown): FieldSet {
  if (!isObject(fields)) return emptySet;
  const children = new Map<string, FieldSet>();
  for (const [key, child] of Object.entries(fields)) {
    if (key === '.') continue;
    const read = readField(child);
    if (!isEmpty(read)) children.set(key, read);
  }
  return made(fields['.'] !== undefined, children);
}

// Nothing below: the field itself is meant.
const readField = (fields: unknown): FieldSet => (isObject(fields) && Object.keys(fields).length === 0 ? leaf : readFields(fields));

const written = new WeakMap<FieldSet, Readonly<Record<string, unknown>>>();

/** FieldsV1. The same set gives the same value, by identity. */
export function writeFields(set: FieldSet): Readonly<Record<string, unknown>> {
  let fields = written.get(set);
  if (fields === undefined) {
    const result: Record<string, unknown> = {};
    if (set.isMember && set.children.size > 0) result['.'] = {};
    for (const key of [...set.children.keys()].sort()) result[key] = writeFields(set.children.get(key) ?? emptySet);
    fields = freeze(result);
    written.set(set, fields);
  }
  return fields;
}
