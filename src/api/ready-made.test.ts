import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readyMadeMeshes, renderTemplates } from './ready-made.ts';

const folder = new URL('../../analysis-templates/', import.meta.url);

/** Queries may be broken into lines in a file. */
const onOneLine = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, inner: unknown) => (typeof inner === 'string' ? inner.replace(/\s+/g, ' ') : inner));

const stored = (mesh: string): readonly unknown[] =>
  parseAllDocuments(readFileSync(new URL(`${mesh}.yaml`, folder), 'utf8')).map((document) => onOneLine(document.toJS()));

describe('the ready-made templates as the program renders them', () => {
  test('are of the meshes of analysis-templates/', () => {
    const files = readdirSync(folder).map((file) => file.replace('.yaml', ''));
    expect(readyMadeMeshes.toSorted()).toEqual(files.toSorted());
  });
  test.each(readyMadeMeshes)('%s: are those of its file', (mesh) => expect(renderTemplates(mesh)).toEqual(stored(mesh)));
  test('are all of them, where no mesh is named', () => expect(renderTemplates()).toHaveLength(2 * readyMadeMeshes.length));
});
