import { parse as parseYaml } from 'yaml';
import { isObject } from '../../lib/index.ts';
import { type Call, queryText } from './call.ts';
import { apiVersionOf, badMicroTime } from './kinds/index.ts';
import type { ApiObject, ApiRequest } from './port.ts';
import {
  isComplete,
  isSound,
  isWanting,
  markComplete,
  memberSchema,
  prune,
  type Schema,
  share,
  validate,
  withDefaults,
} from './schema/index.ts';
import { sizeOf } from './sizes.ts';
import { badRequest, invalidObject, type Refusal, refuse, tooLarge, unsupportedMediaType } from './status.ts';
import { byText, type Members, membersOf, textOf } from './values.ts';

/** What the API server reads of one request. */
const maxBodyBytes = 3 * 1024 * 1024;
/** What etcd takes of one object. */
export const maxObjectBytes = 1.5 * 1024 * 1024;

export const mediaTypeOf = ({ headers }: ApiRequest): string => (headers?.['content-type'] ?? '').split(';')[0]?.trim() ?? '';

const jsonTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The body as JSON, whatever it was written in. */
export function bodyOf(request: ApiRequest): unknown {
  const { body } = request;
  if (sizeOf(body) > maxBodyBytes) refuse(tooLarge(`Request entity too large: limit is ${maxBodyBytes}`));
  if (typeof body !== 'string') return body;
  const type = mediaTypeOf(request);
  if (type.includes('protobuf') || type.includes('cbor')) refuse(unsupportedMediaType(jsonTypes));
  return type.endsWith('yaml') ? (jsonOf(body) ?? fromYaml(body)) : fromJson(body);
}

/** YAML that is JSON, as programs send it, is read much faster as that. */
function jsonOf(body: string): unknown {
  if (!body.startsWith('{')) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function fromJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    return refuse(badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`));
  }
}

function fromYaml(body: string): unknown {
  try {
    return parseYaml(body);
  } catch (error) {
    return refuse(badRequest(`error decoding YAML: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`));
  }
}

/** The object of a POST or PUT, in the version of the request: pruned, defaulted, of the right kind and place. */
export function decodeBody(call: Call, body: unknown, live?: ApiObject): ApiObject {
  const { kind, version } = call;
  const expected = apiVersionOf(kind.group, version.name);
  if (!isObject(body)) refuse(badRequest(`Object 'Kind' is missing in ${JSON.stringify(JSON.stringify(body ?? null))}`));
  if (kind.isCustom && typeof body.kind !== 'string') refuse(badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`));
  if (kind.isCustom && typeof body.apiVersion !== 'string')
    refuse(badRequest(`Object 'apiVersion' is missing in '${JSON.stringify(body)}'`));
  const given = textOf(body.apiVersion) || expected;
  if (given !== expected || (textOf(body.kind) || kind.kind) !== kind.kind) wrongKind(call, given, expected, textOf(body.kind));
  const object = complete(call, { ...body, apiVersion: expected, kind: kind.kind }, 'body', live);
  checkPlace(call, object);
  return object;
}

function wrongKind({ kind, version }: Call, given: string, expected: string, name: string): never {
  if (given !== expected)
    refuse(badRequest(`the API version in the data (${given}) does not match the expected API version (${expected})`));
  return refuse(
    badRequest(
      `${name} in version "${version.name}" cannot be handled as a ${kind.kind}: converting (${name}) to (${kind.kind}): unknown conversion`,
    ),
  );
}

/** Prunes and fills in defaults. Unknown fields are refused, warned of or dropped, as the request asks. */
export function complete(call: Call, written: Members, from: 'body' | 'patch' | 'apply' = 'body', live?: ApiObject): ApiObject {
  const { kind, version } = call;
  const given = withMetadata(written);
  const [fresh, stored] = parted(live === undefined ? given : share(given, live, version.schema), version.schema);
  const filled = isAsItShouldBe(fresh, stored, version.schema, live?.metadata)
    ? ({ ...stored, ...fresh } as unknown as ApiObject)
    : completed(call, fresh, stored, from);
  checkTimes(call, filled);
  return kind.rules.complete?.(filled) ?? filled;
}

/** Nothing of it would be pruned, tidied, refused or filled in. */
function isAsItShouldBe(fresh: Members, stored: Members, schema: Schema, live: unknown): boolean {
  for (const key of Object.keys(fresh)) {
    const member = fresh[key];
    const isNamed = (key === 'apiVersion' || key === 'kind') && typeof member === 'string' && member !== '';
    if (!isNamed && !isSound(member, memberSchema(schema, key), key === 'metadata' ? live : undefined)) return false;
  }
  return !isWanting(schema, (key) => fresh[key] !== undefined || stored[key] !== undefined);
}

function completed(call: Call, fresh: WithMetadata, stored: Members, from: 'body' | 'patch' | 'apply'): ApiObject {
  const { kind, version } = call;
  const dropped: string[] = [];
  const pruned = prune(fresh, version.schema, dropped);
  reportUnknown(call, dropped, {
    kind: kind.kind,
    version: version.name,
    patched: from === 'patch' ? { ...pruned, ...stored } : undefined,
  });
  const tidied = kind.isCustom
    ? { ...pruned, metadata: tidy(pruned.metadata, memberSchema(version.schema, 'metadata')) }
    : tidy(pruned, version.schema);
  checkTypes(call, tidied);
  // What an applier says is not decoded: its nulls are looked at as they are.
  return withDefaults({ ...stored, ...tidied }, version.schema, from === 'apply' ? 'kept' : 'dropped') as unknown as ApiObject;
}

