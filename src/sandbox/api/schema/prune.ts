import { isObject } from '../../../lib/index.ts';
import { isComplete } from './defaults.ts';
import { childPath, isOpen, memberSchema, type Schema } from './schema.ts';

const metaMembers = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * The value without the members that its schema does not know; their paths go into `dropped`. Gives the value itself where nothing
 * had to go.
 */
export function prune<T>(value: T, schema: Schema, dropped: string[] = []): T {
  return pruneInto(value, asResource(schema), '', dropped) as T;
}

const resources = new WeakMap<Schema, Schema>();

function asResource(schema: Schema): Schema {
  let resource = resources.get(schema);
  if (resource === undefined) {
    resource = { ...schema, 'x-kubernetes-embedded-resource': true };
    resources.set(schema, resource);
  }
  return resource;
}

function pruneInto(value: unknown, schema: Schema | undefined, path: string, dropped: string[]): unknown {
  if (isComplete(value, schema)) return value;
  if (Array.isArray(value)) return pruneList(value, schema, path, dropped);
  if (!isObject(value)) return value;
  // Below a member that is kept as it is, only members that the schema knows are looked into.
  if (schema !== undefined && isOpen(schema)) return pruneKnown(value, schema, path, dropped);
  let result: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const isMeta = schema?.['x-kubernetes-embedded-resource'] === true && metaMembers.has(key);
    if (isMeta && memberSchema(schema, key) === undefined) continue;
    const isKnown = memberSchema(schema, key) !== undefined || schema?.additionalProperties === true;
    if (!isKnown) {
      result ??= { ...value };
      delete result[key];
      dropped.push(childPath(path, key));
      continue;
    }
    const pruned =
      schema?.additionalProperties === true ? member : pruneInto(member, memberSchema(schema, key), childPath(path, key), dropped);
    if (pruned !== member) {
      result ??= { ...value };
      result[key] = pruned;
    }
  }
  return result ?? value;
}

function pruneKnown(value: Record<string, unknown>, schema: Schema, path: string, dropped: string[]): unknown {
  let result: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known === undefined || (schema['x-kubernetes-embedded-resource'] === true && metaMembers.has(key))) continue;
    const pruned = pruneInto(member, known, childPath(path, key), dropped);
    if (pruned === member) continue;
    result ??= { ...value };
    result[key] = pruned;
  }
  return result ?? value;
}

function pruneList(list: readonly unknown[], schema: Schema | undefined, path: string, dropped: string[]): unknown {
  if (schema !== undefined && isOpen(schema) && schema.items === undefined) return list;
  const pruned = list.map((item, index) => pruneInto(item, schema?.items, `${path}[${index}]`, dropped));
  return pruned.every((item, index) => item === list[index]) ? list : pruned;
}
