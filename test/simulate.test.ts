// `sluice simulate` as a program: other threads play some of its seeds, and nothing of it is loaded by `sluice controller`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
let folder = '';

beforeAll(async () => {
  // Below the repository, so that the libraries are found that are not bundled here.
  folder = mkdtempSync(join(root, 'node_modules/.simulate-test-'));
  await build({
    ...{ absWorkingDir: root, entryPoints: { sluice: 'src/main.ts' }, outdir: folder, outExtension: { '.js': '.mjs' } },
    ...{
      bundle: true,
      splitting: true,
      chunkNames: '[name]-[hash]',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
    },
  });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const simulate = (...flags: readonly string[]): string => {
  const files = ['examples/rollout.yaml', 'examples/analysis.yaml'].flatMap((file) => ['-f', file]);
  const args = [join(folder, 'sluice.mjs'), 'simulate', ...files, '--error-rate', '30%', '-o', 'json', ...flags];
  return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
};

test('many seeds on several threads are what they are one by one, and the process ends', () => {
  const runsOf = (text: string) => (JSON.parse(text) as { readonly runs: readonly unknown[] }).runs;
  const all = runsOf(simulate('--seeds', '8'));
  expect(all).toHaveLength(8);
  expect(all.slice(5, 7)).toEqual(runsOf(simulate('--seeds', '2', '--seed', '6')));
});

test('the controller loads nothing of the simulation and the cluster in it', () => {
  const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
  const closureOf = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const [, from] of textOf(file).matchAll(/^(?:import|\} from) .*?"\.\/([^"]+)";$/gm)) closureOf(basename(from ?? ''), seen);
    return seen;
  };
  const part = readdirSync(folder).find((file) => /^run-.*\.mjs$/.test(file) && textOf(file).includes('runController')) ?? '';
  const loaded = new Set([...closureOf('sluice.mjs'), ...closureOf(part)]);
  expect(loaded.size).toBeGreaterThan(4);
  const text = [...loaded].map(textOf).join('\n');
  expect(text).toContain('the stop took too long');
  expect(text).not.toMatch(/WOULD IT BE CAUGHT|createSandbox\(/);
  expect(statSync(join(folder, 'sluice.mjs')).size).toBeLessThan(200_000);
});
