// What is shipped knows time and chance from lib/clock and lib/random alone: searched in the bundle's own modules, as they are compiled.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, transform } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;

const sources: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date(?!\w)(?!\()|\bnew Date\(\s*\)|(?<!new )(?<![\w.])Date\(/,
  /\bperformance\b/,
  /\bhrtime\b|\bprocess\.uptime\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bAbortSignal\.timeout\b/,
  /\bMath\.random\b/,
  /\brandom(UUID|Bytes|Int|FillSync)\b|\bgetRandomValues\b/,
  /['"](node:)?timers(\/promises)?['"]/,
];

/** Who may, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'src/lib/clock.ts': 'the clock',
  'src/lib/random.ts': 'chance',
  'src/lib/heap.ts': 'the end of a collection of garbage, which moves no state',
  'src/config.ts': 'the identity of a process: told from the last one by the moment of its start',
  'src/simulation/drive.ts': 'lets promises run to their end between two events of virtual time; no time passes by it',
};

let files: readonly string[] = [];
const compiled = new Map<string, string>();

beforeAll(async () => {
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: ['src/main.ts'], bundle: true, write: false, metafile: true, splitting: true, outdir: 'dist' },
    ...{ platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'silent' },
  });
  files = Object.keys(metafile.inputs).filter((file) => file.startsWith('src/'));
  // Comments and types are gone then, and nothing else.
  for (const file of files)
    compiled.set(file, (await transform(readFileSync(join(root, file), 'utf8'), { loader: 'ts', minifyWhitespace: true })).code);
});

const found = () => files.filter((file) => sources.some((source) => source.test(compiled.get(file) ?? '')));

test('only lib/clock, lib/random and named exceptions read clocks, set timers or draw numbers', () => {
  expect(files.length).toBeGreaterThan(200);
  expect(found().filter((file) => !(file in exceptions))).toEqual([]);
});

test('no exception is named in vain', () => {
  const needed = new Set(found());
  expect(Object.keys(exceptions).filter((file) => files.includes(file) && !needed.has(file))).toEqual([]);
});
