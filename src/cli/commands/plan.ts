import type { Command } from 'commander';
import { clusterCommand } from '../cluster/flags.ts';
import type { Invocation } from '../outside.ts';
import type { PlanFlags } from '../plan/index.ts';
import { collect } from './lint.ts';

export function planCommand({ outside, finish }: Invocation): Command {
  const command = clusterCommand('plan', ['json', 'yaml'])
    .description('What happens next, when at the earliest, and what it waits for: of a Rollout of the cluster, or of a file.')
    .argument('[name]', 'a Rollout of the cluster')
    .option('-f, --file <file>', 'a file or folder with a Rollout and its templates instead; - is standard input; may be repeated', collect)
    .option('--rollout <name>', 'which one, where the files have several');
  return command.action(async (name: string | undefined) => {
    const { plan } = await import('../plan/index.ts');
    finish(await plan(name, command.opts<PlanFlags>(), outside, process.argv[1] ?? ''));
  });
}
