import { isObject } from '../../../lib/index.ts';
import { byText } from '../values.ts';

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
  return { isMember, children: new Map([...children].filter(([, child]) => !isEmpty(child))) };
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(left)) return right;
  if (isEmpty(right)) return left;
  const children = new Map(left.children);
  for (const [key, child] of right.children) {
    const known = children.get(key);
    children.set(key, known === undefined ? child : union(known, child));
  }
  return { isMember: left.isMember || right.isMember, children };
}

/** Without the very fields of the other; what lies below them stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmpty(right)) return left;
  const children = [...left.children].map(([key, child]) => {
    const other = right.children.get(key);
    return [key, other === undefined ? child : difference(child, other)] as const;
  });
  const isSame = !(left.isMember && right.isMember) && children.every(([key, child]) => child === left.children.get(key));
  return isSame ? left : node(left.isMember && !right.isMember, children);
}

/** Without the fields of the other and all that lies below them. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  const children = [...left.children].map(([key, child]) => {
    const other = right.children.get(key);
    if (other === undefined) return [key, child] as const;
    return [key, other.isMember ? emptySet : recursiveDifference(child, other)] as const;
  });
  return node(left.isMember && !right.isMember, children);
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  const children = [...left.children].map(([key, child]) => {
    const other = right.children.get(key);
    return [key, other === undefined ? emptySet : intersection(child, other)] as const;
  });
  return node(left.isMember && right.isMember, children);
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
  const children = Object.entries(fields).filter(([key]) => key !== '.');
  return node(
    fields['.'] !== undefined,
    children.map(([key, child]) => [key, readField(child)] as const),
  );
}

// Nothing below: the field itself is meant.
const readField = (fields: unknown): FieldSet => (isObject(fields) && Object.keys(fields).length === 0 ? leaf : readFields(fields));

const written = new WeakMap<FieldSet, Readonly<Record<string, unknown>>>();

/** FieldsV1. The same set gives the same value, by identity. */
export function writeFields(set: FieldSet): Readonly<Record<string, unknown>> {
  let fields = written.get(set);
  if (fields === undefined) {
    const children = [...set.children]
      .sort(([left], [right]) => byText(left, right))
      .map(([key, child]) => [key, writeFields(child)] as const);
    fields = Object.fromEntries(set.isMember && children.length > 0 ? [['.', {}], ...children] : children);
    written.set(set, fields);
  }
  return fields;
}
