import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleSandbox, startSandbox } from './host.ts';

/**
 * The same as global-setup.ts on sandboxes, one for each worker: a process has one core, and what concerns a whole cluster holds up the
 * scenarios of one file alone.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sandbox-'));
  const program = await bundleSandbox(folder);
  const start = (name: number) => startSandbox(program, join(folder, String(name)));
  const others = Array.from({ length: project.vitest.config.maxWorkers - 1 }, (_, index) => start(index + 2));
  const [first, ...hosts] = await Promise.all([start(1), ...others]);
  project.provide('bed', { ...first.info, others: hosts.map(({ info }) => info) });
  return async () => {
    await Promise.all([first, ...hosts].map((host) => host.stop()));
    if (process.env.SLUICE_BED_KEEP === '1') process.stderr.write(`[sandbox] kept: ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  };
}
