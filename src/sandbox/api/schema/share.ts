import { isObject } from '../../../lib/index.ts';
import { isComplete, markComplete } from './defaults.ts';
import { memberSchema, type Schema } from './schema.ts';

/**
 * The value with everything in it that equals what is stored replaced by that itself: what follows knows by identity what a write leaves
 * as it was. `old` is a stored object; what it shares with the new one need not be completed again.
 */
export const share = <T>(fresh: T, old: unknown, schema: Schema): T => shared(fresh, old, schema) as T;

function shared(fresh: unknown, old: unknown, schema: Schema | undefined): unknown {
  if (fresh === old) return old;
  if (Array.isArray(fresh)) return Array.isArray(old) ? sharedList(fresh, old, schema?.items) : fresh;
  return isObject(fresh) && isObject(old) ? sharedObject(fresh, old, schema) : fresh;
}

function sharedList(fresh: readonly unknown[], old: readonly unknown[], items: Schema | undefined): unknown {
  let result: unknown[] | undefined;
  let isSame = fresh.length === old.length;
  for (let index = 0; index < fresh.length; index++) {
    const next = shared(fresh[index], old[index], items);
    if (next !== old[index]) isSame = false;
    if (next === fresh[index]) continue;
    result ??= [...fresh];
    result[index] = next;
  }
  if (isSame) return old;
  for (let index = 0; index < Math.min(fresh.length, old.length); index++)
    if ((result ?? fresh)[index] === old[index]) settle(old[index], items);
  return result ?? fresh;
}

function sharedObject(fresh: Record<string, unknown>, old: Record<string, unknown>, schema: Schema | undefined): unknown {
  let result: Record<string, unknown> | undefined;
  const keys = Object.keys(fresh);
  let isSame = keys.length === Object.keys(old).length;
  for (const key of keys) {
    const member = fresh[key];
    const next = shared(member, old[key], memberSchema(schema, key));
    if (next !== old[key] || next === undefined) isSame = false;
    if (next === member) continue;
    result ??= { ...fresh };
    result[key] = next;
  }
  if (isSame) return old;
  for (const key of keys) if ((result ?? fresh)[key] === old[key]) settle(old[key], memberSchema(schema, key));
  return result ?? fresh;
}

function settle(value: unknown, schema: Schema | undefined): void {
  if (schema !== undefined && typeof value === 'object' && value !== null && !isComplete(value, schema)) markComplete(value, schema);
}
