import { isObject } from '../../../lib/index.ts';
import { memberSchema, type Schema } from './schema.ts';

/** What becomes of nulls that the schema does not allow and has no default for. */
export type BadNulls = 'dropped' | 'kept';

/** The value with the schema's defaults where members are missing, and in the place of nulls that the schema does not allow. */
export function withDefaults<T>(value: T, schema: Schema, nulls: BadNulls = 'dropped'): T {
  return fill(value, schema, nulls) as T;
}

const complete = new WeakMap<object, Schema>();

/** Says of a frozen value that it has its defaults: it is not looked through again. */
export function markComplete(value: object, schema: Schema): void {
  complete.set(value, schema);
}

export const isComplete = (value: unknown, schema: Schema | undefined): boolean =>
  schema !== undefined && typeof value === 'object' && value !== null && complete.get(value) === schema;

function fill(value: unknown, schema: Schema | undefined, nulls: BadNulls): unknown {
  if (schema === undefined || isComplete(value, schema)) return value;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    const filled = value.map((item) => fill(item === null && items.nullable !== true ? (items.default ?? item) : item, items, nulls));
    return filled.every((item, index) => item === value[index]) ? value : filled;
  }
  return isObject(value) ? fillObject(value, schema, nulls) : value;
}

function fillObject(value: Record<string, unknown>, schema: Schema, nulls: BadNulls): Record<string, unknown> {
  let result: Record<string, unknown> | undefined;
  const set = (key: string, member: unknown) => {
    result ??= { ...value };
    if (member === undefined) delete result[key];
    else result[key] = member;
  };
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known === undefined) continue;
    const isBadNull = member === null && known.nullable !== true;
    if (isBadNull && nulls === 'kept' && known.default === undefined) continue;
    const filled = fill(isBadNull ? known.default : member, known, nulls);
    if (filled !== member) set(key, filled);
  }
  for (const [key, known] of Object.entries(schema.properties ?? {})) {
    if (known.default !== undefined && value[key] === undefined) set(key, fill(known.default, known, nulls));
  }
  return result ?? value;
}
