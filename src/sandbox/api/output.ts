import { type Call, queryText } from './call.ts';
import type { Column, Kind, KindVersion } from './kinds/index.ts';
import { apiVersionOf } from './kinds/index.ts';
import type { ApiObject, ApiRequest } from './port.ts';
import { notAcceptable, refuse } from './status.ts';
import { freeze, type Members } from './values.ts';

/** In which form objects are answered: as they are, with nothing but their metadata, or as rows for a terminal. */
export type Form = 'object' | 'metadata' | 'table';

const accepted = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The first form of the Accept header that is served. */
export function formOf({ headers }: ApiRequest): Form {
  const accept = headers?.accept ?? '';
  if (accept === '' || accept === 'application/json') return 'object';
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = parameters.find((one) => one.startsWith('as='))?.slice(3);
    if (as === undefined) return 'object';
    if (!parameters.includes('g=meta.k8s.io') || !parameters.includes('v=v1')) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  return refuse(notAcceptable(accepted));
}

export const metadataOnly = (object: ApiObject): Members => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});

const bare = new WeakMap<ApiObject, ApiObject>();

/** An item of a list. Those of the built-in kinds do not repeat what the list says of its kind. */
export function listItem(object: ApiObject, { isCustom }: Kind): unknown {
  if (isCustom) return object;
  let item = bare.get(object);
  if (item === undefined) {
    const { apiVersion: _, kind: __, ...rest } = object;
    item = freeze(rest as unknown as ApiObject);
    bare.set(object, item);
  }
  return item;
}

export interface TableRequest {
  readonly version: KindVersion;
  readonly nowMs: number;
  /** What each row carries of its object. */
  readonly include: string;
  readonly isWithoutHeaders: boolean;
}

export const tableRequest = (call: Call, isWithoutHeaders = false): TableRequest => ({
  version: call.version,
  nowMs: call.nowMs,
  include: queryText(call.request, 'includeObject') ?? 'Metadata',
  isWithoutHeaders,
});

/** `kubectl get`'s own form: columns and rows. */
export function tableOf(
  objects: readonly ApiObject[],
  metadata: unknown,
  { version, nowMs, include, isWithoutHeaders }: TableRequest,
): Members {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: isWithoutHeaders ? null : version.columns.map(definitionOf),
    rows: objects.map((object) => ({
      cells: version.columns.map((column) => column.cell(object, nowMs) ?? null),
      object: include === 'None' ? null : include === 'Object' ? object : metadataOnly(object),
    })),
  };
}

const definitionOf = ({ name, type, format = '', description = '', priority = 0 }: Column): Members => ({
  name,
  type,
  format,
  description,
  priority,
});

/** One object in the form that was asked for. */
export function objectBody(call: Call, object: ApiObject, form: Form): unknown {
  if (form === 'metadata') return metadataOnly(object);
  const { resourceVersion } = object.metadata;
  return form === 'table' ? tableOf([object], { resourceVersion }, tableRequest(call)) : object;
}

/** A list in the form that was asked for. */
export function listBody(call: Call, objects: readonly ApiObject[], metadata: Members, form: Form): unknown {
  if (form === 'table') return tableOf(objects, metadata, tableRequest(call));
  if (form === 'metadata')
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(metadataOnly) };
  const { kind, version } = call;
  return {
    kind: kind.listKind,
    apiVersion: apiVersionOf(kind.group, version.name),
    // Go writes the empty token of custom resources, and leaves out that of its own kinds.
    metadata: kind.isCustom ? { continue: '', ...metadata } : metadata,
    items: objects.map((object) => listItem(object, kind)),
  };
}
