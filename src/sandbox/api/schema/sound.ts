import { isObject } from '../../../lib/index.ts';
import { isComplete } from './defaults.ts';
import { isOpen, memberSchema, type Schema } from './schema.ts';

/**
 * Whether a value is as it would be after it was pruned, tidied, found to be of its types and given its defaults: most of what is written is, and one look is
 * cheaper than four. False only says that it takes those four to know. `live`: what is stored, the members of which have been through this.
 */
export function isSound(value: unknown, schema: Schema | undefined, live?: unknown): boolean {
  if (value === null || value === undefined || schema === undefined) return false;
  if (isComplete(value, schema)) return true;
  const { known } = plainOf(schema);
  if (known === undefined) return false;
  switch (typeof value) {
    case 'string':
      return known.isText && (value !== '' || !known.omitsEmpty);
    case 'number':
      return (Number.isInteger(value) ? known.isInteger : known.isNumber) && (value !== 0 || !known.omitsEmpty);
    case 'boolean':
      return known.isFlag && (value || !known.omitsEmpty);
    default:
      return Array.isArray(value) ? hasSoundItems(value, schema, known) : hasSoundMembers(value, schema, isObject(live) ? live : nothing);
  }
}

/** What is asked of a value itself. */
interface Known {
  readonly isText: boolean;
  readonly isInteger: boolean;
  readonly isNumber: boolean;
  readonly isFlag: boolean;
  readonly isList: boolean;
  readonly isMap: boolean;
  readonly omitsEmpty: boolean;
}

interface Plain {
  /** Undefined: the schema says more than this look can tell. */
  readonly known: Known | undefined;
  /** Members that it has defaults for. */
  readonly wanted: readonly string[];
}

const plain = new WeakMap<Schema, Plain>();

function plainOf(schema: Schema): Plain {
  let found = plain.get(schema);
  if (found === undefined) {
    found = { known: knownOf(schema), wanted: defaultedMembers(schema) };
    plain.set(schema, found);
  }
  return found;
}

/** Whether a member is missing that the schema has a default for. */
export const isWanting = (schema: Schema, isThere: (key: string) => boolean): boolean => !plainOf(schema).wanted.every(isThere);

const defaultedMembers = (schema: Schema): readonly string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, member]) => (member.default === undefined ? [] : [key]));

function knownOf(schema: Schema): Known | undefined {
  const { type, allOf, anyOf, oneOf, not, additionalProperties } = schema;
  const isCombined = allOf !== undefined || anyOf !== undefined || oneOf !== undefined || not !== undefined;
  if (isCombined || isOpen(schema) || additionalProperties === true) return undefined;
  const isEither = schema['x-kubernetes-int-or-string'] === true;
  const has = (...types: readonly string[]) => (isEither ? types.includes('either') : type === undefined || types.includes(type));
  return {
    isText: has('string', 'either'),
    isInteger: has('integer', 'number', 'either'),
    isNumber: has('number'),
    isFlag: has('boolean'),
    isList: has('array'),
    isMap: has('object'),
    omitsEmpty: 'x-omit-empty' in schema && schema['x-omit-empty'] === true,
  };
}

function hasSoundItems(list: readonly unknown[], schema: Schema, { isList, omitsEmpty }: Known): boolean {
  if (!isList || (list.length === 0 && omitsEmpty)) return false;
  for (const item of list) if (!isSound(item, schema.items)) return false;
  return true;
}

const nothing: Readonly<Record<string, unknown>> = {};

function hasSoundMembers(value: unknown, schema: Schema, live: Readonly<Record<string, unknown>>): boolean {
  const { known, wanted } = plainOf(schema);
  if (known?.isMap !== true || !isObject(value)) return false;
  let isEmpty = true;
  for (const key of Object.keys(value)) {
    const member = value[key];
    const isStored = member !== undefined && member === live[key];
    if (!isStored && !isSound(member, memberSchema(schema, key))) return false;
    isEmpty = false;
  }
  if (isEmpty && known.omitsEmpty) return false;
  for (const key of wanted) if (value[key] === undefined) return false;
  return true;
}
