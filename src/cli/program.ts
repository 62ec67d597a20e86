import { Command, CommanderError } from 'commander';
import { controllerCommand } from './commands/controller.ts';
import { demoCommand } from './commands/demo.ts';
import { renderCommand } from './commands/render.ts';
import { simulateCommand } from './commands/simulate.ts';
import { versionCommand, versionLine } from './commands/version.ts';

/** Nothing was done: what was typed cannot be read. Told apart from a command that ran and says no by 1. */
const usageProblem = 2;

/** One command line; the exit code comes back as a value. */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = new Command('sluice')
    .description('Progressive delivery for Kubernetes on any mesh of the SMI.')
    .version(versionLine, '--version', 'Print the version.')
    .exitOverride()
    .showHelpAfterError();
  for (const command of [
    controllerCommand(finish),
    demoCommand(finish),
    renderCommand(finish),
    simulateCommand(finish),
    versionCommand(finish),
  ]) {
    command.exitOverride();
    program.addCommand(command);
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    // Commander has printed what there is to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageProblem;
    throw error;
  }
  return exitCode;
}
