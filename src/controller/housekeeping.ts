import { analysisRuns } from '../api/index.ts';
import type { KubeClient } from '../kube/index.ts';
import { describeFailure } from '../kube/index.ts';
import type { Logger } from '../lib/index.ts';
import type { RunRecord } from './run-records.ts';

/** Runs a job by a cron expression until the returned function is called. A tick decides nothing; it only tidies up. */
export type Schedule = (expression: string, run: () => Promise<void>) => () => void;

/** Off the full hour, when everybody else tidies up. */
const housekeepingSchedule = '17 * * * *';

/** Until the returned function is called, which waits for the jobs under way. */
export function keepHouse(schedule: Schedule, jobs: () => readonly Promise<void>[]): () => Promise<void> {
  let tidying = Promise.resolve();
  const end = schedule(housekeepingSchedule, () => {
    tidying = Promise.all(jobs()).then(() => {});
    return tidying;
  });
  return () => {
    end();
    return tidying;
  };
}

const keptPerRollout = 10;

/** Finished runs of each Rollout beyond the newest ten. Runs made by hand stay until somebody deletes them. */
export function surplusRuns(records: readonly RunRecord[]): readonly RunRecord[] {
  const finished = records.filter(
    ({ rolloutUid, decoded }) => rolloutUid !== undefined && decoded.ok && decoded.value.status.completedAt !== undefined,
  );
  return [...groupBy(finished).values()].flatMap((runs) => {
    const newestFirst = runs.toSorted((left, right) => (completedAt(left) < completedAt(right) ? 1 : -1));
    // Those of the newest attempt are evidence that its release may still need, however many they are.
    return newestFirst.slice(keptPerRollout).filter((run) => attemptOf(run) !== attemptOf(newestFirst[0]));
  });
}

function attemptOf(record: RunRecord | undefined): string {
  const made = record?.decoded.ok ? record.decoded.value.spec.rollout : undefined;
  return made === undefined ? (record?.name ?? '') : `${made.revision}/${made.attempt}`;
}

function groupBy(records: readonly RunRecord[]): ReadonlyMap<string, readonly RunRecord[]> {
  const groups = new Map<string, RunRecord[]>();
  for (const record of records) {
    const key = record.rolloutUid ?? '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}

const completedAt = ({ decoded }: RunRecord): string => (decoded.ok ? (decoded.value.status.completedAt ?? '') : '');

/** Removes what nobody asks for any more. */
export async function tidy(
  records: readonly RunRecord[],
  { client, log }: { client: Pick<KubeClient, 'delete'>; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const surplus = surplusRuns(records);
  for (const { namespace, name, uid } of surplus) {
    if (signal.aborted) return;
    const removed = await client.delete(analysisRuns, { namespace, name }, { preconditions: { uid } }, signal);
    if (!removed.ok && removed.failure.kind !== 'notFound' && removed.failure.kind !== 'aborted')
      log.warn({ run: `${namespace}/${name}`, failure: describeFailure(removed.failure) }, 'an old analysis run could not be removed');
  }
  if (surplus.length > 0) log.info({ removed: surplus.length }, 'old analysis runs removed');
}
