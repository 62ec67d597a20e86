// npm run bench [-- requests handover idle rollback memory micro]: all figures by default.
import { join } from 'node:path';
import { openBed } from '../test/cluster/kit/bed.ts';
import { startHost } from '../test/cluster/kit/host.ts';
import { startBare } from './bare.ts';
import { serveFakeApi } from './fake-api-server.ts';
import { handoverSection } from './handover.ts';
import { idleSection } from './idle.ts';
import { memorySection } from './memory.ts';
import { microSection } from './micro.ts';
import { capture } from './objects.ts';
import { machine, print, type Section, say, writeJson } from './report.ts';
import { requestsSection } from './requests.ts';
import { rollbackSection } from './rollback.ts';

const names = ['requests', 'handover', 'idle', 'rollback', 'memory', 'micro'] as const;
type Name = (typeof names)[number];

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`unknown figure ${unknown.join(', ')}; known are ${names.join(', ')}`);
  const has = (...some: readonly Name[]) => wanted.length === 0 || some.some((name) => wanted.includes(name));
  const on = machine();
  const sections: Section[] = [];
  if (has('requests', 'handover')) {
    const host = await startHost();
    const bed = openBed(host.info);
    if (has('requests')) sections.push(await requestsSection(bed));
    if (has('handover')) sections.push(await handoverSection(bed));
    await bed.close();
    await host.stop();
  }
  if (has('idle', 'rollback', 'memory', 'micro')) {
    const bare = await startBare('bare');
    say('a control plane without controllers is up');
    if (has('idle')) sections.push(await idleSection(bare));
    if (has('rollback')) sections.push(await rollbackSection(bare));
    const specimens = has('memory', 'micro') ? await capture(bare) : undefined;
    await bare.stop();
    if (specimens !== undefined && has('memory')) sections.push(await memorySection(specimens));
    if (specimens !== undefined && has('micro')) sections.push(microSection(specimens));
  }
  const report = { commit: process.env.SLUICE_BENCH_COMMIT ?? 'unknown', date: new Date().toISOString(), machine: on, sections };
  print(report);
  const file = process.env.SLUICE_BENCH_JSON ?? join('node_modules/.cache/sluice', 'bench.json');
  writeJson(file, report);
  say(`written to ${file}`);
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--fake-api-server') await serveFakeApi(rest[0] ?? '');
else {
  await main(process.argv.slice(2));
  process.exit();
}
