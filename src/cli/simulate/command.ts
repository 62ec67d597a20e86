import { readFileSync } from 'node:fs';
import { fail, ok, type Result } from '../../lib/index.ts';
import { printable } from '../demo/text.ts';
import { readyTemplates } from '../ready-templates.ts';
import { crewOf, isCrew, serveCrew } from './crew.ts';
import type { Source } from './documents.ts';
import { type Flags, readFlags, type Wishes } from './flags.ts';
import type { Report } from './report.ts';
import { simulate } from './run.ts';
import { renderReport } from './table.ts';

export interface CommandSurroundings {
  /** The program: other threads run it, and its templates lie beside it. */
  readonly program: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
  readonly env: NodeJS.ProcessEnv;
}

const unusable = 2;
const unlike = 1;

/** The command, from what was typed to the exit code: 0 where it ran, 1 where `--expect` or `--strict` say so, 2 where there is nothing to run. */
export async function runSimulate(flags: Flags, { program, stdin, stdout, stderr, env }: CommandSurroundings): Promise<number> {
  if (isCrew()) {
    await serveCrew();
    return 0;
  }
  const refuse = (problems: readonly string[]) => {
    for (const problem of problems) stderr.write(`${printable(problem)}\n`);
    return unusable;
  };
  const wishes = readFlags(flags);
  if (!wishes.ok) return refuse(wishes.failure);
  const sources = await readSources(wishes.value.files, stdin);
  if (!sources.ok) return refuse(sources.failure);
  const isWatched = stderr.isTTY === true && stdout.isTTY === true;
  const onPlayed = (count: number) => void (isWatched && stderr.write(`\r${count} played `));
  const input = { sources: sources.value, library: readyTemplates(program), settings: wishes.value.settings };
  const report = await simulate(input, crewOf(program, onPlayed));
  if (isWatched) stderr.write('\r\x1b[K');
  if (!report.ok) return refuse(report.failure);
  stdout.write(shown(report.value, wishes.value, { stdout, env }));
  const unmet = unmetIn(report.value, wishes.value);
  for (const line of unmet) stderr.write(`${line}\n`);
  return unmet.length > 0 ? unlike : 0;
}

function shown(report: Report, { output, isUndescribed }: Wishes, { stdout, env }: Pick<CommandSurroundings, 'stdout' | 'env'>): string {
  const told = isUndescribed
    ? {
        ...report,
        assumptions: ['nothing says what the release is like (--error-rate, --p99, ...), so it is a bad one', ...report.assumptions],
      }
    : report;
  if (output === 'json') return `${JSON.stringify(told, undefined, 2)}\n`;
  const isTerminal = stdout.isTTY === true;
  const style = {
    width: isTerminal ? Math.max(40, stdout.columns ?? usualColumns) : pipeColumns,
    isUnicode: true,
    hasColour: isTerminal && (env.NO_COLOR ?? '') === '',
  };
  return `${renderReport(told, { style, isWide: output === 'wide' }).join('\n')}\n`;
}

const usualColumns = 80;
/** Wide enough that no table is cut, and still to be read. */
const pipeColumns = 120;

/** What `--expect` and `--strict` asked for and did not get, a line each. Nothing can be expected of a release that was played without a metric of it. */
function unmetIn({ release, good, seeds, warnings, leftOut }: Report, { expected, isStrict }: Wishes): readonly string[] {
  const { endings } = release ?? good;
  const word = expected === 'rolledBack' ? 'rolled-back' : expected;
  const wrong = expected === undefined ? 0 : seeds.count - endings[expected];
  return [
    ...(wrong > 0 ? [`--expect ${word}: ${wrong} of ${seeds.count} releases ended otherwise`] : []),
    ...(expected !== undefined && leftOut.length > 0 ? [`--expect ${word}: cannot be told without metric ${leftOut.join(', ')}`] : []),
    ...(isStrict && warnings.length > 0 ? [`--strict: ${warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`}`] : []),
  ];
}

async function readSources(
  files: readonly string[],
  stdin: CommandSurroundings['stdin'],
): Promise<Result<readonly Source[], readonly string[]>> {
  const read = await Promise.all(files.map((file) => readSource(file, stdin)));
  const problems = read.flatMap((found) => (found.ok ? [] : [found.failure]));
  return problems.length > 0 ? fail(problems) : ok(read.flatMap((found) => (found.ok ? [found.value] : [])));
}

async function readSource(file: string, stdin: CommandSurroundings['stdin']): Promise<Result<Source, string>> {
  if (file === '-') {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stdin) chunks.push(chunk);
    return ok({ name: 'standard input', text: Buffer.concat(chunks).toString('utf8') });
  }
  try {
    return ok({ name: file, text: readFileSync(file, 'utf8') });
  } catch (error) {
    return fail(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
