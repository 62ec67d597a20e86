import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleSandbox, startSandbox } from './host.ts';

/** The same as global-setup.ts on the sandbox. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runDir = mkdtempSync(join(tmpdir(), 'sluice-sandbox-'));
  const host = await startSandbox(await bundleSandbox(runDir), runDir);
  project.provide('bed', host.info);
  return async () => {
    await host.stop();
    if (process.env.SLUICE_BED_KEEP === '1') process.stderr.write(`[sandbox] kept: ${runDir}\n`);
    else rmSync(runDir, { recursive: true, force: true });
  };
}
