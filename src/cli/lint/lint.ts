import { type Outside, say } from '../outside.ts';
import { readyTemplates } from '../ready-templates.ts';
import { readSources } from '../sources.ts';
import { styleOf } from '../style.ts';
import { check, type Linted } from './check.ts';
import { github, human, sarif } from './formats.ts';

export interface LintFlags {
  readonly file?: readonly string[];
  readonly strict?: boolean;
  readonly output?: string;
}

const clean = 0;
const wrong = 1;
const unusable = 2;

/** Files against one another, without any cluster. 0: nothing is wrong, 1: something is (with `--strict` a warning is), 2: there was nothing to look at. */
export async function lint({ file: paths = [], strict = false, output }: LintFlags, outside: Outside, program: string): Promise<number> {
  const { stdin, stdout, stderr } = outside;
  const refuse = (problems: readonly string[]) => {
    say(stderr, problems);
    return unusable;
  };
  if (paths.length === 0) return refuse(['-f FILE: is required; a folder is all that is below it, - is standard input']);
  const sources = await readSources(paths, stdin);
  if (!sources.ok) return refuse(sources.failure);
  const linted = check(
    sources.value,
    readyTemplates(program).map((source) => ({ ...source, isFound: true })),
  );
  stdout.write(shown(linted, output, outside));
  if (linted.objects === 0 && linted.findings.length === 0) return refuse(['nothing of sluice.dev is in these files']);
  const isWrong = linted.findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'));
  return isWrong ? wrong : clean;
}

function shown(linted: Linted, output: string | undefined, { stdout, env }: Outside): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(linted, undefined, 2)}\n`;
    case 'sarif':
      return `${JSON.stringify(sarif(linted, process.env.SLUICE_VERSION ?? 'dev'), undefined, 2)}\n`;
    case 'github':
      return github(linted);
    default:
      return human(linted, styleOf(stdout, env));
  }
}
