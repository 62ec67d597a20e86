import { isObject } from '../../../lib/index.ts';
import { isOpen, memberSchema, type Schema } from '../schema/index.ts';
import { byText } from '../values.ts';
import { shownKey } from './field-set.ts';
import { itemKey } from './typed.ts';

/**
 * Why server-side apply cannot tell the fields of a configuration: members that the schema does not know, values of another type, items
 * of a list without their key or with the same one. As the API server says it: one line, or several.
 */
export function typedProblem(config: unknown, schema: Schema): string | undefined {
  const problems = inspect(config, schema).map(({ path, what }) => `${path}: ${what}`);
  if (problems.length <= 1) return problems[0];
  return `errors:\n${problems
    .toSorted(byText)
    .map((one) => `  ${one}`)
    .join('\n')}`;
}

interface Problem {
  readonly path: string;
  readonly what: string;
}

function inspect(value: unknown, schema: Schema | undefined): readonly Problem[] {
  if (schema === undefined || value === null || value === undefined) return [];
  const wrong = typeProblem(value, schema);
  if (wrong !== undefined) return [{ path: '', what: wrong }];
  if (Array.isArray(value)) return inspectList(value, schema);
  return isObject(value) ? inspectMap(value, schema) : [];
}

const below = (problems: readonly Problem[], prefix: string): readonly Problem[] =>
  problems.map(({ path, what }) => ({ path: `${prefix}${path}`, what }));

function typeProblem(value: unknown, schema: Schema): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true)
    return isObject(value) || Array.isArray(value) ? `expected any scalar, got ${shown(value)}` : undefined;
  switch (schema.type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${shown(value)}`;
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got ${shown(value)}`;
    case 'object':
      return isObject(value) ? undefined : `expected map, got ${shown(value)}`;
    default:
      return undefined;
  }
}

const shown = (value: unknown): string => `&{${typeof value === 'string' ? value : JSON.stringify(value)}}`;

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function inspectMap(value: Record<string, unknown>, schema: Schema): readonly Problem[] {
  const isLoose = isOpen(schema) || schema.additionalProperties === true || schema.type === undefined;
  return Object.entries(value).flatMap(([key, member]) => {
    const inner = memberSchema(schema, key);
    if (inner === undefined && !isLoose) return [{ path: `.${key}`, what: 'field not declared in schema' }];
    return below(inspect(member, inner), `.${key}`);
  });
}

function inspectList(list: readonly unknown[], schema: Schema): readonly Problem[] {
  const kind = schema['x-kubernetes-list-type'];
  if (kind !== 'map' && kind !== 'set') return list.flatMap((item, index) => below(inspect(item, schema.items), `[${index}]`));
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const [index, item] of list.entries()) {
    const key = itemKey(item, schema);
    if (kind === 'map' && key === 'k:{}') {
      const names = `[${keys.map((name) => JSON.stringify(name)).join(' ')}]`;
      const what = `element ${index}: associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`;
      return [...problems, { path: '', what }];
    }
    if (seen.has(key)) problems.push({ path: '', what: `duplicate entries for key ${shownKey(key)}` });
    seen.add(key);
    problems.push(...below(inspect(item, schema.items), shownKey(key)));
  }
  return problems;
}
