import { Command } from 'commander';

/** `sluice 0.1.0`, for `version` and `--version` alike. */
export const versionLine = `sluice ${process.env.SLUICE_VERSION ?? 'dev'}`;

export function versionCommand(finish: (code: number) => void): Command {
  return new Command('version').description('Print the version.').action(() => {
    process.stdout.write(`${versionLine}\n`);
    finish(0);
  });
}
