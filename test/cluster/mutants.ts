// Faults of one line, planted in our own code, each with the scenario that is there to catch it: `npm run test:mutants [NAME ...]`.
// A scenario that passes on its mutant proves nothing, and is a defect.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { type Mutant, mutants } from './mutants.table.ts';

const root = resolve(process.env.SLUICE_ROOT ?? process.cwd());

/** The product with one fault in it. A fault whose line is no longer there, once, is a fault of this table. */
async function plant({ file, from, to }: Mutant, outfile: string): Promise<void> {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${file} does not have this exactly once: ${from}`);
  const banner = `import { createRequire as __r } from 'node:module';import { fileURLToPath as __f } from 'node:url';import { dirname as __d } from 'node:path';const require = __r(import.meta.url);const __filename = __f(import.meta.url);const __dirname = __d(__filename);`;
  await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    banner: { js: banner },
    plugins: [
      {
        name: 'mutant',
        setup: (builder) =>
          builder.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === path ? { contents: source.replace(from, to), loader: 'ts' } : undefined,
          ),
      },
    ],
  });
}

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'sluice-mutants.'));
let survivors = 0;
for (const mutant of mutants.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)))) {
  const program = join(folder, 'mutant.mjs');
  await plant(mutant, program);
  const args = ['test/cluster/run.sh', `test/cluster/${mutant.test}.test.ts`, '-t', mutant.scenario];
  const { status, stdout } = spawnSync('bash', args, {
    cwd: root,
    env: { ...process.env, SLUICE_BED_PROGRAM: program },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Failing is not enough: the scenario itself must have run and failed.
  const isCaught = status !== 0 && /Tests\s.*\d+ failed/.test(stdout);
  if (!isCaught) survivors += 1;
  process.stdout.write(`${isCaught ? 'caught  ' : 'SURVIVED'}  ${mutant.name}  (${mutant.test}: ${mutant.scenario})\n`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = survivors === 0 ? 0 : 1;
