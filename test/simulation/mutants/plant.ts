import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Edit, Mutant } from './mutant.ts';

/** The text of a file with the fault in it. A fault whose line is no longer there, once, is a fault of the table. */
export function planted(mutant: Mutant, file: string, root: string): string {
  return editsOf(mutant)
    .filter((edit) => edit.file === file)
    .reduce(
      (text, { from, to }) => {
        const parts = text.split(from);
        if (parts.length !== 2) throw new Error(`${file} does not have this exactly once: ${from}`);
        return parts.join(to);
      },
      readFileSync(join(root, file), 'utf8'),
    );
}

export const editsOf = ({ file, from, to, also = [] }: Mutant): readonly Edit[] => [{ file, from, to }, ...also];

/** Controller, sandbox and player as one program, with the fault in it, or without one. */
export async function buildPlayer(outfile: string, root: string, mutant?: Mutant): Promise<void> {
  await build({
    ...{ absWorkingDir: root, entryPoints: ['test/simulation/mutants/player.ts'], outfile },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'silent' },
    plugins: mutant === undefined ? [] : [plugin(mutant, root)],
  });
}

const plugin = (mutant: Mutant, root: string): Plugin => ({
  name: 'mutant',
  setup: (builder) =>
    builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const edit = editsOf(mutant).find(({ file }) => path === join(root, file));
      return edit === undefined ? undefined : { contents: planted(mutant, edit.file, root), loader: 'ts' };
    }),
});
