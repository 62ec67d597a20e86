import type {} from 'vitest';
import type { TestProject } from 'vitest/node';
import { startHost } from './host.ts';
import type { BedInfo } from './layout.ts';

declare module 'vitest' {
  interface ProvidedContext {
    bed: BedInfo;
  }
}

/** One bed for the whole vitest run; scenarios get `inject('bed')` and share it, each in namespaces of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await startHost();
  project.provide('bed', host.info);
  return () => host.stop();
}
