import { Command, Option } from 'commander';
import type { ImportFlags } from '../import/index.ts';
import type { Invocation } from '../outside.ts';
import { collect } from './lint.ts';

export function importCommand({ outside, finish }: Invocation): Command {
  const command = new Command('import')
    .description(
      'Print Canaries of Flagger and Rollouts of Argo Rollouts, with their metric templates, as ours. Applies nothing, needs no cluster.',
    )
    .option('-f, --file <file>', 'YAML or JSON; a folder is all that is below it; - is standard input; may be repeated', collect)
    .option('--strict', 'exit with 1 where a field has no counterpart, too')
    .addOption(new Option('-o, --output <format>', 'default: yaml').choices(['yaml', 'json']))
    .addHelpText(
      'after',
      '\nManifests go to standard output; each field that is not imported, or means something else here, to standard error, with the reason.\nExit code 0: all is there; 1: an object is not, or has to be put right by hand; 2: there was nothing to import.',
    );
  return command.action(async () => {
    const { importFiles } = await import('../import/index.ts');
    finish(await importFiles(command.opts<ImportFlags>(), outside));
  });
}
