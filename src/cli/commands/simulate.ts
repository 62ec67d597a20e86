import { Command } from 'commander';
import type { Flags } from '../simulate/index.ts';

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export function simulateCommand(finish: (code: number) => void): Command {
  return new Command('simulate')
    .description('Play releases of a Rollout against a simulated mesh: would a bad one be caught, when, and by what? Needs no cluster.')
    .option(
      '-f, --file <file>',
      'YAML with the Rollout, its templates, and what else there is; - is standard input; may be repeated',
      collect,
    )
    .option('--rollout <name>', 'which one, where the files have several')
    .option('-n, --namespace <name>', 'of objects that name none (default: default)')
    .option('--error-rate <share>', 'the release fails so many of its requests: 5% (default, where nothing else describes it)')
    .option('--p99 <duration>', 'the release answers within this, but for one request in a hundred: 800ms')
    .option('--crash-loop', 'the release crashes a second after each start')
    .option('--never-ready', 'the release never becomes ready')
    .option('--start-time <duration>', 'from the start of a pod until it is ready (default: 2s)')
    .option('--from-stable', 'the release is as good as the stable version: how long does it take, is it rolled back by mistake?')
    .option('--stable-error-rate <share>', 'of the stable version, and of a good release (default: 0%)')
    .option('--stable-p99 <duration>', 'likewise (default: 100ms)')
    .option('--rps <number>', 'requests a second, in all (default: 50)')
    .option('--unmeshed <share>', 'so many of them come from clients outside the mesh (default: 0%)')
    .option('--seeds <number>', 'how many releases are played (default: 20; fewer of a rollout of days)')
    .option('--seed <number>', 'the first of the seeds: the same ones, the same report (default: 1)')
    .option('--mesh <provider>', 'linkerd, traefik-mesh, osm, istio, consul, nginx or generic (default: as the Rollout says, else linkerd)')
    .option('--resume-after <duration>', 'when somebody resumes a `pause: {}` (default: 5m)')
    .option('--expect <rolled-back|promoted>', 'exit with 1 unless every release ends like this')
    .option('--strict', 'exit with 1 where there are warnings')
    .option('-o, --output <table|wide|json>', 'wide: a line for each release, too; json: docs/simulate.md (default: table)')
    .action(async (flags: Flags) => {
      // Only this command pays for loading a cluster and a controller.
      const { runSimulate } = await import('../simulate/index.ts');
      const { stdin, stdout, stderr, env } = process;
      finish(await runSimulate(flags, { program: process.argv[1] ?? '', stdin, stdout, stderr, env }));
    });
}
