import { isObject } from '../../../lib/index.ts';
import { byText } from '../values.ts';
import { isOpen, memberSchema, type Schema } from './schema.ts';
import { listKey } from './validate.ts';

const reserved = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop'],
  ...['package', 'namespace', 'return', 'var', 'void', 'while'],
]);
const escapes: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

const names = new Map<string, string>();

/** A member's name as CEL spells it where the schema declares it. */
export function celName(name: string): string {
  let spelled = names.get(name);
  if (spelled === undefined) {
    spelled = reserved.has(name) ? `__${name}__` : name.replace(/__|[.\-/]/g, (found) => escapes[found] ?? found);
    names.set(name, spelled);
  }
  return spelled;
}

/**
 * The JSON value as CEL sees it: whole numbers of the schema's integers are `int`, declared names are escaped. `unordered` puts lists
 * whose order does not count (sets, lists by key) into one order, so that they compare as CEL compares them. `asked`: what is enough.
 */
export function celValue(value: unknown, schema: Schema | undefined, unordered = false, asked: Asked = everything): unknown {
  if (typeof value !== 'object' || value === null) return converted(value, schema, unordered);
  if (asked.isWhole || Array.isArray(value)) return kept(value, schema, unordered);
  const result: Record<string, unknown> = {};
  if (asked.members.size === 0) return result;
  for (const key of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    const name = isDeclared(schema, key) ? celName(key) : key;
    const inner = asked.members.get(name);
    if (member !== undefined && inner !== undefined) result[name] = celValue(member, memberSchema(schema, key), unordered, inner);
  }
  return result;
}

/** What an expression asks for of a value, by the names that CEL gives to members: all of it, or some members, or only whether it is there. */
export interface Asked {
  readonly isWhole: boolean;
  readonly members: ReadonlyMap<string, Asked>;
}

const everything: Asked = { isWhole: true, members: new Map() };

/** The last conversion of an object: rules ask for the same one again and again, and nobody changes it. */
interface Kept {
  readonly schema: Schema | undefined;
  readonly value: unknown;
}

const asTheyAre = new WeakMap<object, Kept>();
const inOneOrder = new WeakMap<object, Kept>();

function kept(value: unknown, schema: Schema | undefined, unordered: boolean): unknown {
  if (typeof value !== 'object' || value === null) return converted(value, schema, unordered);
  const conversions = unordered ? inOneOrder : asTheyAre;
  const known = conversions.get(value);
  if (known !== undefined && known.schema === schema) return known.value;
  const fresh = converted(value, schema, unordered);
  conversions.set(value, { schema, value: fresh });
  return fresh;
}

const isDeclared = (schema: Schema | undefined, key: string): boolean =>
  schema?.properties !== undefined && Object.hasOwn(schema.properties, key);

function converted(value: unknown, schema: Schema | undefined, unordered: boolean): unknown {
  if (typeof value === 'number') return isInt(value, schema) ? BigInt(value) : value;
  if (Array.isArray(value)) {
    const kind = schema?.['x-kubernetes-list-type'];
    const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
    const sorted =
      unordered && (kind === 'map' || kind === 'set')
        ? value.toSorted((left, right) => byText(listKey(left, keys), listKey(right, keys)))
        : value;
    return sorted.map((item) => converted(item, schema?.items, unordered));
  }
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    result[isDeclared(schema, key) ? celName(key) : key] = converted(member, memberSchema(schema, key), unordered);
  }
  return result;
}

const isInt = (value: number, schema: Schema | undefined): boolean => {
  if (!Number.isSafeInteger(value)) return false;
  return schema === undefined || schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true || isOpen(schema);
};