/** Members of a stored object have been through all this: they need not go again. */
export function markSettled(object: ApiObject, schema: Schema): void {
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (key === 'metadata' || !isObject(member)) continue;
    const inner = memberSchema(schema, key);
    if (inner !== undefined && !isComplete(member, inner)) markComplete(member, inner);
  }
}

/** The members that are new, and those that come from the store as they were. */
function parted<T extends Members>(written: T, schema: Schema): readonly [T, Members] {
  const isKnown = (key: string) => key !== 'metadata' && isComplete(written[key], memberSchema(schema, key));
  if (!Object.keys(written).some(isKnown)) return [written, {}];
  const [fresh, stored]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const key of Object.keys(written)) (isKnown(key) ? stored : fresh)[key] = written[key];
  return [fresh as T, stored];
}

type WithMetadata = Members & { readonly metadata: unknown };

const withMetadata = <T extends Readonly<Record<string, unknown>>>(object: T): T & { metadata: unknown } => ({
  ...object,
  metadata: object.metadata ?? {},
});

interface Reading {
  readonly kind: string;
  readonly version: string;
  /** What a patch came to; undefined where no patch is read. */
  readonly patched: Members | undefined;
}

/** Warns of members that the kind does not know, or refuses them, as the request asks. */
export function reportUnknown(call: Call, dropped: readonly string[], { kind, version, patched }: Reading): void {
  if (dropped.length === 0) return;
  const said = dropped.toSorted().map((path) => `unknown field ${JSON.stringify(path)}`);
  const mode = queryText(call.request, 'fieldValidation') ?? 'Warn';
  if (mode === 'Ignore') return;
  if (mode !== 'Strict') {
    call.warnings.push(...said);
    return;
  }
  const text = `strict decoding error: ${said.join(', ')}`;
  refuse(
    patched === undefined
      ? badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${text}`)
      : unreadablePatch(patched, text),
  );
}

/** A patch that comes to what is no object of its kind. */
export const unreadablePatch = (patched: Members, why: string): Refusal =>
  invalidObject({ group: '', name: '' }, '', [{ type: 'Invalid', field: 'patch', value: JSON.stringify(byName(patched)), detail: why }]);

/** The library for patches sorts the members of what it has patched, at the top. */
const byName = (object: Members): Members => Object.fromEntries(Object.entries(object).toSorted(([left], [right]) => byText(left, right)));

/** What Go calls the type of a JSON value. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** A value of the wrong type is no object of the kind at all: Go cannot read it. Custom resources are told by their schema instead. */
function checkTypes(call: Call, object: Readonly<Record<string, unknown>>): void {
  const { kind, version } = call;
  const bad = kind.isCustom
    ? validate(object.metadata, memberSchema(version.schema, 'metadata') ?? {}, 'metadata')
    : validate(object, version.schema);
  const wrong = bad.find(({ type }) => type === 'TypeInvalid');
  if (wrong !== undefined)
    refuse(
      badRequest(
        `${kind.kind} in version "${version.name}" cannot be handled as a ${kind.kind}: json: cannot unmarshal ${String(wrong.value)} into Go struct field ${goType(kind.kind, wrong.field)}.${wrong.field}`,
      ),
    );
}

/** Moments in microseconds, which only leases have. */
function checkTimes({ kind }: Call, object: ApiObject): void {
  const time = kind.plural === 'leases' ? badMicroTime(object) : undefined;
  if (time !== undefined)
    refuse(
      badRequest(
        `Lease in version "v1" cannot be handled as a Lease: parsing time ${JSON.stringify(time)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse`,
      ),
    );
}

/** `DeploymentSpec` of a field in the spec of a Deployment: near enough for the reader to find it. */
const goType = (kind: string, field: string): string => {
  const member = field.split('.')[0] ?? '';
  if (member === 'metadata') return 'ObjectMeta';
  return field.includes('.') ? `${kind}${member.slice(0, 1).toUpperCase()}${member.slice(1)}` : kind;
};

/** As Go writes a decoded object: no nulls, and no empty values where the field is left out when empty. */
function tidy<T>(value: T, schema: Schema | undefined): T {
  return (tidied(value, schema) ?? {}) as T;
}

function tidied(value: unknown, schema: Schema | undefined): unknown {
  if (isComplete(value, schema)) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => tidied(item, schema?.items) ?? item);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isObject(value)) return value;
  let result: Record<string, unknown> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const inner = memberSchema(schema, key);
    const next = member === null || member === undefined ? undefined : tidied(member, inner);
    const isLeftOut = next === undefined || (omitsEmpty(inner) && isEmptyValue(next));
    if (!isLeftOut && next === member) continue;
    result ??= { ...value };
    if (isLeftOut) delete result[key];
    else result[key] = next;
  }
  return result ?? value;
}

const omitsEmpty = (schema: Schema | undefined): boolean =>
  schema !== undefined && 'x-omit-empty' in schema && schema['x-omit-empty'] === true;

const isEmptyValue = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

/** Name and namespace of the object are those of the path, where both say one. */
export function checkPlace(call: Call, object: ApiObject): void {
  const { namespace, name } = membersOf(object.metadata);
  if (textOf(namespace) !== '' && namespace !== call.namespace) {
    refuse(
      badRequest(
        call.namespace === undefined
          ? 'namespace may not be set on cluster-scoped objects'
          : `the namespace of the provided object does not match the namespace sent on the request`,
      ),
    );
  }
  if (call.name !== undefined && textOf(name) !== '' && name !== call.name)
    refuse(badRequest(`the name of the object (${String(name)}) does not match the name on the URL (${call.name})`));
  if (call.name !== undefined && textOf(name) === '' && call.request.method === 'PUT')
    refuse(badRequest(`the name of the object (${call.name} based on URL) was undeterminable: name must be provided`));
}
