// CustomResourceDefinition itself, as a kind.
import { sameJson } from '../../../lib/index.ts';
import { type FieldError, invalid, required } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { brokenRules, type Schema } from '../schema/index.ts';
import { listOf, membersOf, textOf } from '../values.ts';
import { builtin } from './build.ts';
import { column, nameColumn } from './cells.ts';
import { parseJsonPath } from './json-path.ts';
import type { Kind } from './kind.ts';
import { anything, closed, conditions, defaulted, flag, int, kept, list, open, text } from './shapes.ts';

const names = closed({ plural: text, singular: text, kind: text, listKind: text, shortNames: list(text), categories: list(text) });
const printerColumn = closed({ name: text, type: text, format: text, description: text, priority: int, jsonPath: text });
const version = closed({
  name: text,
  served: kept(flag),
  storage: kept(flag),
  deprecated: flag,
  deprecationWarning: kept(text),
  schema: closed({ openAPIV3Schema: anything }),
  subresources: closed({
    status: open(),
    scale: closed({ specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }),
  }),
  additionalPrinterColumns: list(printerColumn),
  selectableFields: list(closed({ jsonPath: text })),
});

export const definitions: Kind = builtin({
  group: 'apiextensions.k8s.io',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  isClusterScoped: true,
  hasStatus: true,
  members: {
    spec: closed({
      group: text,
      names,
      scope: text,
      versions: list(version),
      conversion: defaulted(open({ strategy: text }), { strategy: 'None' }),
      preserveUnknownFields: flag,
    }),
    status: open({ conditions, acceptedNames: names, storedVersions: list(text) }),
  },
  columns: [nameColumn, column('Created At', ({ metadata }) => metadata.creationTimestamp)],
  rules: {
    generation: (now, old) => !sameJson(now.spec, old.spec),
    takesUnconditionalUpdate: false,
    statusReset: [['metadata'], ['spec']],
    complete: named,
    prepare: (definition, old, { nowMs }) => established(definition, old, nowMs),
    validate,
  },
});

function named(definition: ApiObject): ApiObject {
  const spec = membersOf(definition.spec);
  const given = membersOf(spec.names);
  const kind = textOf(given.kind);
  const complete = { ...given, singular: textOf(given.singular) || kind.toLowerCase(), listKind: textOf(given.listKind) || `${kind}List` };
  return { ...definition, spec: { ...spec, names: complete } };
}

/** Served as soon as it is stored: nothing here takes a moment. */
function established(definition: ApiObject, old: ApiObject | undefined, nowMs: number): ApiObject {
  const spec = membersOf(definition.spec);
  const lastTransitionTime = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const stored = listOf(membersOf(old?.status).storedVersions).map(String);
  const storage = listOf(spec.versions)
    .map(membersOf)
    .find((one) => one.storage === true);
  const condition = (type: string, reason: string, message: string) => ({ type, status: 'True', lastTransitionTime, reason, message });
  const before = membersOf(old?.status).conditions;
  return {
    ...definition,
    status: {
      conditions: before ?? [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: spec.names,
      storedVersions: [...new Set([...stored, textOf(storage?.name)])],
    },
  };
}

function validate({ metadata, spec: given }: ApiObject): readonly FieldError[] {
  const spec = membersOf(given);
  const plural = textOf(membersOf(spec.names).plural);
  const versions = listOf(spec.versions).map(membersOf);
  const expected = `${plural}.${textOf(spec.group)}`;
  return [
    ...(metadata.name === expected ? [] : [invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...(textOf(spec.group) === '' ? [required('spec.group')] : []),
    ...(spec.scope === 'Namespaced' || spec.scope === 'Cluster'
      ? []
      : [
          {
            type: 'NotSupported',
            field: 'spec.scope',
            value: spec.scope ?? '',
            detail: 'supported values: "Cluster", "Namespaced"',
          } as const,
        ]),
    ...(textOf(membersOf(spec.names).kind) === '' ? [required('spec.names.kind')] : []),
    ...(versions.filter((one) => one.storage === true).length === 1
      ? []
      : [
          invalid(
            'spec.versions',
            versions.map((one) => one.name),
            'must have exactly one version marked as storage version',
          ),
        ]),
    ...versions.flatMap((version, index) =>
      validateVersion(
        version,
        index,
        versions.every((other) => sameJson(other.schema, versions[0]?.schema)),
      ),
    ),
  ];
}

function validateVersion(version: Readonly<Record<string, unknown>>, index: number, isShared: boolean): readonly FieldError[] {
  const at = `spec.versions[${index}]`;
  // The server moves a schema that all versions share to where it stands once.
  const schemaAt = isShared ? 'spec.validation.openAPIV3Schema' : `${at}.schema.openAPIV3Schema`;
  const schema = membersOf(version.schema).openAPIV3Schema as Schema | undefined;
  const columns = listOf(version.additionalPrinterColumns).map(membersOf);
  return [
    ...(schema === undefined ? [required(`${at}.schema.openAPIV3Schema`, 'schemas are required')] : []),
    ...(schema !== undefined && schema.type !== 'object'
      ? [invalid(`${at}.schema.openAPIV3Schema.type`, schema.type ?? '', 'must be object at the root')]
      : []),
    ...(schema === undefined ? [] : brokenRules(schema, schemaAt)),
    ...columns.flatMap((one, place) =>
      parseJsonPath(textOf(one.jsonPath)) === undefined
        ? [invalid(`${at}.additionalPrinterColumns[${place}].jsonPath`, one.jsonPath, 'this API server cannot read the path')]
        : [],
    ),
  ];
}
