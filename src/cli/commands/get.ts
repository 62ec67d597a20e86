import type { Command } from 'commander';
import { clusterCommand } from '../cluster/flags.ts';
import type { GetFlags } from '../get/index.ts';
import type { Invocation } from '../outside.ts';

export function getCommand({ outside, finish }: Invocation): Command {
  const command = clusterCommand('get', ['wide', 'json', 'yaml', 'name'])
    .description('Show Rollouts as a table; or one as a tree: steps, traffic, revisions, pods, analyses, gates, history.')
    .argument('[name]', 'one Rollout')
    .option('-w, --watch', 'keep it up to date until Ctrl-C: in place on a terminal, else a line for each change')
    .option('-A, --all-namespaces', 'of all namespaces')
    .addHelpText(
      'after',
      '\n-o json and yaml are what is shown, as data; the stored objects are kubectl’s: kubectl get sro -o yaml.\nColour: on a terminal only; NO_COLOR=1 and FORCE_COLOR=1 are heard.',
    );
  return command.action(async (name: string | undefined) => {
    const { get } = await import('../get/index.ts');
    finish(await get(name, command.opts<GetFlags>(), outside));
  });
}
