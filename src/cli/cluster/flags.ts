import { Command, Option } from 'commander';

/** Which cluster, as whom, and where in it. */
export interface ClusterFlags {
  readonly namespace?: string | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** A command that asks a cluster. */
export function clusterCommand(name: string, outputs: readonly string[]): Command {
  const command = new Command(name)
    .option('-n, --namespace <name>', 'namespace (default: that of the context)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig (default: KUBECONFIG, ~/.kube/config)');
  return outputs.length === 0 ? command : command.addOption(new Option('-o, --output <format>', 'in place of text').choices(outputs));
}
