import { readFileSync } from 'node:fs';
import type {} from 'vitest';
import type { TestProject } from 'vitest/node';
import type { BedInfo } from './layout.ts';

declare module 'vitest' {
  interface ProvidedContext {
    bed: BedInfo;
  }
}

/**
 * One bed for the whole vitest run; scenarios get `inject('bed')` and share it, each in namespaces of its own. Inside a bed that is up
 * (`run.sh --up`, mutants.ts) it is that one.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { SLUICE_BED_INFO: running } = process.env;
  if (running !== undefined) {
    project.provide('bed', JSON.parse(readFileSync(running, 'utf8')) as BedInfo);
    return async () => {};
  }
  const { startHost } = await import('./host.ts');
  const host = await startHost();
  project.provide('bed', host.info);
  return () => host.stop();
}
