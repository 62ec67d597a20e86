import type { Command, Option } from 'commander';
import type { ClusterFlags } from '../cluster/flags.ts';
import type { Asked, Candidate } from './ask.ts';

/** What may stand at the end of a line that is being typed. `files`: the names of files, too. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

/** What only the cluster knows. */
export type Ask = (asked: Asked, flags: ClusterFlags) => Promise<readonly Candidate[]>;

const none: Completion = { candidates: [], files: false };
const onlyFiles: Completion = { candidates: [], files: true };
const of = (candidates: readonly Candidate[]): Completion => ({ candidates, files: false });

/** `words`: everything after the program, the last one unfinished, perhaps empty. */
export async function complete(program: Command, words: readonly string[], ask: Ask): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const line = read(program, words.slice(0, -1));
  const { command, waiting, flags } = line;
  if (waiting !== undefined) return valuesOf(waiting, line, (asked) => ask(asked, flags));
  if (current.startsWith('-'))
    return of(
      command.options.filter(({ hidden }) => !hidden).map(({ long, short, description }) => ({ value: long ?? short ?? '', description })),
    );
  if (command.commands.length > 0 && line.values.length === 0)
    return of(command.commands.map((each) => ({ value: each.name(), description: each.description() })));
  return argumentsOf(line, (asked) => ask(asked, flags));
}

interface TypedLine {
  readonly command: Command;
  /** Arguments that have been typed. */
  readonly values: readonly string[];
  /** The option whose value is being typed. */
  readonly waiting: Option | undefined;
  readonly flags: ClusterFlags;
}

function read(program: Command, words: readonly string[]): TypedLine {
  let command = program;
  let waiting: Option | undefined;
  const values: string[] = [];
  const flags: Record<string, string> = {};
  for (const word of words) {
    if (waiting !== undefined) {
      flags[waiting.attributeName()] = word;
      waiting = undefined;
    } else if (word.startsWith('-')) {
      const [name, value] = word.split(/=(.*)/s);
      const option = command.options.find(({ long, short }) => long === name || short === name);
      if (option === undefined || !(option.required || option.optional)) continue;
      if (value === undefined) waiting = option;
      else flags[option.attributeName()] = value;
    } else {
      const below = values.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (below === undefined) values.push(word);
      else command = below;
    }
  }
  const { namespace, context, kubeconfig } = flags;
  return { command, values, waiting, flags: { namespace, context, kubeconfig } };
}

type AskHere = (asked: Asked) => Promise<readonly Candidate[]>;

async function valuesOf(option: Option, { values }: TypedLine, ask: AskHere): Promise<Completion> {
  if (option.argChoices !== undefined) return of(option.argChoices.map((value) => ({ value })));
  switch (option.attributeName()) {
    case 'namespace':
      return of(await ask({ what: 'namespaces' }));
    case 'context':
      return of(await ask({ what: 'contexts' }));
    case 'to':
      return of(values[0] === undefined ? [] : await ask({ what: 'revisions', rollout: values[0] }));
    case 'file':
    case 'kubeconfig':
    case 'config':
    case 'examples':
      return onlyFiles;
    default:
      return none;
  }
}

const gated = new Set(['approve', 'reject']);

async function argumentsOf({ command, values }: TypedLine, ask: AskHere): Promise<Completion> {
  const argument = command.registeredArguments[values.length];
  if (argument === undefined) return none;
  if (argument.argChoices !== undefined) return of(argument.argChoices.map((value) => ({ value })));
  if (argument.name() === 'name') return of(await ask({ what: 'rollouts' }));
  const [rollout] = values;
  return gated.has(command.name()) && rollout !== undefined ? of(await ask({ what: 'gates', rollout })) : none;
}
