// run.sh --up [command ...]: the bed without tests. The command (default: an interactive shell) finds KUBECONFIG and SLUICE_BED_INFO.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startHost } from './host.ts';

const host = await startHost();
const [command = process.env.SHELL ?? 'bash', ...args] = process.argv.slice(2);
process.stderr.write(`[test bed] up in ${host.info.runDir}; KUBECONFIG is the administrator's; leave the shell to end it\n`);
const env = {
  ...process.env,
  KUBECONFIG: host.info.kubeconfigs.admin,
  KUBECACHEDIR: join(host.info.runDir, 'kubectl'),
  SLUICE_BED_INFO: join(host.info.runDir, 'bed.json'),
};
const child = spawn(command, args, { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
await host.stop();
process.exit();
