import { Command } from 'commander';

export function versionCommand(finish: (code: number) => void): Command {
  return new Command('version').description('Print the version.').action(() => {
    process.stdout.write(`sluice ${process.env.SLUICE_VERSION ?? 'dev'}\n`);
    finish(0);
  });
}
