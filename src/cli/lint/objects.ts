import { LineCounter, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import { at, textAt } from '../../api/raw.ts';
import { isObject, type JsonObject } from '../../lib/index.ts';
import type { Document } from '../simulate/documents.ts';
import type { FoundSource } from '../sources.ts';
import { type Finding, findingAt } from './findings.ts';
import { placeOf, segmentsOf } from './places.ts';

/** One object of a file, which knows where each of its fields stands. */
export interface FileObject extends Document {
  readonly file: string;
  readonly placeOf: (path: string) => { readonly line: number; readonly column: number };
}

export interface ReadFile {
  readonly objects: readonly FileObject[];
  readonly findings: readonly Finding[];
}

/** What a file of a folder has to mention to be meant at all: charts and their values lie in the same folders. */
const ours = /sluice\.dev/;

export function readFile({ name: file, text, isFound }: FoundSource): ReadFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(parsed)) return { objects: [], findings: [] };
  const broken = parsed.flatMap(({ errors }) =>
    errors.map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return findingAt('UnreadableFile', message, { file, line, column: col });
    }),
  );
  if (broken.length > 0) return { objects: [], findings: isFound && !ours.test(text) ? [] : broken };
  const read = parsed.map((document) => objectsIn(document, lines, file));
  return { objects: read.flatMap(({ objects }) => objects), findings: isFound ? [] : read.flatMap(({ findings }) => findings) };
}

function objectsIn(document: YamlDocument, lines: LineCounter, file: string): ReadFile {
  const place = (path: string) => placeOf(document, lines, segmentsOf(path));
  let value: unknown;
  try {
    value = document.toJS() as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { objects: [], findings: [findingAt('UnreadableFile', message, { file, ...place('') })] };
  }
  if (value === null || value === undefined) return { objects: [], findings: [] };
  const items = at(value, 'items');
  const parts =
    textAt(value, 'kind')?.endsWith('List') === true && Array.isArray(items)
      ? items.map((item: unknown, index) => ({ item, root: `items[${index}].` }))
      : [{ item: value, root: '' }];
  const read = parts.map(({ item, root }) => objectOf(item, (path) => place(`${root}${path}`), file));
  return { objects: read.flatMap(({ objects }) => objects), findings: read.flatMap(({ findings }) => findings) };
}

function objectOf(value: unknown, placeOfPath: FileObject['placeOf'], file: string): ReadFile {
  const wrong = (message: string): ReadFile => ({
    objects: [],
    findings: [findingAt('UnreadableFile', message, { file, ...placeOfPath('') })],
  });
  if (!isObject(value)) return wrong('is no Kubernetes object');
  const [apiVersion, kind] = [textAt(value, 'apiVersion') ?? '', textAt(value, 'kind') ?? ''];
  if (apiVersion === '' || kind === '') return wrong(`is no Kubernetes object: ${apiVersion === '' ? 'apiVersion' : 'kind'} is missing`);
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const name = textAt(value, 'metadata', 'name') ?? textAt(value, 'metadata', 'generateName') ?? '';
  const object = value as JsonObject;
  const { line } = placeOfPath('');
  const namespace = textAt(value, 'metadata', 'namespace');
  return { objects: [{ file, where: `${file}:${line}`, placeOf: placeOfPath, kind, group, name, namespace, object }], findings: [] };
}
