import { describe, expect, it } from 'vitest';
import type { CustomResourceDefinition } from './crds.ts';
import { renderCrds } from './crds.ts';
import type { StructuralSchema } from './structural.ts';

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What apiextensions.k8s.io/v1 allows in a schema at all. */
const allowed = new Set([
  'type',
  'description',
  'format',
  'default',
  'nullable',
  'enum',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'allOf',
  'x-kubernetes-validations',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
]);
const valueValidations = new Set([
  'format',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'properties',
  'items',
  'allOf',
]);

/** Every rule of a structural schema, and our own that everything has a bound: what is broken, and where. */
function complaints(schema: unknown, path: string): readonly string[] {
  if (!isObject(schema)) return [`${path}: not an object`];
  const wrong: string[] = Object.keys(schema)
    .filter((key) => !allowed.has(key))
    .map((key) => `${path}: ${key} is forbidden`);
  const complain = (isWrong: unknown, what: string) => (isWrong ? wrong.push(`${path}: ${what}`) : 0);
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const anything = schema['x-kubernetes-preserve-unknown-fields'] === true;
  complain(schema.type === undefined && !intOrString && !anything, 'no type');
  complain(schema.type !== undefined && intOrString, 'int-or-string has a type');
  complain(
    schema.type !== undefined && !['object', 'array', 'string', 'integer', 'number', 'boolean'].includes(String(schema.type)),
    `type ${String(schema.type)}`,
  );
  complain(schema.properties !== undefined && schema.type !== 'object', 'properties of no object');
  complain(schema.properties !== undefined && schema.additionalProperties !== undefined, 'properties beside additionalProperties');
  complain(schema.additionalProperties !== undefined && !isObject(schema.additionalProperties), 'additionalProperties is no schema');
  complain(isObject(schema.additionalProperties) && schema.maxProperties === undefined, 'a map without maxProperties');
  complain(schema.type === 'array' && !isObject(schema.items), 'a list without one schema of its items');
  complain(schema.type === 'array' && schema.maxItems === undefined, 'a list without maxItems');
  const isBareText = schema.type === 'string' && schema.enum === undefined && schema.maxLength === undefined;
  complain(isBareText && !/^root\.(apiVersion|kind)$/.test(path), 'a text without maxLength');
  complain(typeof schema.pattern === 'string' && /\(\?[=!<]|\\\d/.test(schema.pattern), 'a pattern that RE2 does not know');
  complain(
    [schema.minimum, schema.maximum].some((bound) => Math.abs(Number(bound ?? 0)) >= Number.MAX_SAFE_INTEGER),
    'the bounds of a double',
  );
  complain(schema.nullable === true && schema.default === null, 'null as default');
  const required = Array.isArray(schema.required) ? schema.required : [];
  complain(
    required.some((key) => !isObject(schema.properties) || !(String(key) in schema.properties)),
    'requires what it does not have',
  );
  complain(schema['x-kubernetes-list-type'] !== undefined && schema.type !== 'array', 'a list type of no list');
  wrong.push(...mapKeyComplaints(schema, path), ...ruleComplaints(schema, path));
  for (const [index, part] of (Array.isArray(schema.allOf) ? schema.allOf : []).entries()) {
    complain(
      !isObject(part) || Object.keys(part).some((key) => !valueValidations.has(key)),
      `allOf[${index}] says more than value validations`,
    );
  }
  const members = isObject(schema.properties)
    ? Object.entries(schema.properties).flatMap(([key, value]) => complaints(value, `${path}.${key}`))
    : [];
  const items = schema.items === undefined ? [] : complaints(schema.items, `${path}[]`);
  const values = isObject(schema.additionalProperties) ? complaints(schema.additionalProperties, `${path}{}`) : [];
  return [...wrong, ...members, ...items, ...values];
}

function mapKeyComplaints(schema: Members, path: string): readonly string[] {
  if (schema['x-kubernetes-list-type'] !== 'map') return [];
  const items = isObject(schema.items) ? schema.items : {};
  const keys = schema['x-kubernetes-list-map-keys'];
  if (!Array.isArray(keys) || keys.length === 0) return [`${path}: a map without keys`];
  return keys.flatMap((key) => {
    const member = isObject(items.properties) ? items.properties[String(key)] : undefined;
    const isSure = (Array.isArray(items.required) && items.required.includes(key)) || (isObject(member) && member.default !== undefined);
    return isObject(member) && isSure ? [] : [`${path}: key ${String(key)} may be missing`];
  });
}

function ruleComplaints(schema: Members, path: string): readonly string[] {
  const rules = schema['x-kubernetes-validations'];
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: Members) =>
    typeof rule.rule === 'string' && typeof rule.message === 'string' && !rule.message.includes('\n')
      ? []
      : [`${path}: a rule without text or message`],
  );
}

