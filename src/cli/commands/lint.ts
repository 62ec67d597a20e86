import { Command, Option } from 'commander';
import type { LintFlags } from '../lint/index.ts';
import type { Invocation } from '../outside.ts';

export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function lintCommand({ outside, finish }: Invocation): Command {
  const command = new Command('lint')
    .description(
      'Find everything that is wrong with Rollouts and templates in files, each by itself and with one another. Needs no cluster.',
    )
    .option('-f, --file <file>', 'YAML or JSON; a folder is all that is below it; - is standard input; may be repeated', collect)
    .option('--strict', 'exit with 1 where there are warnings, too')
    .addOption(
      new Option('-o, --output <format>', 'in place of text; github: annotations of a workflow').choices([
        'text',
        'json',
        'sarif',
        'github',
      ]),
    )
    .addHelpText(
      'after',
      '\nExit code 0: nothing is wrong; 1: something is; 2: there was nothing to look at.\nWhat each code means, and what to do: docs/reasons.md.',
    );
  return command.action(async () => {
    const { lint } = await import('../lint/index.ts');
    finish(await lint(command.opts<LintFlags>(), outside, process.argv[1] ?? ''));
  });
}
