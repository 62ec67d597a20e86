import { isObject, sameJson } from '../../../lib/index.ts';
import { duplicate, type FieldError, invalid, required, unsupported } from '../field-error.ts';
import { canonicalText } from './canonical.ts';
import { formatProblem } from './formats.ts';
import { childPath, memberSchema, type Schema } from './schema.ts';

/**
 * What the schema has against the value: types, bounds, patterns, required members, values, keys of lists. `old` is the stored value
 * on an update: what was wrong before and did not change is let through, as the API server ratchets.
 */
export function validate(value: unknown, schema: Schema, path = '', old?: unknown): readonly FieldError[] {
  const errors: FieldError[] = [];
  check({ value, schema, path, old }, errors);
  return errors;
}

interface Node {
  readonly value: unknown;
  readonly schema: Schema;
  readonly path: string;
  readonly old?: unknown;
}

/** What was wrong before and did not change is let through: looked at only where something is wrong, since comparing costs. */
function check(node: Node, errors: FieldError[]): void {
  const { value, old } = node;
  if (old !== undefined && old === value) return;
  const before = errors.length;
  checkNode(node, errors);
  if (errors.length > before && old !== undefined && sameJson(old, value)) errors.length = before;
}

function checkNode(node: Node, errors: FieldError[]): void {
  const { value, schema, path } = node;
  const typeError = typeProblem(value, schema, path);
  if (typeError !== undefined) {
    errors.push(typeError);
    return;
  }
  combined(node, errors);
  if (value === null) return;
  if (schema.enum !== undefined && !schema.enum.some((one) => sameJson(one, value))) errors.push(unsupported(path, value, schema.enum));
  if (typeof value === 'string') checkText(value, schema, path, errors);
  else if (typeof value === 'number') checkNumber(value, schema, path, errors);
  else if (Array.isArray(value)) checkList({ ...node, value }, errors);
  else if (isObject(value)) checkObject({ ...node, value }, errors);
}

const body = (path: string): string => (path === '' ? '' : `${path} in body`);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeProblem(value: unknown, schema: Schema, path: string): FieldError | undefined {
  const types = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : schema.type === undefined ? [] : [schema.type];
  const kind = kindOf(value);
  if (types.length === 0 || types.includes(kind) || (kind === 'null' && schema.nullable === true)) return undefined;
  if (kind === 'integer' && types.includes('number')) return undefined;
  const detail = `${body(path)} must be of type ${types.join(',')}: ${JSON.stringify(kind)}`;
  return { type: 'TypeInvalid', field: path === '' ? '<nil>' : path, value: kind, detail };
}

/** The first of length and pattern that is missed, as the API server stops there; and the format. */
function checkText(value: string, schema: Schema, path: string, errors: FieldError[]): void {
  const { maxLength, minLength, format } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength)
    errors.push({ type: 'TooLong', field: path, detail: `may not be more than ${maxLength} byte${maxLength === 1 ? '' : 's'}` });
  else if (minLength !== undefined && length < minLength)
    errors.push(invalid(path, value, `${body(path)} should be at least ${minLength} chars long`));
  else if (schema.pattern !== undefined && !pattern(schema.pattern).test(value))
    errors.push(invalid(path, value, `${body(path)} should match '${schema.pattern}'`));
  if (format !== undefined && formatProblem(format, value))
    errors.push(invalid(path, value, `${body(path)} must be of type ${format}: ${JSON.stringify(value)}`));
}

const compiled = new Map<string, RegExp>();

function pattern(source: string): RegExp {
  let expression = compiled.get(source);
  if (expression === undefined) {
    expression = fromRe2(source);
    compiled.set(source, expression);
  }
  return expression;
}

// What RE2 takes and the strict mode of JavaScript does not (needless escapes) means the same without that mode.
function fromRe2(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    return new RegExp(source);
  }
}

