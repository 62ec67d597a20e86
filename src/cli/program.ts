import { Command, CommanderError } from 'commander';
import { completionCommand } from './commands/completion.ts';
import { controllerCommand } from './commands/controller.ts';
import { decisionCommands } from './commands/decisions.ts';
import { demoCommand } from './commands/demo.ts';
import { getCommand } from './commands/get.ts';
import { importCommand } from './commands/import.ts';
import { lintCommand } from './commands/lint.ts';
import { planCommand } from './commands/plan.ts';
import { renderCommand } from './commands/render.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { versionCommand, versionLine } from './commands/version.ts';
import { type Outside, processOutside } from './outside.ts';

/** Nothing was done: what was typed cannot be read. Told apart from a command that ran and says no by 1. */
const usageProblem = 2;

/** Asked by the shell, not by a person; the words after it are not ours to parse. */
const completing = '__complete';

/** One command line; the exit code comes back as a value. */
export async function runCli(args: readonly string[], outside: Outside = processOutside()): Promise<number> {
  let exitCode = 0;
  const finish = (code: number) => {
    exitCode = code;
  };
  const invocation = { outside, finish };
  const program = new Command(outside.program)
    .description('Progressive delivery for Kubernetes on any mesh of the SMI.')
    .version(versionLine, '--version', 'Print the version.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => outside.stdout.write(text), writeErr: (text) => outside.stderr.write(text) })
    .showHelpAfterError();
  for (const command of [
    controllerCommand(finish),
    demoCommand(finish),
    getCommand(invocation),
    importCommand(invocation),
    lintCommand(invocation),
    planCommand(invocation),
    ...decisionCommands(invocation),
    renderCommand(finish),
    simulateCommand(finish),
    statusCommand(invocation),
    completionCommand(invocation),
    versionCommand(invocation),
  ]) {
    command.exitOverride().configureOutput(program.configureOutput());
    program.addCommand(command);
  }
  if (args[0] === completing) {
    const { answerShell } = await import('./completion/index.ts');
    await answerShell(program, args.slice(1), outside);
    return exitCode;
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
