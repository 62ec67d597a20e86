// npm run bench [-- requests handover idle rollback queries memory micro]: all figures by default.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBed } from '../test/cluster/kit/bed.ts';
import { startHost } from '../test/cluster/kit/host.ts';
import { startBare } from './bare.ts';
import { serveFakeApi } from './fake-api-server.ts';
import { handoverSection } from './handover.ts';
import { idleSection } from './idle.ts';
import { memorySection } from './memory.ts';
import { microSection } from './micro.ts';
import { capture, type Specimens } from './objects.ts';
import { queriesSection, serveFakePrometheus } from './queries.ts';
import { machine, print, type Section, say, writeJson } from './report.ts';
import { requestsSection } from './requests.ts';
import { rollbackSection } from './rollback.ts';

const names = ['requests', 'handover', 'idle', 'rollback', 'queries', 'memory', 'micro'] as const;
type Name = (typeof names)[number];

/** Where the specimens of `memory` and `micro` are kept from one call to the next; by default they are captured each time. */
const keptFile = process.env.SLUICE_BENCH_SPECIMENS;

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`unknown figure ${unknown.join(', ')}; known are ${names.join(', ')}`);
  const has = (...some: readonly Name[]) => wanted.length === 0 || some.some((name) => wanted.includes(name));
  const on = machine();
  const sections: Section[] = [];
  /** One that fails must not cost the others. */
  const add = async (name: Name, measure: () => Promise<Section>): Promise<void> => {
    if (!has(name)) return;
    const failed = (error: unknown): Section => {
      say(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return { title: name, figures: [{ name, value: 'could not be measured', holds: false }] };
    };
    sections.push(await measure().catch(failed));
  };
  if (has('requests', 'handover')) {
    const host = await startHost();
    const bed = openBed(host.info);
    await add('requests', () => requestsSection(bed));
    await add('handover', () => handoverSection(bed));
    await bed.close();
    await host.stop();
  }
  await add('queries', queriesSection);
  // Kept specimens need no control plane.
  let specimens = keptFile !== undefined && existsSync(keptFile) ? (JSON.parse(readFileSync(keptFile, 'utf8')) as Specimens) : undefined;
  if (has('idle', 'rollback') || (has('memory', 'micro') && specimens === undefined)) {
    const bare = await startBare('bare');
    say('a control plane without controllers is up');
    await add('idle', () => idleSection(bare));
    await add('rollback', () => rollbackSection(bare));
    if (has('memory', 'micro') && specimens === undefined) {
      specimens = await capture(bare).catch((error: unknown) => void say(`no specimens: ${String(error)}`));
      if (specimens !== undefined && keptFile !== undefined) writeJson(keptFile, specimens);
    }
    await bare.stop();
  }
  const taken = specimens;
  if (taken !== undefined) {
    await add('memory', () => memorySection(taken));
    await add('micro', async () => microSection(taken));
  }
  const report = { commit: process.env.SLUICE_BENCH_COMMIT ?? 'unknown', date: new Date().toISOString(), machine: on, sections };
  print(report);
  const file = process.env.SLUICE_BENCH_JSON ?? join('node_modules/.cache/sluice', 'bench.json');
  writeJson(file, report);
  say(`written to ${file}`);
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--fake-api-server') await serveFakeApi(rest[0] ?? '');
else if (first === '--fake-prometheus') await serveFakePrometheus();
else {
  await main(process.argv.slice(2));
  process.exit();
}
