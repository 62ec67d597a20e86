import { runCli } from './cli/index.ts';

process.on('unhandledRejection', (reason) => {
  process.stderr.write(`unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`);
  process.exit(1);
});

process.exitCode = await runCli(process.argv.slice(2));
// What a library left open must not keep a finished command alive; what was printed must be through the pipe first.
process.stdout.write('', () => process.exit());
