import { type Call, queryFlag, queryText, resourceOf } from './call.ts';
import { type FieldError, forbidden, unsupported } from './field-error.ts';
import type { ApiObject } from './port.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { badRequest, invalidObject, qualified, refuse } from './status.ts';

/** What a list or a watch asks for. */
export interface ListOptions {
  readonly isWatch: boolean;
  readonly resourceVersion: string;
  readonly match: 'Exact' | 'NotOlderThan' | undefined;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string | undefined;
  readonly sendsInitialEvents: boolean;
  readonly allowsBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly hasSelector: boolean;
  selects(object: ApiObject): boolean;
}

export function readListOptions(call: Call): ListOptions {
  const { request, kind } = call;
  const [labels, fields] = [queryText(request, 'labelSelector'), queryText(request, 'fieldSelector')];
  const options = {
    isWatch: queryFlag(request, 'watch'),
    resourceVersion: queryText(request, 'resourceVersion') ?? '',
    match: queryText(request, 'resourceVersionMatch') as ListOptions['match'],
    limit: numberOf(call, 'limit') ?? 0,
    continueToken: queryText(request, 'continue'),
    sendsInitialEvents: queryFlag(request, 'sendInitialEvents'),
    allowsBookmarks: queryFlag(request, 'allowWatchBookmarks'),
    timeoutSeconds: numberOf(call, 'timeoutSeconds'),
    hasSelector: labels !== undefined || fields !== undefined || call.name !== undefined,
  };
  const errors = optionErrors(options, queryText(request, 'sendInitialEvents') !== undefined);
  if (errors.length > 0) refuse(invalidObject({ group: 'meta.k8s.io', name: 'ListOptions' }, '', errors));
  if (!/^\d*$/.test(options.resourceVersion))
    refuse(
      invalidObject({ group: 'meta.k8s.io', name: 'ListOptions' }, '', [
        { type: 'Invalid', field: 'resourceVersion', value: options.resourceVersion, detail: 'strconv.ParseUint: invalid syntax' },
      ]),
    );
  return { ...options, selects: selection(call, labels, fields, qualified(resourceOf(call)) === kind.plural ? kind.kind : '') };
}

function selection(call: Call, labels: string | undefined, fields: string | undefined, kind: string): (object: ApiObject) => boolean {
  const byLabel = parseLabelSelector(labels);
  const index = call.kind.rules.fields;
  const known = ['metadata.name', ...(call.kind.namespaced ? ['metadata.namespace'] : []), ...(index?.names ?? [])];
  const byField = parseFieldSelector(fields, known, kind);
  return (object) => {
    const { metadata } = object;
    if (call.name !== undefined && metadata.name !== call.name) return false;
    if (labels !== undefined && !byLabel(metadata.labels ?? {})) return false;
    if (fields === undefined) return true;
    return byField({ 'metadata.name': metadata.name, 'metadata.namespace': metadata.namespace ?? '', ...index?.of(object) });
  };
}

function numberOf({ request }: Call, name: string): number | undefined {
  const given = queryText(request, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  return Number.isInteger(value) ? value : refuse(badRequest(`strconv.ParseInt: parsing ${JSON.stringify(given)}: invalid syntax`));
}

type Read = Omit<ListOptions, 'selects'>;

function optionErrors(options: Read, isInitialGiven: boolean): readonly FieldError[] {
  const { match, resourceVersion, continueToken } = options;
  const isBadMatch = match !== undefined && match !== 'Exact' && match !== 'NotOlderThan';
  const beside = (what: string) => forbidden('resourceVersionMatch', what);
  if (options.isWatch) {
    return [
      ...(isInitialGiven && match !== 'NotOlderThan'
        ? [beside('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
        : []),
      ...(match !== undefined && !isInitialGiven
        ? [beside('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')]
        : []),
      ...(match !== undefined && match !== 'NotOlderThan' ? [unsupported('resourceVersionMatch', match, ['NotOlderThan'])] : []),
    ];
  }
  return [
    ...(match !== undefined && resourceVersion === ''
      ? [beside('resourceVersionMatch is forbidden unless resourceVersion is provided')]
      : []),
    ...(match !== undefined && continueToken !== undefined ? [beside('resourceVersionMatch is forbidden when continue is provided')] : []),
    ...(isBadMatch ? [unsupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', ''])] : []),
    ...(match === 'Exact' && resourceVersion === '0' ? [beside('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')] : []),
    ...(isInitialGiven ? [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')] : []),
  ];
}
