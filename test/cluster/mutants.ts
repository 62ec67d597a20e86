// Faults of one line, planted in our own code, each with the scenario that is there to catch it: `npm run test:mutants [NAME ...]`; with
// --sound the scenarios of the table on the program as it is, under the same deadlines. One bed for all; a few run side by side.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { control } from './kit/child.ts';
import { startHost } from './kit/host.ts';
import type { BedInfo } from './kit/layout.ts';
import { type Mutant, mutants } from './mutants.table.ts';
import { type Report, type Verdict, verdictOf } from './mutants.verdict.ts';

/** Of one wait of a scenario: longer than any that is met, and much shorter than what the scenarios allow a slow machine. */
const patienceMs = 75_000;
/** Of one vitest run, should it hang altogether. */
const hardMs = 900_000;
const atOnce = Number(process.env.SLUICE_MUTANTS_AT_ONCE) || Math.max(2, 3 * availableParallelism());
const root = process.cwd();

/** The product with one fault in it. A fault whose line is no longer there, once, is a fault of this table. */
async function plant({ file, from, to }: Mutant, outfile: string): Promise<void> {
  const path = join(root, file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`${file} does not have this exactly once: ${from}`);
  const banner = `import { createRequire as __r } from 'node:module';import { fileURLToPath as __f } from 'node:url';import { dirname as __d } from 'node:path';const require = __r(import.meta.url);const __filename = __f(import.meta.url);const __dirname = __d(__filename);`;
  await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    banner: { js: banner },
    plugins: [
      {
        name: 'mutant',
        setup: (builder) =>
          builder.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === path ? { contents: parts.join(to), loader: 'ts' } : undefined,
          ),
      },
    ],
  });
}

/** One scenario, alone in a vitest run of its own, on the bed that is up. */
async function runScenario(mutant: Mutant, program: string, info: BedInfo, id: string): Promise<Verdict> {
  const folder = join(info.runDir, 'mutants');
  const output = join(folder, `${id}.json`);
  const pattern = mutant.scenario.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'cluster', `test/cluster/${mutant.test}.test.ts`, '-t', pattern];
  const log = createWriteStream(join(folder, `${id}.log`));
  const child = spawn(process.execPath, [...args, '--reporter=json', `--outputFile=${output}`], {
    cwd: root,
    // A group of its own, so that its controllers end with it where it has to be killed.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SLUICE_BED_INFO: join(info.runDir, 'bed.json'),
      SLUICE_BED_PROGRAM: program,
      SLUICE_BED_PATIENCE_MS: String(mutant.patienceMs ?? patienceMs),
    },
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const isLate = await endOf(child);
  if (isLate) {
    await control(info.controlUrl, 'lock/forget', { pid: child.pid });
    return { kind: 'broken', detail: `still running after ${hardMs / 1000} s` };
  }
  return verdictOf(mutant, existsSync(output) ? (JSON.parse(readFileSync(output, 'utf8')) as Report) : undefined);
}

const endOf = (child: ChildProcess): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      resolve(true);
    }, hardMs);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });

/** Those that concern the whole cluster run alone, last; one scenario runs once at a time, for its namespace has a name. */
async function inTurn(jobs: readonly Mutant[], run: (job: Mutant) => Promise<void>): Promise<void> {
  const waiting = jobs.filter(({ isAlone }) => isAlone !== true);
  const busy = new Set<string>();
  const keyOf = ({ test, scenario }: Mutant) => `${test}: ${scenario}`;
  await new Promise<void>((resolve, reject) => {
    const next = () => {
      while (busy.size < atOnce) {
        const index = waiting.findIndex((job) => !busy.has(keyOf(job)));
        const [job] = index < 0 ? [] : waiting.splice(index, 1);
        if (job === undefined) break;
        busy.add(keyOf(job));
        run(job).then(() => {
          busy.delete(keyOf(job));
          next();
        }, reject);
      }
      if (busy.size === 0) resolve();
    };
    next();
  });
  for (const job of jobs.filter(({ isAlone }) => isAlone === true)) await run(job);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 300);

async function main(): Promise<number> {
  const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const isSound = process.argv.includes('--sound');
  const chosen = mutants.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  const jobs = isSound ? [...new Map(chosen.map((job) => [`${job.test}: ${job.scenario}`, job])).values()] : chosen;
  const host = await startHost();
  const { info } = host;
  mkdirSync(join(info.runDir, 'mutants'), { recursive: true });
  const startedAt = Date.now();
  const seconds = (since: number) => `${Math.round((Date.now() - since) / 1000)} s`;
  const verdicts: Verdict[] = [];
  await inTurn(jobs, async (job) => {
    const since = Date.now();
    const id = String(mutants.indexOf(job)).padStart(2, '0');
    const program = isSound ? join(root, 'dist/sluice.js') : join(info.runDir, 'mutants', `${id}.mjs`);
    const problem = isSound ? undefined : await plant(job, program).catch((error: unknown) => `does not build: ${String(error)}`);
    const verdict: Verdict = typeof problem === 'string' ? { kind: 'broken', detail: problem } : await runScenario(job, program, info, id);
    verdicts.push(verdict);
    const what = isSound ? (verdict.kind === 'survived' ? 'sound' : 'UNSOUND') : verdict.kind;
    const title = isSound ? `${job.test}: ${job.scenario}` : `${job.name}  (${job.test}: ${job.scenario})`;
    const mark = what === 'caught' || what === 'sound' ? what : what.toUpperCase();
    process.stdout.write(`${mark.padEnd(9)} ${title}  ${seconds(since)}\n          ${oneLine(verdict.detail)}\n`);
  });
  const good = verdicts.filter(({ kind }) => kind === (isSound ? 'survived' : 'caught')).length;
  process.stdout.write(`\n${good} of ${jobs.length} ${isSound ? 'sound' : 'caught'}, ${atOnce} at once, in ${seconds(startedAt)}\n`);
  await host.stop();
  return good === jobs.length && jobs.length > 0 ? 0 : 1;
}

process.exit(await main());
