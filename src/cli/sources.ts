import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../lib/index.ts';
import type { Outside } from './outside.ts';

/** Text of a user, and what to call it. */
export interface FoundSource {
  readonly name: string;
  readonly text: string;
  /** Found in a folder, not named: what is no Kubernetes object in it is not meant. */
  readonly isFound: boolean;
}

/** Files, folders with all below them, and `-` for standard input; or everything that cannot be read. */
export async function readSources(
  paths: readonly string[],
  stdin: Outside['stdin'],
): Promise<Result<readonly FoundSource[], readonly string[]>> {
  if (paths.filter((path) => path === '-').length > 1) return fail(['-f -: standard input can be read once']);
  const read = await Promise.all(paths.map((path) => (path === '-' ? readStdin(stdin) : readPath(path, false))));
  const problems = read.flatMap((found) => (found.ok ? [] : [found.failure]));
  if (problems.length > 0) return fail(problems);
  const sources = read.flatMap((found) => (found.ok ? found.value : []));
  // A folder and a file of it may both be named.
  return ok(sources.filter(({ name }, index) => sources.findIndex((other) => other.name === name) === index));
}

async function readStdin(stdin: Outside['stdin']): Promise<Result<readonly FoundSource[], string>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return ok([{ name: 'stdin', text: Buffer.concat(chunks).toString('utf8'), isFound: false }]);
}

function readPath(path: string, isFound: boolean): Result<readonly FoundSource[], string> {
  try {
    if (!statSync(path).isDirectory()) return ok([{ name: path, text: readFileSync(path, 'utf8'), isFound }]);
    const entries = readdirSync(path, { withFileTypes: true }).sort((left, right) => (left.name < right.name ? -1 : 1));
    const wanted = entries.filter((entry) => (entry.isDirectory() ? !skipped.test(entry.name) : /\.(ya?ml|json)$/.test(entry.name)));
    const read = wanted.map((entry) => readPath(join(path, entry.name), true));
    const problem = read.find((found) => !found.ok);
    return problem !== undefined && !problem.ok ? problem : ok(read.flatMap((found) => (found.ok ? found.value : [])));
  } catch (error) {
    return fail(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Hidden folders, and what package managers fill. */
const skipped = /^\.|^node_modules$/;
