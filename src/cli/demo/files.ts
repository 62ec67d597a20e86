import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** An object as a user wrote it. */
export interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The folder `examples` beside the program, or above it; undefined where the program stands alone. */
export function findExamples(program: string): string | undefined {
  for (let folder = dirname(realpathSync(program)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'examples', 'rollout.yaml'))) return join(folder, 'examples');
    if (folder === dirname(folder)) return undefined;
  }
}

/** The objects of a file of plain YAML. Throws where it is none. */
export function readObjects(file: string): readonly Written[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors[0] !== undefined) throw new Error(`${file}: ${document.errors[0].message}`);
    return document.toJS() as Written;
  });
}