function checkNumber(value: number, schema: Schema, path: string, errors: FieldError[]): void {
  const { minimum, maximum, multipleOf } = schema;
  const say = (what: string) => errors.push(invalid(path, value, `${body(path)} should be ${what}`));
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) say(`a multiple of ${multipleOf}`);
  if (maximum !== undefined && schema.exclusiveMaximum === true && value >= maximum) say(`less than ${maximum}`);
  else if (maximum !== undefined && value > maximum) say(`less than or equal to ${maximum}`);
  if (minimum !== undefined && schema.exclusiveMinimum === true && value <= minimum) say(`greater than ${minimum}`);
  else if (minimum !== undefined && value < minimum) say(`greater than or equal to ${minimum}`);
}

function checkList({ value, schema, path, old }: Node & { readonly value: readonly unknown[] }, errors: FieldError[]): void {
  if (schema.minItems !== undefined && value.length < schema.minItems)
    errors.push(invalid(path, value.length, `${body(path)} should have at least ${schema.minItems} items`));
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    errors.push({
      type: 'TooMany',
      field: path,
      value: value.length,
      detail: `must have at most ${schema.maxItems} item${schema.maxItems === 1 ? '' : 's'}`,
    });
  const { items } = schema;
  if (items !== undefined) {
    const olds = correlated(schema, old);
    value.forEach((item, index) => {
      check({ value: item, schema: items, path: `${path}[${index}]`, old: olds(item) }, errors);
    });
  }
  checkKeys(value, schema, path, errors);
}

/** The old item that has the new one's key; lists without keys have no such thing. */
export function correlated(schema: Schema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !Array.isArray(old)) return () => undefined;
  const known = new Map(old.map((item) => [listKey(item, keys), item]));
  return (item) => known.get(listKey(item, keys));
}

export function listKey(item: unknown, keys: readonly string[]): string {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && isObject(item) && typeof item[only] === 'string')
    return `{"${only}":${JSON.stringify(item[only])}}`;
  return canonicalText(isObject(item) ? Object.fromEntries(keys.map((key) => [key, item[key]])) : item);
}

function checkKeys(value: readonly unknown[], schema: Schema, path: string, errors: FieldError[]): void {
  const kind = schema['x-kubernetes-list-type'];
  if (kind !== 'map' && kind !== 'set') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const key = kind === 'set' ? canonicalText(item) : listKey(item, keys);
    if (seen.has(key)) {
      const shown = kind === 'map' && isObject(item) ? Object.fromEntries(keys.map((name) => [name, item[name]])) : item;
      errors.push(duplicate(`${path}[${index}]`, shown));
    }
    seen.add(key);
  });
}

function checkObject({ value, schema, path, old }: Node & { readonly value: Record<string, unknown> }, errors: FieldError[]): void {
  const count = Object.keys(value).length;
  if (schema.minProperties !== undefined && count < schema.minProperties)
    errors.push(invalid(path, count, `${body(path)} should have at least ${schema.minProperties} properties`));
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    errors.push({ type: 'TooMany', field: path, value: count, detail: `must have at most ${schema.maxProperties} items` });
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known === undefined || member === undefined) continue;
    check({ value: member, schema: known, path: childPath(path, key), old: isObject(old) ? old[key] : undefined }, errors);
  }
  for (const key of schema.required ?? []) {
    if (value[key] === undefined) errors.push(required(childPath(path, key)));
  }
}

function combined({ value, schema, path }: Node, errors: FieldError[]): void {
  const problems = (one: Schema) => validate(value, one, path);
  const whole = (what: string) => errors.push(invalid('<nil>', '', `${JSON.stringify(path)} ${what}`));
  if (schema.allOf !== undefined) {
    const found = schema.allOf.flatMap(problems);
    errors.push(...found);
    if (found.length > 0) whole('must validate all the schemas (allOf)');
  }
  if (schema.anyOf !== undefined && !schema.anyOf.some((one) => problems(one).length === 0)) {
    errors.push(...(schema.anyOf[0] === undefined ? [] : problems(schema.anyOf[0])));
    whole('must validate at least one schema (anyOf)');
  }
  if (schema.oneOf !== undefined) {
    const valid = schema.oneOf.filter((one) => problems(one).length === 0).length;
    if (valid !== 1) whole(`must validate one and only one schema (oneOf). Found ${valid === 0 ? 'none' : valid} valid`);
  }
  if (schema.not !== undefined && problems(schema.not).length === 0) whole('must not validate the schema (not)');
}
