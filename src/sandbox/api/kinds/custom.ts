import { isObject, sameJson } from '../../../lib/index.ts';
import { invalid } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import type { Schema } from '../schema/index.ts';
import { listOf, type Members, membersOf, textOf, withMembers } from '../values.ts';
import { defaultRules } from './build.ts';
import { ageColumn, ageOf, nameColumn } from './cells.ts';
import { findAll, parseJsonPath } from './json-path.ts';
import type { Column, Kind, KindVersion, ScalePaths } from './kind.ts';
import { objectMeta, text } from './shapes.ts';

/** The kind that a valid CustomResourceDefinition defines. */
export function customKind(definition: ApiObject): Kind {
  const spec = membersOf(definition.spec);
  const names = membersOf(spec.names);
  const [group, plural] = [textOf(spec.group), textOf(names.plural)];
  const versions = listOf(spec.versions).map(membersOf);
  const stored = versions.find((one) => one.storage === true);
  const isWithStatus = membersOf(stored?.subresources).status !== undefined;
  return {
    group,
    plural,
    singular: textOf(names.singular),
    kind: textOf(names.kind),
    listKind: textOf(names.listKind),
    shortNames: listOf(names.shortNames).map(String),
    categories: listOf(names.categories).map(String),
    namespaced: spec.scope === 'Namespaced',
    table: `${group}/${plural}`,
    versions: versions.map(versionOf).sort(byPriority),
    storageVersion: textOf(stored?.name),
    isCustom: true,
    rules: {
      ...defaultRules,
      metadata: { asChange: 2, asWhole: ['any'], isFreeName: false },
      takesUnconditionalUpdate: false,
      reset: isWithStatus ? ['status'] : [],
      statusReset: [['metadata'], ['spec']],
      generation: (now, old) => !sameJson(counted(now, isWithStatus), counted(old, isWithStatus)),
      validate: (object) => scaleErrors(object, scaleOf(membersOf(membersOf(stored?.subresources).scale))),
    },
  };
}

/** What of an object moves its generation on: all but its metadata and, where that is a subresource, its status. */
const counted = (object: ApiObject, isWithStatus: boolean): Members =>
  withMembers(object, { metadata: undefined, apiVersion: undefined, ...(isWithStatus ? { status: undefined } : {}) });

function versionOf(version: Members): KindVersion {
  const subresources = membersOf(version.subresources);
  const columns = listOf(version.additionalPrinterColumns).map(membersOf).flatMap(columnOf);
  return {
    name: textOf(version.name),
    served: version.served === true,
    schema: rootSchema(membersOf(membersOf(version.schema).openAPIV3Schema)),
    columns: [nameColumn, ...(columns.length === 0 ? [ageColumn] : columns)],
    hasStatus: subresources.status !== undefined,
    scale: subresources.scale === undefined ? undefined : scaleOf(membersOf(subresources.scale)),
  };
}

/** Metadata is the same for all kinds, whatever a definition says of it. */
function rootSchema(schema: Schema): Schema {
  return { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata: objectMeta } };
}

const pathOf = (path: unknown): readonly string[] =>
  textOf(path)
    .split('.')
    .filter((key) => key !== '');

const scaleOf = (scale: Members): ScalePaths => ({
  specReplicas: pathOf(scale.specReplicasPath),
  statusReplicas: pathOf(scale.statusReplicasPath),
  selector: scale.labelSelectorPath === undefined ? undefined : pathOf(scale.labelSelectorPath),
});

function scaleErrors(object: ApiObject, { specReplicas }: ScalePaths) {
  const replicas = specReplicas.length === 0 ? undefined : specReplicas.reduce<unknown>((inner, key) => membersOf(inner)[key], object);
  const isBad = typeof replicas === 'number' && (replicas < 0 || replicas > 2_147_483_647);
  return isBad ? [invalid(`.${specReplicas.join('.')}`, replicas, 'should be a non-negative integer')] : [];
}

function columnOf({ name, type, format, description, priority, jsonPath }: Members): readonly Column[] {
  const path = parseJsonPath(textOf(jsonPath));
  if (path === undefined) return [];
  return [
    {
      name: textOf(name),
      type: textOf(type),
      format: textOf(format),
      description: textOf(description) || `Custom resource definition column (in JSONPath format): ${textOf(jsonPath)}`,
      priority: typeof priority === 'number' ? priority : 0,
      cell: (object, nowMs) => cellOf(findAll(object, path)[0], textOf(type), nowMs),
    },
  ];
}

function cellOf(value: unknown, type: string, nowMs: number): unknown {
  if (value === undefined) return null;
  switch (type) {
    case 'date':
      return ageOf(value, nowMs);
    case 'integer':
    case 'number':
      return typeof value === 'number' ? (type === 'integer' ? Math.trunc(value) : value) : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
  }
}

/** v2 before v1 before v1beta2 before v1alpha1; other names last, by alphabet. */
function byPriority(left: KindVersion, right: KindVersion): number {
  const [one, two] = [rank(left.name), rank(right.name)];
  for (let at = 0; at < one.length; at++) {
    const difference = (two[at] ?? 0) - (one[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.name < right.name ? -1 : 1;
}

function rank(name: string): readonly number[] {
  const found = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
  if (found === null) return [0, 0, 0];
  const stage = found[2] === undefined ? 3 : found[2] === 'beta' ? 2 : 1;
  return [stage, Number(found[1]), Number(found[3] ?? 0)];
}
