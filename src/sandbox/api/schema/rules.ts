import { Environment } from '@marcbachmann/cel-js';
import { isObject } from '../../../lib/index.ts';
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts';
import { canonicalText } from './canonical.ts';
import { celValue } from './cel-value.ts';
import { childPath, memberSchema, type Schema, type ValidationRule } from './schema.ts';
import { correlated } from './validate.ts';

const environment = new Environment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');

type Program = (context: Readonly<Record<string, unknown>>) => unknown;
const programs = new Map<string, Program | { readonly problem: string }>();

/** What the rules of the schema have against a value that is sound otherwise. Rules about `oldSelf` are asked on updates only. */
export function validateRules(value: unknown, schema: Schema, old?: unknown): readonly FieldError[] {
  if (!hasRules(schema)) return [];
  const errors: FieldError[] = [];
  visit({ value, schema, path: '', old }, errors);
  return errors;
}

/** The rules of the schema that cannot be compiled, with the reason: a definition that has one is refused. */
export function brokenRules(schema: Schema, path: string): readonly FieldError[] {
  const here = (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule }, index) => {
    const program = compile(rule);
    const at = `${path}.x-kubernetes-validations[${index}].rule`;
    return typeof program === 'function' ? [] : [invalid(at, rule, `compilation failed: ${program.problem}`)];
  });
  return [
    ...here,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, member]) => brokenRules(member, `${path}.properties[${key}]`)),
    ...(schema.items === undefined ? [] : brokenRules(schema.items, `${path}.items`)),
    ...(typeof schema.additionalProperties === 'object' ? brokenRules(schema.additionalProperties, `${path}.additionalProperties`) : []),
  ];
}

const ruled = new WeakMap<Schema, boolean>();

function hasRules(schema: Schema): boolean {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ];
  const found = (schema['x-kubernetes-validations'] ?? []).length > 0 || inner.some(hasRules);
  ruled.set(schema, found);
  return found;
}

interface Node {
  readonly value: unknown;
  readonly schema: Schema;
  readonly path: string;
  readonly old: unknown;
}

function visit(node: Node, errors: FieldError[]): void {
  const { value, schema, path, old } = node;
  if (value === null || value === undefined || !hasRules(schema)) return;
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length > 0) askRules(node, rules, errors);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    const olds = correlated(schema, old);
    value.forEach((item, index) => {
      visit({ value: item, schema: items, path: `${path}[${index}]`, old: olds(item) }, errors);
    });
    return;
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known === undefined) continue;
    const isDeclared = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    visit(
      {
        value: member,
        schema: known,
        path: isDeclared ? childPath(path, key) : `${path}[${key}]`,
        old: isObject(old) ? old[key] : undefined,
      },
      errors,
    );
  }
}

function askRules({ value, schema, path, old }: Node, rules: readonly ValidationRule[], errors: FieldError[]): void {
  const self = celValue(value, schema);
  const isUnchanged = old !== undefined && canonicalText(old) === canonicalText(value);
  for (const rule of rules) {
    const isTransition = /\boldSelf\b/.test(rule.rule);
    if (isTransition && old === undefined) continue;
    const context = isTransition ? { self: celValue(value, schema, true), oldSelf: celValue(old, schema, true) } : { self };
    const outcome = evaluate(rule.rule, context);
    if (outcome.value === true) continue;
    if (outcome.problem !== undefined) {
      errors.push(invalid(path, schema.type, `${outcome.problem} evaluating rule: ${rule.message ?? rule.rule}`));
    } else if (isTransition || !isUnchanged) {
      errors.push(refusal(rule, { path, value: typeof value === 'object' ? undefined : value }, context));
    }
  }
}

function refusal(
  { rule, message, messageExpression, fieldPath, reason }: ValidationRule,
  { path, value }: { readonly path: string; readonly value: unknown },
  context: Readonly<Record<string, unknown>>,
): FieldError {
  const said = messageExpression === undefined ? undefined : evaluate(messageExpression, context).value;
  const detail = typeof said === 'string' && said.trim() !== '' ? said.trim() : (message?.trim() ?? `failed rule: ${rule.trim()}`);
  const field = (fieldPath === undefined ? path : childPath(path, fieldPath.replace(/^\./, ''))) || '<nil>';
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default:
      return invalid(field, value, detail);
  }
}

function compile(rule: string): Program | { readonly problem: string } {
  let program = programs.get(rule);
  if (program === undefined) {
    try {
      const parsed = environment.parse(rule);
      const { valid, error } = parsed.check();
      program = valid ? parsed : { problem: problemOf(error) };
    } catch (error) {
      program = { problem: problemOf(error) };
    }
    programs.set(rule, program);
  }
  return program;
}

function evaluate(
  rule: string,
  context: Readonly<Record<string, unknown>>,
): { readonly value?: unknown; readonly problem?: string | undefined } {
  const program = compile(rule);
  if (typeof program !== 'function') return { problem: program.problem };
  try {
    return { value: program(context) };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  const text = error instanceof Error ? ('summary' in error ? String(error.summary) : error.message) : String(error);
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1).split('\n')[0] ?? ''}`;
}
