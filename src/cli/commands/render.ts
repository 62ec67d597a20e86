import { Command } from 'commander';
import { defaultNamespace, renderCrds, renderRbac, yaml } from '../../api/index.ts';
import { dnsLabel } from '../../core/schema.ts';

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
    .action(({ namespace }: { namespace: string }) => {
      if (dnsLabel().safeParse(namespace).success) return print(renderRbac(namespace));
      process.stderr.write(
        `${JSON.stringify(namespace)} is no name of a namespace: at most 63 small letters, digits and dashes, no dash at an end\n`,
      );
      return finish(1);
    });
  command
    .command('template')
    .description('The ready-made ClusterAnalysisTemplates: success rate and p99, for each mesh.')
    .argument('[mesh]', 'those of one mesh only; builtin: for whichever mesh the controller detects')
    .action(async (mesh: string | undefined) => {
      // Only this command pays for loading the metric sources.
      const { readyMadeMeshes, renderTemplates } = await import('../../api/ready-made.ts');
      if (mesh !== undefined && !readyMadeMeshes.includes(mesh)) {
        process.stderr.write(`there are no templates for ${mesh}; there are some for ${readyMadeMeshes.join(', ')}\n`);
        return finish(1);
      }
      print(renderTemplates(mesh));
    });
  return command;
}
