import { parseAllDocuments } from 'yaml';
import { at, textAt } from '../../api/raw.ts';
import { fail, isObject, type JsonObject, ok, type Result } from '../../lib/index.ts';

/** Text of a user, and what to call it in an error. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** One object of a source, as it was written. */
export interface Document {
  readonly where: string;
  readonly kind: string;
  readonly group: string;
  readonly name: string;
  /** Undefined where none is named. */
  readonly namespace: string | undefined;
  readonly object: JsonObject;
}

/** Every object of all sources; or everything that is wrong with them. */
export function readDocuments(sources: readonly Source[]): Result<readonly Document[], readonly string[]> {
  const read = sources.map(readSource);
  const problems = read.flatMap((found) => (found.ok ? [] : found.failure));
  if (problems.length > 0) return fail(problems);
  const documents = read.flatMap((found) => (found.ok ? found.value : []));
  const twice = documents.flatMap((document, index) => {
    const first = documents.slice(0, index).find((other) => idOf(other) === idOf(document));
    return first === undefined ? [] : [`${document.where}: ${document.kind} ${document.name} is in ${first.where} already`];
  });
  return twice.length > 0 ? fail(twice) : ok(documents);
}

const idOf = ({ group, kind, namespace = '', name }: Document): string => `${group}/${kind}/${namespace}/${name}`;

function readSource({ name, text }: Source): Result<readonly Document[], readonly string[]> {
  const parsed = parseAllDocuments(text, { prettyErrors: true });
  if (!Array.isArray(parsed)) return ok([]);
  const broken = parsed.flatMap(({ errors }) => errors.map(({ message }) => `${name}: ${firstLine(message)}`));
  if (broken.length > 0) return fail(broken);
  const whereOf = (index: number) => (parsed.length === 1 ? name : `${name} (document ${index + 1})`);
  const values = parsed.flatMap((document, index) =>
    expanded(
      readValue(() => document.toJS() as unknown),
      whereOf(index),
    ),
  );
  const read = values.map(({ value, where }) => documentOf(value, where));
  const problems = read.flatMap((found) => (found.ok ? [] : found.failure));
  return problems.length > 0 ? fail(problems) : ok(read.flatMap((found) => (found.ok ? [found.value] : [])));
}

const firstLine = (message: string): string => message.split('\n')[0]?.replace(/:$/, '') ?? message;

/** A document of too many aliases is read only so far. */
function readValue(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

interface Value {
  readonly value: unknown;
  readonly where: string;
}

/** What stands between two separators and says nothing is no object; a List is its items. */
function expanded(value: unknown, where: string): readonly Value[] {
  if (value === null || value === undefined) return [];
  const items = at(value, 'items');
  if (textAt(value, 'kind')?.endsWith('List') !== true || !Array.isArray(items)) return [{ value, where }];
  return items.map((item: unknown, index) => ({ value: item, where: `${where} items[${index}]` }));
}

function documentOf(value: unknown, where: string): Result<Document, readonly string[]> {
  if (value instanceof Error) return fail([`${where}: ${firstLine(value.message)}`]);
  if (!isObject(value)) return fail([`${where}: is no Kubernetes object`]);
  const [apiVersion, kind] = [textAt(value, 'apiVersion'), textAt(value, 'kind')];
  const name = textAt(value, 'metadata', 'name');
  const missing = Object.entries({ apiVersion, kind, 'metadata.name': name }).filter(([, text]) => text === undefined || text === '');
  if (apiVersion === undefined || kind === undefined || name === undefined || missing.length > 0)
    return fail(missing.map(([path]) => `${where}: ${path}: is required`));
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return ok({ where, kind, group, name, namespace: textAt(value, 'metadata', 'namespace'), object: value as JsonObject });
}
