import { sameJson } from '../../../lib/index.ts';
import { type FieldError, forbidden, invalid } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { listOf, membersOf, textOf, withMembers } from '../values.ts';
import { builtin, checkedTwice } from './build.ts';
import { ageColumn, column, nameColumn, textAt } from './cells.ts';
import type { Kind } from './kind.ts';
import { dnsLabelProblem } from './pod-rules.ts';
import { anything, closed, conditions, defaulted, flag, kept, list, listBy, map, open, set, text } from './shapes.ts';

export const namespaces: Kind = builtin({
  group: '',
  plural: 'namespaces',
  kind: 'Namespace',
  shortNames: ['ns'],
  isClusterScoped: true,
  hasStatus: true,
  members: {
    spec: defaulted(closed({ finalizers: list(text) }), {}),
    status: defaulted(open({ phase: text, conditions }), { phase: 'Active' }),
  },
  columns: [nameColumn, column('Status', textAt(['status', 'phase'], '')), ageColumn],
  rules: {
    returnsDeleted: true,
    complete: withOwnName,
    // Held until everything in it is gone.
    prepare: (namespace, old) => withOwnName(old === undefined ? { ...namespace, spec: { finalizers: ['kubernetes'] } } : namespace),
    validate: ({ metadata }) =>
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(metadata.name) ? [] : [invalid('metadata.name', metadata.name, dnsLabelProblem)],
    fields: { names: ['status.phase'], of: (object) => ({ 'status.phase': textOf(membersOf(object.status).phase) }) },
  },
});

export const serviceAccounts: Kind = builtin({
  group: '',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  shortNames: ['sa'],
  members: {
    secrets: listBy(['name'], open()),
    imagePullSecrets: list(open()),
    automountServiceAccountToken: kept(flag),
  },
  rules: { returnsDeleted: true, metadata: checkedTwice },
});

export const configMaps: Kind = builtin({
  group: '',
  plural: 'configmaps',
  kind: 'ConfigMap',
  shortNames: ['cm'],
  members: { immutable: kept(flag), data: map(kept(text)), binaryData: map(kept(text)) },
  columns: [nameColumn, column('Data', dataCount), ageColumn],
  rules: { validate: validateData, metadata: checkedTwice },
});

export const secrets: Kind = builtin({
  group: '',
  plural: 'secrets',
  kind: 'Secret',
  members: { immutable: kept(flag), data: map(kept(text)), stringData: map(kept(text)), type: defaulted(text, 'Opaque') },
  columns: [nameColumn, column('Type', textAt(['type'], '')), column('Data', dataCount), ageColumn],
  rules: {
    metadata: checkedTwice,
    complete: withEncodedText,
    validate: validateData,
    fields: { names: ['type'], of: (object) => ({ type: textOf(object.type) }) },
  },
});

export const endpoints: Kind = builtin({
  group: '',
  plural: 'endpoints',
  kind: 'Endpoints',
  shortNames: ['ep'],
  members: { subsets: list(open()) },
  columns: [nameColumn, column('Endpoints', addresses), ageColumn],
  rules: { createsOnUpdate: true, metadata: checkedTwice },
});

export const nodes: Kind = builtin({
  group: '',
  plural: 'nodes',
  kind: 'Node',
  shortNames: ['no'],
  isClusterScoped: true,
  hasStatus: true,
  members: { spec: defaulted(open({ taints: list(anything), podCIDRs: set(text) }), {}), status: defaulted(open({ conditions }), {}) },
  columns: [
    nameColumn,
    column('Status', (node) =>
      listOf(membersOf(node.status).conditions).some((one) => membersOf(one).type === 'Ready' && membersOf(one).status === 'True')
        ? 'Ready'
        : 'NotReady',
    ),
    ageColumn,
  ],
});

function dataCount(object: ApiObject): string {
  return String(Object.keys(membersOf(object.data)).length + Object.keys(membersOf(object.binaryData)).length);
}

function withOwnName(namespace: ApiObject): ApiObject {
  const { metadata } = namespace;
  if (textOf(metadata.name) === '') return namespace;
  return { ...namespace, metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name } } };
}

function withEncodedText(object: ApiObject): ApiObject {
  const written = Object.entries(membersOf(object.stringData));
  if (written.length === 0) return withMembers(object, { stringData: undefined });
  const encoded = Object.fromEntries(written.map(([key, value]) => [key, Buffer.from(String(value), 'utf8').toString('base64')]));
  return withMembers(object, { stringData: undefined, data: { ...membersOf(object.data), ...encoded } });
}

function validateData(object: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  const keys = (field: string) =>
    Object.keys(membersOf(object[field]))
      .filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key))
      .map((key) =>
        invalid(
          `${field}[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      );
  const isFixed = old?.immutable === true;
  const changed = ['data', 'binaryData'].filter((field) => isFixed && !sameJson(object[field] ?? {}, old?.[field] ?? {}));
  return [
    ...keys('data'),
    ...keys('binaryData'),
    ...(old?.type !== undefined && old.type !== object.type ? [invalid('type', object.type, 'field is immutable')] : []),
    ...(isFixed && object.immutable !== true ? [forbidden('immutable', 'field is immutable when `immutable` is set')] : []),
    ...changed.map((field) => forbidden(field, 'field is immutable when `immutable` is set')),
  ];
}

function addresses(object: ApiObject): string {
  const all = listOf(object.subsets).flatMap((subset) => {
    const { addresses: ready, ports } = membersOf(subset);
    const ips = listOf(ready).map((one) => textOf(membersOf(one).ip));
    const numbers = listOf(ports).map((one) => String(membersOf(one).port));
    return numbers.length === 0 ? ips : numbers.flatMap((number) => ips.map((ip) => `${ip}:${number}`));
  });
  if (all.length === 0) return '<none>';
  return all.length <= 3 ? all.join(',') : `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
}
