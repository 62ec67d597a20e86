import { isObject, sameJson } from '../../../lib/index.ts';
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts';
import { type CelContext, celEnvironment, createCel } from './cel.ts';
import { type Asked, celValue } from './cel-value.ts';
import { childPath, memberSchema, type Schema, type ValidationRule } from './schema.ts';
import { correlated } from './validate.ts';

const cel = createCel(celEnvironment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn'));

/** What the rules of the schema have against a value that is sound otherwise. Rules about `oldSelf` are asked on updates only. */
export function validateRules(value: unknown, schema: Schema, old?: unknown): readonly FieldError[] {
  const found: Found = { plain: [], transitions: [] };
  visit({ value, schema, path: '', old }, found);
  return [...found.plain, ...found.transitions];
}

/** Apart, since what did not change is not refused for what it is, only for having come from what it was. */
interface Found {
  readonly plain: FieldError[];
  readonly transitions: FieldError[];
}

/** The rules of the schema that cannot be compiled, with the reason: a definition that has one is refused. */
export function brokenRules(schema: Schema, path: string): readonly FieldError[] {
  const here = (schema['x-kubernetes-validations'] ?? []).flatMap(({ rule }, index) => {
    const problem = cel.problem(rule);
    const at = `${path}.x-kubernetes-validations[${index}].rule`;
    return problem === undefined ? [] : [invalid(at, rule, `compilation failed: ${problem}`)];
  });
  return [
    ...here,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, member]) => brokenRules(member, `${path}.properties[${key}]`)),
    ...(schema.items === undefined ? [] : brokenRules(schema.items, `${path}.items`)),
    ...(typeof schema.additionalProperties === 'object' ? brokenRules(schema.additionalProperties, `${path}.additionalProperties`) : []),
  ];
}

/** Whether there are rules in a schema or below it: any at all, and any about `oldSelf`. */
interface Ruled {
  readonly some: boolean;
  readonly transitions: boolean;
}

const ruled = new WeakMap<Schema, Ruled>();

function rulesIn(schema: Schema): Ruled {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ].map(rulesIn);
  const own = schema['x-kubernetes-validations'] ?? [];
  const found = {
    some: own.length > 0 || inner.some(({ some }) => some),
    transitions: own.some(isTransition) || inner.some(({ transitions }) => transitions),
  };
  ruled.set(schema, found);
  return found;
}

/** What a rule is about, read off its text once. */
interface About {
  readonly isTransition: boolean;
  /** What of `self` and `oldSelf` it asks for. */
  readonly asked: Asked;
}

const abouts = new WeakMap<ValidationRule, About>();

function aboutOf(rule: ValidationRule): About {
  let about = abouts.get(rule);
  if (about === undefined) {
    const text = `${rule.rule} ${rule.messageExpression ?? ''}`;
    about = { isTransition: /\boldSelf\b/.test(rule.rule), asked: askedOf(text) };
    abouts.set(rule, about);
  }
  return about;
}

/** Chains of members after `self`, without the call that may end one. Of one inside `has` nothing is asked but whether it is there. */
function askedOf(text: string): Asked {
  const root: Mutable = { isWhole: false, members: new Map() };
  const note = (chain: string, isWhole: boolean) => {
    let node = root;
    for (const name of chain.split('.').filter((one) => one !== '')) {
      const inner = node.members.get(name) ?? { isWhole: false, members: new Map() };
      node.members.set(name, inner);
      node = inner;
    }
    if (isWhole) node.isWhole = true;
  };
  const left = text.replace(/\bhas\(\s*(?:self|oldSelf)((?:\.[A-Za-z_]\w*)+)\s*\)/g, (_, chain: string) => {
    note(chain, false);
    return ' ';
  });
  for (const [, chain = ''] of left.matchAll(/\b(?:self|oldSelf)\b((?:\.[A-Za-z_]\w*\b(?!\s*\())*)/g)) note(chain, true);
  return root;
}

interface Mutable extends Asked {
  isWhole: boolean;
  readonly members: Map<string, Mutable>;
}

const isTransition = (rule: ValidationRule): boolean => aboutOf(rule).isTransition;

interface Node {
  readonly value: unknown;
  readonly schema: Schema;
  readonly path: string;
  readonly old: unknown;
}

function visit(node: Node, found: Found): void {
  const { value, schema, old } = node;
  if (value === null || value === undefined) return;
  const { some, transitions } = rulesIn(schema);
  if (!some || (value === old && !transitions)) return;
  const before = found.plain.length;
  for (const rule of schema['x-kubernetes-validations'] ?? []) ask(rule, node, found);
  visitInside(node, found);
  if (found.plain.length > before && old !== undefined && sameJson(old, value)) found.plain.length = before;
}

function visitInside({ value, schema, path, old }: Node, found: Found): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    const olds = correlated(schema, old);
    value.forEach((item, index) => {
      visit({ value: item, schema: items, path: `${path}[${index}]`, old: olds(item) }, found);
    });
    return;
  }
  if (!isObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known === undefined) continue;
    const isDeclared = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    const inner = isDeclared ? childPath(path, key) : `${path}[${key}]`;
    visit({ value: member, schema: known, path: inner, old: isObject(old) ? old[key] : undefined }, found);
  }
}

function ask(rule: ValidationRule, { value, schema, path, old }: Node, found: Found): void {
  const { isTransition: isAboutOld, asked } = aboutOf(rule);
  if (isAboutOld && old === undefined) return;
  const context = isAboutOld
    ? { self: celValue(value, schema, true, asked), oldSelf: celValue(old, schema, true, asked) }
    : { self: celValue(value, schema, false, asked) };
  const outcome = cel.evaluate(rule.rule, context);
  if (outcome.kind === 'value' && outcome.value === true) return;
  const error =
    outcome.kind === 'value'
      ? refusal(rule, { path, value: typeof value === 'object' ? undefined : value }, context)
      : invalid(path, schema.type, `${outcome.problem} evaluating rule: ${rule.message ?? rule.rule}`);
  (isAboutOld ? found.transitions : found.plain).push(error);
}

function refusal(
  { rule, message, messageExpression, fieldPath, reason }: ValidationRule,
  { path, value }: { readonly path: string; readonly value: unknown },
  context: CelContext,
): FieldError {
  const said = messageExpression === undefined ? undefined : cel.evaluate(messageExpression, context);
  const text = said?.kind === 'value' && typeof said.value === 'string' ? said.value.trim() : '';
  const detail = text || message?.trim() || `failed rule: ${rule.trim()}`;
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
