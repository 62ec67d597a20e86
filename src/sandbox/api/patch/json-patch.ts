import { fail, isObject, ok, type Result, sameJson } from '../../../lib/index.ts';

/** `malformed`: it is no patch at all; `inapplicable`: it does not fit the document. */
export interface JsonPatchFailure {
  readonly kind: 'malformed' | 'inapplicable';
  readonly message: string;
}

/** JSON patch (RFC 6902), all or nothing; as in the API server's library, a member is replaced where there is none, too. */
export function applyJsonPatch(target: unknown, patch: unknown): Result<unknown, JsonPatchFailure> {
  if (!Array.isArray(patch))
    return fail({ kind: 'malformed', message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch' });
  let document: unknown = target;
  for (const operation of patch) {
    if (!isObject(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string')
      return fail({ kind: 'malformed', message: 'an operation needs op and path' });
    try {
      document = perform(document, { ...operation, op: operation.op, path: operation.path });
    } catch (error) {
      if (!(error instanceof Inapplicable)) throw error;
      return fail({ kind: 'inapplicable', message: error.message });
    }
  }
  return ok(document);
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: unknown;
  readonly value?: unknown;
}

/** An operation that does not fit; never leaves this file. */
class Inapplicable extends Error {}

function perform(document: unknown, { op, path, from, value }: Operation): unknown {
  const keys = pointer(path);
  switch (op) {
    case 'add':
      return change(document, keys, { kind: 'add', value });
    case 'replace':
      return change(document, keys, { kind: 'replace', value });
    case 'remove':
      return change(document, keys, { kind: 'remove' });
    case 'copy':
      return change(document, keys, { kind: 'add', value: read(document, pointer(String(from))) });
    case 'move': {
      const source = pointer(String(from));
      return change(change(document, source, { kind: 'remove' }), keys, { kind: 'add', value: read(document, source) });
    }
    case 'test':
      if (!sameJson(readOr(document, keys) ?? null, value ?? null)) throw new Inapplicable(`testing value ${path} failed`);
      return document;
    default:
      throw new Inapplicable(`unexpected kind: ${op}`);
  }
}

function pointer(path: string): readonly string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw new Inapplicable(`no pointer: ${path}`);
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function readOr(document: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isObject(inner) ? inner[key] : undefined;
  }, document);
}

function read(document: unknown, keys: readonly string[]): unknown {
  const value = readOr(document, keys);
  if (value === undefined) throw new Inapplicable(`doc is missing path: /${keys.join('/')}: missing value`);
  return value;
}

type Change = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' };

function change(document: unknown, keys: readonly string[], what: Change): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return what.kind === 'remove' ? null : (what.value ?? null);
  if (Array.isArray(document)) return changeList(document, key, rest, what);
  if (!isObject(document)) throw new Inapplicable(`${what.kind} operation does not apply: doc is missing path: /${keys.join('/')}`);
  if (rest.length > 0) {
    if (document[key] === undefined || document[key] === null)
      throw new Inapplicable(`${what.kind} operation does not apply: doc is missing path: /${keys.join('/')}`);
    return { ...document, [key]: change(document[key], rest, what) };
  }
  if (what.kind === 'remove' && document[key] === undefined)
    throw new Inapplicable(`remove operation does not apply: doc is missing key: ${key}`);
  if (what.kind !== 'remove') return { ...document, [key]: what.value ?? null };
  const { [key]: _, ...others } = document;
  return others;
}

function changeList(list: readonly unknown[], key: string, rest: readonly string[], what: Change): unknown {
  const last = what.kind === 'add' && rest.length === 0 ? list.length : list.length - 1;
  const at = key === '-' && what.kind === 'add' && rest.length === 0 ? list.length : Number(key);
  if (!/^(-|\d+)$/.test(key) || !Number.isInteger(at) || at > last)
    throw new Inapplicable(`${what.kind} operation does not apply: Unable to access invalid index: ${key}: invalid index referenced`);
  if (rest.length > 0) return list.with(at, change(list[at], rest, what));
  if (what.kind === 'add') return list.toSpliced(at, 0, what.value ?? null);
  return what.kind === 'remove' ? list.toSpliced(at, 1) : list.with(at, what.value ?? null);
}
