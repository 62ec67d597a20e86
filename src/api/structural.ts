import { z } from 'zod';
import { crdHints } from '../core/schema.ts';
import { isObject } from '../lib/index.ts';

/** One rule of `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** A structural schema of Kubernetes: the part of OpenAPI 3.0 that a CustomResourceDefinition may use. */
export interface StructuralSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  format?: string;
  default?: unknown;
  nullable?: boolean;
  enum?: readonly unknown[];
  properties?: Record<string, StructuralSchema>;
  required?: readonly string[];
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  /** Value validations only: never a type, a default or a description. */
  allOf?: readonly { readonly pattern: string }[];
  'x-kubernetes-validations'?: readonly CelRule[];
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-type'?: 'map' | 'atomic' | 'set';
  'x-kubernetes-list-map-keys'?: readonly string[];
}

const rulesKey = 'x-kubernetes-validations';

/**
 * The structural schema of what users write for `schema`: defaults kept, transforms forgotten, hints of the registry put in.
 * Throws where the schema says what a CustomResourceDefinition cannot, or leaves a text or list unbounded: bugs of ours.
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      Object.assign(jsonSchema, hinted(zodSchema));
    },
  });
  return convert(json, '');
}

type Members = Record<string, unknown>;

function hinted(schema: unknown): Members {
  const hints = crdHints.get(schema as z.ZodType);
  if (hints === undefined) return {};
  const written = (hints.cel ?? []).map(([rule, message, fieldPath]) => ({
    rule,
    message,
    ...(fieldPath === undefined ? {} : { fieldPath }),
  }));
  const rules: CelRule[] = [
    ...(hints.exactlyOne === undefined ? [] : exactlyOneRules(hints.exactlyOne, hints.what ?? 'the object')),
    ...written,
  ];
  return {
    ...(rules.length === 0 ? {} : { [rulesKey]: rules }),
    ...(hints.preserveUnknownFields ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(hints.listType === undefined ? {} : { 'x-kubernetes-list-type': hints.listType }),
    ...(hints.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': hints.listMapKeys }),
    ...(hints.description === undefined ? {} : { description: hints.description }),
  };
}

/** Two rules, so that each mistake gets its own sentence. The API server has dropped unknown members before it asks. */
function exactlyOneRules(keys: readonly string[], what: string): readonly CelRule[] {
  const known = keys.join(', ');
  const count = keys.map((key) => `(has(self.${celName(key)}) ? 1 : 0)`).join(' + ');
  const none = {
    rule: keys.map((key) => `has(self.${celName(key)})`).join(' || '),
    message: `${what} needs exactly one of ${known}; members of other names are unknown and were dropped`,
  };
  return keys.length === 1
    ? [none]
    : [none, { rule: `${count} <= 1`, message: `${what} has more than one of ${known}; exactly one is allowed` }];
}

const celReserved = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'false',
  'for',
  'function',
  'if',
  'import',
  'in',
  'let',
  'loop',
  'namespace',
  'null',
  'package',
  'return',
  'true',
  'var',
  'void',
  'while',
]);
/** A property's name as CEL spells it. */
export const celName = (name: string): string => (celReserved.has(name) ? `__${name}__` : name);

const simpleKeys = [
  'description',
  'default',
  'nullable',
  'enum',
  'pattern',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  rulesKey,
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
] as const;
const knownKeys = new Set<string>([
  ...simpleKeys,
  'type',
  'format',
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
  'items',
  'minimum',
  'maximum',
  'allOf',
  'anyOf',
  '$schema',
  'title',
  'id',
]);

function convert(source: unknown, path: string): StructuralSchema {
  if (!isObject(source)) throw new Error(`${path}: not a schema`);
  const strange = Object.keys(source).find((key) => !knownKeys.has(key));
  if (strange !== undefined) throw new Error(`${path}: a CustomResourceDefinition cannot say ${strange}`);
  const result: StructuralSchema = { ...typeOf(source, path), ...kept(source) };
  if (isObject(source.properties)) {
    result.properties = Object.fromEntries(
      Object.entries(source.properties).map(([key, value]) => [key, convert(value, `${path}.${key}`)]),
    );
  }
  if (Array.isArray(source.required) && source.required.length > 0) result.required = source.required.map(String);
  if (isObject(source.additionalProperties)) Object.assign(result, additional(source.additionalProperties, path));
  if (source.items !== undefined) result.items = convert(source.items, `${path}[]`);
  if (Array.isArray(source.allOf)) result.allOf = source.allOf.map(({ pattern }: Members) => ({ pattern: String(pattern) }));
  return bounded(result, path);
}

const kept = (source: Members): Partial<StructuralSchema> =>
  Object.fromEntries(simpleKeys.filter((key) => source[key] !== undefined).map((key) => [key, source[key]]));

function typeOf(source: Members, path: string): StructuralSchema {
  if (Array.isArray(source.anyOf)) return unionOf(source.anyOf, path);
  switch (source.type) {
    case undefined:
      return { 'x-kubernetes-preserve-unknown-fields': true };
    case 'integer':
    case 'number':
      return numberOf(source.type, source);
    case 'string':
      return { type: 'string', ...(source.format === 'date-time' ? { format: 'date-time' } : {}) };
    case 'object':
    case 'array':
    case 'boolean':
      return { type: source.type };
    default:
      throw new Error(`${path}: unknown type ${JSON.stringify(source.type)}`);
  }
}

/** zod bounds every integer by what a double can hold; that says nothing to users. */
function numberOf(type: 'integer' | 'number', source: Members): StructuralSchema {
  const bounds = (['minimum', 'maximum'] as const).filter(
    (key) => typeof source[key] === 'number' && Math.abs(source[key]) < Number.MAX_SAFE_INTEGER,
  );
  const isSmall = typeof source.maximum === 'number' && source.maximum <= 2_147_483_647;
  return {
    type,
    ...(type === 'integer' ? { format: isSmall ? 'int32' : 'int64' } : { format: 'double' }),
    ...Object.fromEntries(bounds.map((key) => [key, source[key]])),
  };
}

/** The one union that a structural schema knows. Value validations of a kind bind only values of that kind. */
function unionOf(members: readonly unknown[], path: string): StructuralSchema {
  const converted = members.map((member) => convert(member, path));
  const types = converted.map(({ type }) => type).sort();
  if (types.join() !== 'integer,string') throw new Error(`${path}: a CustomResourceDefinition cannot say a union of ${types.join(', ')}`);
  const { type: _, format: __, ...validations } = Object.assign({}, ...converted) as StructuralSchema;
  return { 'x-kubernetes-int-or-string': true, ...validations };
}

function additional(schema: Members, path: string): StructuralSchema {
  if (Object.keys(schema).length === 0) return { 'x-kubernetes-preserve-unknown-fields': true };
  return { additionalProperties: convert(schema, `${path}{}`), maxProperties: 64 };
}

function bounded(schema: StructuralSchema, path: string): StructuralSchema {
  if (schema.type === 'string' && schema.enum === undefined && schema.maxLength === undefined)
    throw new Error(`${path}: a text without maxLength`);
  if (schema.type === 'array' && schema.maxItems === undefined) throw new Error(`${path}: a list without maxItems`);
  return schema;
}
