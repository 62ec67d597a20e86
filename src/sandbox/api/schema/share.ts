import { isObject } from '../../../lib/index.ts';
import { isComplete, markComplete } from './defaults.ts';
import { memberSchema, type Schema } from './schema.ts';

/**
 * The value with everything in it that equals what is stored replaced by that itself: what follows knows by identity what a write leaves
 * as it was. `old` is a stored object; what of it is complete by the schema of today is so where it is found again.
 */
export const share = <T>(fresh: T, old: unknown, schema: Schema): T => shared(fresh, old, { schema, isSettled: false }) as T;

/** How what is stored looks to the schema that it is written by. */
interface Look {
  readonly schema: Schema | undefined;
  readonly isSettled: boolean;
}

function shared(fresh: unknown, old: unknown, look: Look): unknown {
  if (fresh === old) return old;
  if (Array.isArray(fresh)) return Array.isArray(old) ? sharedList(fresh, old, look) : fresh;
  return isObject(fresh) && isObject(old) ? sharedObject(fresh, old, look) : fresh;
}

const within = ({ isSettled }: Look, old: unknown, schema: Schema | undefined): Look => ({
  schema,
  isSettled: isSettled || isComplete(old, schema),
});

function sharedList(fresh: readonly unknown[], old: readonly unknown[], look: Look): unknown {
  const items = look.schema?.items;
  let result: unknown[] | undefined;
  let isSame = fresh.length === old.length;
  for (let index = 0; index < fresh.length; index++) {
    const next = shared(fresh[index], old[index], within(look, old[index], items));
    if (next !== old[index]) isSame = false;
    if (next === fresh[index]) continue;
    result ??= [...fresh];
    result[index] = next;
  }
  if (isSame) return old;
  const found = result ?? fresh;
  if (look.isSettled) for (const [index, item] of found.entries()) if (item === old[index]) settle(item, items);
  return found;
}

function sharedObject(fresh: Record<string, unknown>, old: Record<string, unknown>, look: Look): unknown {
  const { schema } = look;
  let result: Record<string, unknown> | undefined;
  const keys = Object.keys(fresh);
  let isSame = keys.length === Object.keys(old).length;
  for (const key of keys) {
    const member = fresh[key];
    const next = shared(member, old[key], within(look, old[key], memberSchema(schema, key)));
    if (next !== old[key] || next === undefined) isSame = false;
    if (next === member) continue;
    result ??= { ...fresh };
    result[key] = next;
  }
  if (isSame) return old;
  const found = result ?? fresh;
  if (look.isSettled) for (const key of keys) if (found[key] === old[key]) settle(found[key], memberSchema(schema, key));
  return found;
}

function settle(value: unknown, schema: Schema | undefined): void {
  if (schema !== undefined && typeof value === 'object' && value !== null && !isComplete(value, schema)) markComplete(value, schema);
}
