import { Argument, Command } from 'commander';
import type { Invocation } from '../outside.ts';

const shells = ['bash', 'zsh', 'fish', 'kubectl'] as const;

export function completionCommand({ outside, finish }: Invocation): Command {
  return new Command('completion')
    .description('Print what a shell needs to complete commands, and names of Rollouts and gates from the cluster.')
    .addArgument(new Argument('<shell>', 'kubectl: for `kubectl sluice`').choices(shells))
    .addHelpText(
      'after',
      `
  source <(sluice completion bash)          in ~/.bashrc
  source <(sluice completion zsh)           in ~/.zshrc, after compinit
  sluice completion fish | source           in ~/.config/fish/config.fish
  sluice completion kubectl > /usr/local/bin/kubectl_complete-sluice && chmod +x /usr/local/bin/kubectl_complete-sluice`,
    )
    .action(async (shell: (typeof shells)[number]) => {
      const { scripts } = await import('../completion/index.ts');
      outside.stdout.write(scripts[shell]);
      finish(0);
    });
}
