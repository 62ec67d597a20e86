import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { bugs } from '../bugs.ts';
import { faults } from '../faults/index.ts';
import { laws } from '../laws/index.ts';
import { regressions } from '../regressions/index.ts';
import { open } from '../regressions/open.ts';
import { workloads } from '../workloads/index.ts';
import type { Hunted } from './hunt.ts';
import { type HuntOptions, sampleArguments } from './options.ts';
import { number } from './show.ts';
import { stages } from './stages/index.ts';

const page = 'docs/reliability.md';
/** Written by the run of the planted bugs, where there was one. */
const mutantsFile = 'test/simulation/mutants/results.json';

/** What nothing here says anything about. */
const notCovered: readonly string[] = [
  'A real kube-apiserver and etcd: the sandbox is held to the same contract suite, but only for what that suite asks (`npm run test:cluster` runs on the real one).',
  'Real meshes: Linkerd, Traefik Mesh, Open Service Mesh, Istio, Consul and NGINX are models of what their sources say they do.',
  'Sockets, TLS, HTTP framing, proxies between us and the API server: the simulation replaces the transport by a line that can fail.',
  'The kernel, the container, memory limits and the disk; Node itself, its event loop and its timers.',
  'More than one cluster.',
  'The order in which promises of one moment go on: Node decides it, the same each time; what is searched is the order of events.',
  'Load: thousands of Rollouts at once are measured by `npm run bench`.',
  'Crash points of renewals: of each sort of write to leases and Events the first four are struck in stage A, of all other writes every one.',
];

export function writeReport(options: HuntOptions, hunted: Hunted): void {
  writeFileSync(page, `${reportText(options, hunted)}\n`);
}

function reportText(options: HuntOptions, { tally, points, wallMs }: Hunted): string {
  const runs = [...tally.runs.values()].reduce((sum, count) => sum + count, 0);
  const { sent, lost, failed } = tally.requests;
  const evaluations = [...tally.evaluated.values()].reduce((sum, count) => sum + count, 0);
  const command = `npm run simulate:hunt -- --first ${options.firstSeed}${Number.isFinite(options.seeds) ? ` --seeds ${options.seeds}` : ''}${argumentsOf('stage', options.stages, stages)}${argumentsOf('workload', options.workloads, workloads)}${sampleArguments(options)} --report`;
  return `<!-- Written by \`npm run simulate:hunt -- --report\`; do not edit. -->
# What the simulation searched, and what it found

The whole controller, as it is shipped, runs beside a cluster in one process on virtual time; faults strike it at chosen moments, and laws
are asked after each of them. The same plan is the same run, to the last byte. ${laws.length} laws, ${faults.length} faults, ${workloads.length} workloads.

- Date: ${new Date().toISOString().slice(0, 10)}; commit ${commit()}
- Machine: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${options.workers} threads; Node ${process.version}
- Command: \`${command}\`

| Figure | |
| --- | ---: |
| Runs | ${number(runs)} |
| Runs per second, all threads | ${(runs / (wallMs / 1_000)).toFixed(1)} |
| Virtual time | ${(tally.virtualMs / 86_400_000).toFixed(1)} days, ${number(tally.virtualMs / wallMs)} times as fast as the wall's |
| Runs with three kinds of faults or more | ${number(tally.mixed)} |
| Requests of clients | ${number(sent)}, of which ${number(lost)} reached no pod that serves and ${number(failed)} failed |
| Laws asked | ${number(evaluations)} times |
| Violations | ${number(tally.found.length)} |

## Runs by stage

${rows(
  ['Stage', 'What it plays', 'Runs'],
  stages.map(({ name, text }) => [name, text, number(tally.runs.get(name) ?? 0)]),
)}

## Crash points

${rows(
  ['Workload', 'Writes of its run without faults', 'Runs of stage A', 'Random runs', 'Violations'],
  options.workloads.map((workload) => {
    const of = (stage: string) => tally.tests.get(`${stage} ${workload}`);
    const violations = stages.reduce((sum, { name }) => sum + (of(name)?.violations ?? 0), 0);
    return [
      ...[workload, number(points.get(`${workload}/all`) ?? 0), number(of('A')?.runs ?? 0), number(of('C')?.runs ?? 0)],
      number(violations),
    ];
  }),
)}

## Faults that took place

${rows(
  ['Kind', 'Names', 'Times'],
  [...new Set(faults.map(({ kind }) => kind))]
    .sort((left, right) => Number(left.slice(1)) - Number(right.slice(1)))
    .map((kind) => [kind, namesOf(kind), number(tally.struck.get(kind) ?? 0)]),
)}

## Laws

${rows(
  ['Law', '', 'Asked', 'Violated'],
  laws.map(({ id, text }) => [id, text, number(tally.evaluated.get(id) ?? 0), number(violationsOf(tally.found, id))]),
)}

## Planted bugs

${mutantsText()}

## Bugs that it found

${
  bugs.length === 0
    ? 'None yet.'
    : rows(
        ['What went wrong', 'Where', 'Found by', 'Put right by'],
        bugs.map(({ what, where, found, fix }) => [what, where, found, fix]),
      )
}

${regressions.length} plans that failed once are played by each \`npm test\`.

${open.length === 0 ? '' : `Not mended yet:\n\n${open.map(({ text }) => `- ${text}`).join('\n')}\n\n`}## What is not covered

${notCovered.map((line) => `- ${line}`).join('\n')}`;
}

const violationsOf = (found: Hunted['tally']['found'], id: string): number => found.filter(({ violation }) => violation.law === id).length;

const namesOf = (kind: string): string =>
  faults
    .filter((fault) => fault.kind === kind)
    .map(({ name }) => `\`${name}\``)
    .join(', ');

const argumentsOf = (name: string, chosen: readonly string[], all: readonly unknown[]): string =>
  chosen.length === all.length ? '' : chosen.map((each) => ` --${name} ${each}`).join('');

const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`)
    .join('\n');

function mutantsText(): string {
  if (!existsSync(mutantsFile)) return 'Not run for this report.';
  const found: unknown = JSON.parse(readFileSync(mutantsFile, 'utf8'));
  const list = (Array.isArray(found) ? found : []) as readonly Readonly<Record<string, unknown>>[];
  const head = [...new Set(list.flatMap((entry) => Object.keys(entry)))];
  return rows(
    head,
    list.map((entry) => head.map((key) => String(entry[key] ?? ''))),
  );
}

function commit(): string {
  try {
    const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--', 'src', 'test') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
