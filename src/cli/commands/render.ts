import { Command } from 'commander';
import { defaultNamespace, renderCrds, renderRbac, yaml } from '../../api/index.ts';

/** Manifests on standard output, for `kubectl apply -f -`. */
export function renderCommand(finish: (code: number) => void): Command {
  const print = (objects: readonly object[]) => {
    process.stdout.write(objects.map((object) => `---\n${yaml(object)}`).join(''));
    finish(0);
  };
  const command = new Command('render').description('Print manifests.');
  command
    .command('crds')
    .description('The custom resource definitions.')
    .action(() => print(renderCrds()));
  command
    .command('rbac')
    .description('Everything that the controller needs but its Deployment.')
    .option('-n, --namespace <name>', 'the controller’s namespace', defaultNamespace)
    .action(({ namespace }: { namespace: string }) => print(renderRbac(namespace)));
  return command;
}
