import type { Command } from 'commander';
import { clusterCommand } from '../cluster/flags.ts';
import type { Invocation } from '../outside.ts';

/** `sluice 0.1.0`, for `version` and `--version` alike. */
const version = process.env.SLUICE_VERSION ?? 'dev';
export const versionLine = `sluice ${version}`;

interface Flags {
  readonly server?: boolean;
  readonly output?: 'json';
}

export function versionCommand({ outside, finish }: Invocation): Command {
  const command = clusterCommand('version', ['json'])
    .description('Print the version.')
    .option('--server', 'that of the Kubernetes API server, and whether it serves our kinds, too');
  return command.action(async () => {
    const { server: asksServer, output, ...flags } = command.opts<Flags>();
    const { stdout, stderr } = outside;
    if (asksServer !== true) {
      stdout.write(output === 'json' ? `${JSON.stringify({ client: version })}\n` : `${versionLine}\n`);
      return finish(0);
    }
    const { serverVersion } = await import('../cluster/index.ts');
    const found = await serverVersion(flags, outside);
    if (output === 'json') stdout.write(`${JSON.stringify({ client: version, ...(found.ok ? found.value : {}) })}\n`);
    else
      stdout.write(
        `${versionLine}\n${found.ok ? `Kubernetes ${found.value.kubernetes} at ${found.value.server}, ${found.value.serves ? 'serves' : 'does not serve'} sluice.dev/v1alpha1\n` : ''}`,
      );
    if (!found.ok) stderr.write(`${found.failure}\n`);
    finish(found.ok ? 0 : 1);
  });
}
