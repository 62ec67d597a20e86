import { Command } from 'commander';
import { loadConfig } from '../../config.ts';

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function controllerCommand(finish: (code: number) => void): Command {
  return new Command('controller')
    .description('Run the controller.')
    .option('--kubeconfig <file>', 'kubeconfig; default: KUBECONFIG, ~/.kube/config, or the service account of the pod')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--config <file>', 'all settings, as YAML: keys such as prometheusAddress, in docs/settings.md')
    .option('--prometheus-address <url>', 'Prometheus of templates without an address, and of the observed share')
    .option('--listen <host:port>', 'probes, metrics and API (default 127.0.0.1:8080)')
    .option('--namespace <name>', 'watch this namespace only; may be repeated (default: all)', collect)
    .option('--leader-election <true|false>', 'elect one leader among replicas (default true)')
    .option('--lease-namespace <name>', 'namespace of the lease (default: the pod’s, or sluice-system)')
    .option('--identity <name>', 'name of this process in the lease (default: the host’s)')
    .option('--log-level <level>', 'trace | debug | info | warn | error | fatal | silent (default info)')
    .option('--cluster-domain <domain>', 'default cluster.local')
    .option('--mode <all|api>', 'all of it, or the HTTP API alone (default all)')
    .option('--tls-cert-file <file>', 'certificate of the HTTP API; read again when it changes')
    .option('--tls-key-file <file>', 'its key')
    .action(async ({ namespace, ...flags }: Record<string, unknown>) => {
      const config = loadConfig({ ...flags, namespaces: namespace }, process.env);
      if (!config.ok) {
        process.stderr.write(`${config.failure}\n`);
        return finish(1);
      }
      // Only this command pays for loading the controller.
      const { runController } = await import('../../run.ts');
      finish(await runController(config.value));
    });
}
