import { isObject } from '../../../lib/index.ts';
import { byText } from '../values.ts';
import { isOpen, memberSchema, type Schema } from './schema.ts';
import { listKey } from './validate.ts';

const reserved = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop'],
  ...['package', 'namespace', 'return', 'var', 'void', 'while'],
]);
const escapes: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** A member's name as CEL spells it where the schema declares it. */
export const celName = (name: string): string =>
  reserved.has(name) ? `__${name}__` : name.replace(/__|[.\-/]/g, (found) => escapes[found] ?? found);

/**
 * The JSON value as CEL sees it: whole numbers of the schema's integers are `int`, declared names are escaped. `unordered` puts lists
 * whose order does not count (sets, lists by key) into one order, so that they compare as CEL compares them.
 */
export function celValue(value: unknown, schema: Schema | undefined, unordered = false): unknown {
  if (typeof value === 'number') return isInt(value, schema) ? BigInt(value) : value;
  if (Array.isArray(value)) {
    const kind = schema?.['x-kubernetes-list-type'];
    const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
    const sorted =
      unordered && (kind === 'map' || kind === 'set')
        ? value.toSorted((left, right) => byText(listKey(left, keys), listKey(right, keys)))
        : value;
    return sorted.map((item) => celValue(item, schema?.items, unordered));
  }
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const isDeclared = schema?.properties !== undefined && Object.hasOwn(schema.properties, key);
    result[isDeclared ? celName(key) : key] = celValue(member, memberSchema(schema, key), unordered);
  }
  return result;
}

const isInt = (value: number, schema: Schema | undefined): boolean => {
  if (!Number.isSafeInteger(value)) return false;
  return schema === undefined || schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true || isOpen(schema);
};
