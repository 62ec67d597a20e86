import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Source } from './simulate/documents.ts';

/** The folder `analysis-templates` beside the program, or above it; nothing where the program stands alone. */
export function readyTemplates(program: string): readonly Source[] {
  if (!existsSync(program)) return [];
  for (let folder = dirname(realpathSync(program)); ; folder = dirname(folder)) {
    const templates = join(folder, 'analysis-templates');
    if (existsSync(join(templates, 'builtin.yaml')))
      return readdirSync(templates)
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => ({ name: join(templates, name), text: readFileSync(join(templates, name), 'utf8') }));
    if (folder === dirname(folder)) return [];
  }
}
