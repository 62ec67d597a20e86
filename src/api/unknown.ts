import { isObject, nearestTo } from '../lib/index.ts';
import { renderCrds } from './crds.ts';
import type { FieldError } from './errors.ts';
import { pathOf } from './errors.ts';
import type { StructuralSchema } from './structural.ts';

let schemas: ReadonlyMap<string, StructuralSchema> | undefined;

/** Members of an object of ours that the API server would drop without a word: for `lint` and admission, never for what is stored. */
export function unknownFields(object: unknown): readonly FieldError[] {
  schemas ??= new Map(renderCrds().map(({ spec }) => [spec.names.kind, spec.versions[0].schema.openAPIV3Schema]));
  const schema = isObject(object) ? schemas.get(String(object.kind)) : undefined;
  if (schema === undefined || !isObject(object)) return [];
  const known = schema.properties ?? {};
  return Object.entries(object).flatMap(([key, value]) => {
    if (key === 'metadata') return [];
    const member = known[key];
    return member === undefined ? [unknown([key], Object.keys(known))] : walk(value, member, [key]);
  });
}

function unknown(path: readonly (string | number)[], known: readonly string[]): FieldError {
  const [nearest] = nearestTo(String(path.at(-1)), known);
  const remedy = nearest === undefined ? 'remove it or correct its spelling' : `did you mean ${nearest}?`;
  return { path: pathOf(path), message: `is not known; the API server would drop it: ${remedy}` };
}

function walk(value: unknown, schema: StructuralSchema, path: readonly (string | number)[]): readonly FieldError[] {
  const { items, properties, additionalProperties } = schema;
  if (Array.isArray(value)) return items === undefined ? [] : value.flatMap((item, index) => walk(item, items, [...path, index]));
  if (!isObject(value) || schema.type !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const member = Object.hasOwn(properties ?? {}, key) ? properties?.[key] : additionalProperties;
    if (member !== undefined) return walk(inner, member, [...path, key]);
    return schema['x-kubernetes-preserve-unknown-fields'] ? [] : [unknown([...path, key], Object.keys(properties ?? {}))];
  });
}
