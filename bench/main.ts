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
  if (has('idle', 'rollback', 'memory', 'micro')) {
    const bare = await startBare('bare');
    say('a control plane without controllers is up');
    await add('idle', () => idleSection(bare));
    await add('rollback', () => rollbackSection(bare));
    const specimens = has('memory', 'micro')
      ? await capture(bare).catch((error: unknown) => say(`no specimens: ${String(error)}`))
      : undefined;
    await bare.stop();
    if (specimens) {
      await add('memory', () => memorySection(specimens));
      await add('micro', async () => microSection(specimens));
    }
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