const crds = renderCrds();
const schemaOf = (crd: CustomResourceDefinition) => crd.spec.versions[0].schema.openAPIV3Schema;
const named = (kind: string): CustomResourceDefinition => {
  const found = crds.find(({ spec }) => spec.names.kind === kind);
  if (found === undefined) throw new Error(kind);
  return found;
};

describe('the CustomResourceDefinitions', () => {
  it.each(crds.map((crd) => [crd.spec.names.kind, crd] as const))('%s is structural and bounded', (_kind, crd) => {
    expect(complaints(schemaOf(crd), 'root')).toEqual([]);
  });

  it('the walker finds what it looks for', () => {
    const bad = {
      type: 'object',
      $ref: '#',
      properties: {
        a: { type: 'string' },
        b: { type: 'array', items: {} },
        c: { anyOf: [] },
        d: { type: 'string', maxLength: 1, pattern: '(?=a)' },
      },
    };
    expect(complaints(bad, 'root').length).toBeGreaterThanOrEqual(6);
  });

  it('are five, one of them without namespace, all in the category', () => {
    expect(crds.map(({ spec }) => [spec.names.kind, spec.scope])).toEqual([
      ['Rollout', 'Namespaced'],
      ['AnalysisTemplate', 'Namespaced'],
      ['ClusterAnalysisTemplate', 'Cluster'],
      ['AnalysisRun', 'Namespaced'],
      ['Decision', 'Namespaced'],
    ]);
    expect(
      crds.every(
        ({ spec }) => spec.names.categories.includes('sluice') && spec.group === 'sluice.dev' && spec.versions[0].name === 'v1alpha1',
      ),
    ).toBe(true);
  });

  it('give the Rollout its columns, scale, short name and first status', () => {
    const { names, versions } = named('Rollout').spec;
    const [{ additionalPrinterColumns: columns, subresources }] = versions;
    expect(names.shortNames).toEqual(['sro']);
    expect(columns.filter(({ priority }) => priority === undefined).map(({ name }) => name)).toEqual([
      'Phase',
      'Step',
      'Weight',
      'Message',
      'Age',
    ]);
    expect(columns.filter(({ priority }) => priority === 1).map(({ name }) => name)).toEqual(['Stable', 'Canary']);
    expect(subresources).toEqual({
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
    });
    expect(schemaOf(named('Rollout')).properties?.status?.default).toEqual({ observedGeneration: -1 });
  });

  it('default what the contract defaults', () => {
    const spec = schemaOf(named('Rollout')).properties?.spec?.properties;
    const canary = spec?.strategy?.properties?.canary?.properties;
    expect(spec?.progressDeadline?.default).toBe('10m');
    expect(canary?.scaleDownDelay?.default).toBe('5m');
    expect(canary?.confirmation?.default).toEqual({});
    expect(canary?.confirmation?.properties?.timeout?.default).toBe('60s');
    expect(spec?.replicas?.default).toBeUndefined();
  });
});

/** Every field below the root, by its path; `[]` stands for the items of a list. */
function fieldsOf(schema: StructuralSchema, path: string): readonly (readonly [path: string, field: StructuralSchema])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    return [[at, field] as const, ...fieldsOf(field.items ?? field, field.items === undefined ? at : `${at}[]`)];
  });
}

describe('kubectl explain', () => {
  // Of these the API server says what they are, whatever a schema says.
  const ofEveryObject = new Set(['.apiVersion', '.kind', '.metadata']);

  it.each(renderCrds().map((crd) => [crd.spec.names.kind, crd] as const))('has a word on every field of %s', (_, crd) => {
    const fields = fieldsOf(crd.spec.versions[0].schema.openAPIV3Schema, '').filter(([path]) => !ofEveryObject.has(path));
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.filter(([, { description = '' }]) => description.trim() === '').map(([path]) => path)).toEqual([]);
  });
});
