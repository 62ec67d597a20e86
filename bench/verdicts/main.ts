// npm run bench:verdicts [-- --quick]: writes docs/verdicts.md and docs/verdicts.svg; --quick plays few runs and only prints.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { machine } from '../report.ts';
import { simulateAll } from './figures.ts';
import { goals, page, plotOf } from './page.ts';

const isQuick = process.argv.includes('--quick');
const runs = isQuick ? { traces: 20, race: 20, latency: 10 } : { traces: 1000, race: 2000, latency: 300 };
const figures = simulateAll(runs, (text) => void process.stderr.write(`[verdicts] ${text}\n`));
const { cpu, cores, node } = machine();
const commit = process.env.SLUICE_BENCH_COMMIT ?? execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const text = page(figures, { date: new Date().toISOString().slice(0, 10), commit, machine: `${cores} cores (${cpu}), Node ${node}` });
if (isQuick) process.stdout.write(text);
else {
  writeFileSync('docs/verdicts.md', text);
  writeFileSync('docs/verdicts.svg', plotOf(figures));
  for (const { name, value, holds } of goals(figures)) process.stdout.write(`${holds ? 'holds ' : 'MISSED'}  ${name}: ${value}\n`);
}
