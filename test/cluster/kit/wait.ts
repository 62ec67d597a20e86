import type { ApiClient, KubeObject, ObjectList } from './client.ts';

export interface WaitOptions {
  readonly deadlineMs?: number;
  readonly everyMs?: number;
  /** Something of the bed is waited for, not of the product: it gets all the time that it needs. */
  readonly isOfBed?: boolean;
}

/** Tests of the tests set a shorter one (mutants.ts): a scenario that waits for what a fault keeps from happening fails soon. */
const patienceMs = Number(process.env.SLUICE_BED_PATIENCE_MS) || Number.POSITIVE_INFINITY;

const deadlineOf = ({ deadlineMs = 120_000, isOfBed = false }: WaitOptions): number =>
  isOfBed ? deadlineMs : Math.min(deadlineMs, patienceMs);

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks until `probe` gives something other than undefined or false, and returns it. A throw counts as "not yet"; the last one is part
 * of the error at the deadline, which is generous on purpose: tests must not depend on the machine's speed.
 */
export async function waitFor<T>(
  description: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions = {},
): Promise<T> {
  const { everyMs = 100 } = options;
  const deadlineMs = deadlineOf(options);
  const end = performance.now() + deadlineMs;
  let last = 'the answer was never yes';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for: ${description}; last: ${last}`);
    await sleep(everyMs);
  }
}

/** Waits on watch events until one object (undefined: it does not exist) satisfies `is`; survives restarts of the API server. */
export async function waitForObject<T extends KubeObject>(
  client: ApiClient,
  path: string,
  description: string,
  is: (object: T | undefined) => boolean,
  options: WaitOptions = {},
): Promise<T | undefined> {
  const cut = path.lastIndexOf('/');
  const collection = `${path.slice(0, cut)}?fieldSelector=metadata.name%3D${path.slice(cut + 1)}`;
  const deadlineMs = deadlineOf(options);
  const end = performance.now() + deadlineMs;
  let seen: T | undefined;
  while (performance.now() < end) {
    const stop = AbortSignal.timeout(Math.max(1, Math.ceil(end - performance.now())));
    try {
      const list: ObjectList<T> = await client.list<T>(collection);
      seen = list.items[0];
      if (is(seen)) return seen;
      for await (const event of client.watch<T>(collection, list.metadata.resourceVersion, stop)) {
        if (event.type === 'ERROR') break;
        if (event.type === 'BOOKMARK') continue;
        seen = event.type === 'DELETED' ? undefined : event.object;
        if (is(seen)) return seen;
      }
    } catch {
      await sleep(200);
    }
  }
  throw new Error(`waited ${deadlineMs} ms for: ${description}; last seen: ${text(seen)}`);
}

const text = (object: unknown): string | undefined =>
  JSON.stringify(object, (key, value: unknown) => (key === 'managedFields' ? undefined : value))?.slice(0, 4_000);
