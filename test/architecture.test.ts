// The layout, enforced: who may import whom, no cycles, core decides purely. See docs/adr and the README's map.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../src');

/** What a folder may import beside itself. `kube/types`: type imports only. */
const table: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  core: ['lib'],
  kube: ['lib'],
  traffic: ['core', 'kube/types', 'lib'],
  metrics: ['core', 'kube/types', 'lib'],
  notify: ['core', 'kube/types', 'lib'],
  api: ['core', 'traffic', 'metrics', 'notify', 'kube/types', 'lib'],
  controller: ['api', 'core', 'traffic', 'metrics', 'notify', 'kube', 'lib'],
  server: ['api', 'core', 'kube', 'lib'],
  dashboard: ['server/types', 'lib'],
  sandbox: ['kube', 'lib'],
};
/** Top-level files and the CLI put things together: anything. */
const anything = new Set(['cli', 'simulation', 'main.ts', 'run.ts', 'live.ts', 'compose.ts', 'config.ts']);

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly isType: boolean;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes(`${sep}testing${sep}`))
  .map((path) => path.split(sep).join('/'));

const sourceOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const importsOf = (file: string): readonly Import[] =>
  [...sourceOf(file).matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)';|\bimport\(\s*'([^']+)'\s*\)/gm)].map(
    ([, type, specifier, dynamic]) => ({
      from: file,
      specifier: specifier ?? dynamic ?? '',
      isType: type !== undefined,
    }),
  );

const targetOf = ({ from, specifier }: Import): string | undefined =>
  specifier.startsWith('.')
    ? relative(root, resolve(root, dirname(from), specifier))
        .split(sep)
        .join('/')
    : undefined;

const folderOf = (file: string): string => file.split('/')[0] ?? '';
const imports = files.flatMap(importsOf);

describe('the import table', () => {
  test('every file lives in a folder of the table', () => {
    const strangers = files.map(folderOf).filter((folder) => !(folder in table) && !anything.has(folder));
    expect([...new Set(strangers)]).toEqual([]);
  });

  test('no folder imports what the table does not give it', () => {
    const broken = imports.filter((found) => {
      const target = targetOf(found);
      const [from, to] = [folderOf(found.from), target === undefined ? undefined : folderOf(target)];
      if (to === undefined || from === to || anything.has(from)) return false;
      const allowed = table[from] ?? [];
      return !allowed.includes(to) && !(found.isType && allowed.includes(`${to}/types`));
    });
    expect(broken.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });

  test('every relative import names a file of the tree', () => {
    const known = new Set(files);
    const dangling = imports.filter((found) => targetOf(found) !== undefined && !known.has(targetOf(found) ?? ''));
    expect(dangling.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });
});

test('no cycle of imports: a file can be read after those that it builds on', () => {
  const edges = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ isType }) => !isType)
        .flatMap((found) => targetOf(found) ?? []),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

describe('law 1: core and traffic are pure', () => {
  const pure = files.filter((file) => file.startsWith('core/') || file.startsWith('traffic/'));
  /** Clock, chance, timers, the process, the network, the console. */
  const impure =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bperformance\.now\b|\bprocess\.|\bfetch\(|\bconsole\.|\bcrypto\.|\bawait\b|\basync\b/;
  /** Libraries that compute and do nothing else. */
  const computing = new Set(['zod', 'croner', '@marcbachmann/cel-js', 're2js']);

  test('no clock, chance, timer, process or network', () => {
    const found = pure.flatMap((file) =>
      withoutComments(sourceOf(file))
        .split('\n')
        .filter((line) => impure.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  test('no library but those that only compute, and no module of Node', () => {
    const found = imports.filter(({ from, specifier }) => pure.includes(from) && !specifier.startsWith('.') && !computing.has(specifier));
    expect(found.map(({ from, specifier }) => `${from} imports ${specifier}`)).toEqual([]);
  });

  test('no state of its own: nothing at module level is let or var', () => {
    const found = pure.flatMap((file) =>
      sourceOf(file)
        .split('\n')
        .filter((line) => /^(export )?(let|var)\b/.test(line))
        .map((line) => `${file}: ${line}`),
    );
    expect(found).toEqual([]);
  });
});

describe('rule 2: time and chance are arguments', () => {
  const clocks = new Set(['lib/clock.ts', 'lib/random.ts']);
  const reading = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\b|AbortSignal\.timeout/;

  test('only lib/clock and lib/random read them', () => {
    const found = files
      .filter((file) => !clocks.has(file))
      .flatMap((file) =>
        withoutComments(sourceOf(file))
          .split('\n')
          .filter((line) => reading.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });
});

describe('rules that a machine can check', () => {
  test('no default export, no export of everything, no enum, no class that extends', () => {
    const forbidden = /^export default|^export \*|^(export )?(const )?enum |\bclass \w+ extends (?!Error\b)/m;
    expect(files.filter((file) => forbidden.test(sourceOf(file)))).toEqual([]);
  });

  test('no file above 300 lines', () => {
    const long = files.map((file) => ({ file, lines: sourceOf(file).split('\n').length })).filter(({ lines }) => lines > 301);
    expect(long).toEqual([]);
  });

  test('the five libraries that the owner named are in use', () => {
    const named = ['@kubernetes/client-node', 'prometheus-query', 'pino', 'fastify', 'node-cron'];
    const used = new Set(imports.map(({ specifier }) => specifier));
    expect(named.filter((name) => !used.has(name))).toEqual([]);
  });
});

const withoutComments = (source: string): string => source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
