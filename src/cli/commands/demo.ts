import { Command, InvalidArgumentError } from 'commander';

const whole = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < least || value > most)
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}`);
  return value;
};

interface Flags {
  readonly hold?: boolean;
  readonly plain?: boolean;
  readonly port?: number;
  readonly seed: number;
  readonly examples?: string;
}

export function demoCommand(finish: (code: number) => void): Command {
  return new Command('demo')
    .description('Show a good release promoted and a bad one rolled back, on a cluster in this process. Takes about a minute.')
    .option('--hold', 'keep everything up afterwards, and say how to reach it')
    .option('--port <number>', 'port of the API server (default: any free one)', whole(1, 65_535))
    .option('--plain', 'plain lines, as without a terminal')
    .option('--seed <number>', 'of all that the sandbox leaves to chance', whole(0, 4_294_967_295), 1)
    .option('--examples <folder>', 'what is applied (default: the folder beside the program)')
    .action(async ({ hold = false, plain = false, port, seed, examples }: Flags) => {
      // Only this command pays for loading a cluster.
      const { runDemo } = await import('../demo/index.ts');
      finish(await runDemo({ program: process.argv[1] ?? '', isHeld: hold, isPlain: plain, port, seed, examples }));
    });
}
