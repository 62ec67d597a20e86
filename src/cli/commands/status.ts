import type { Command } from 'commander';
import { clusterCommand } from '../cluster/flags.ts';
import type { Invocation } from '../outside.ts';
import type { StatusFlags } from '../status/index.ts';
import { duration } from './decisions.ts';

export function statusCommand({ outside, finish }: Invocation): Command {
  const command = clusterCommand('status', ['json', 'yaml'])
    .description('Is the release through? For pipelines: right after kubectl apply, with --wait.')
    .argument('<name>', 'the Rollout')
    .option('--wait', 'until it is healthy or has failed, however long that takes')
    .option('--timeout <duration>', 'wait no longer than this; implies --wait', duration)
    .addHelpText(
      'after',
      `
Exit codes:
  0  healthy: the newest template, with the configuration it uses, has all traffic
  1  failed: rolled back, degraded or stalled, or it is being deleted
  2  not through at the end of --timeout
  3  in flight (without --wait)
  4  it cannot be told: no such Rollout, no permission, no cluster (with --wait an API server that is away is waited for)`,
    );
  return command.action(async (name: string) => {
    const { status } = await import('../status/index.ts');
    finish(await status(name, command.opts<StatusFlags>(), outside));
  });
}
