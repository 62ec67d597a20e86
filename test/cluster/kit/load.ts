import { readFileSync } from 'node:fs';
import type { Generator, LoadRecord } from './load-types.ts';
import { waitFor } from './wait.ts';

export type { LoadOptions } from './load-types.ts';

export interface Summary {
  readonly total: number;
  /** By `x-revision`, or else by `x-deployment`. */
  readonly byRevision: Readonly<Record<string, number>>;
  readonly byDeployment: Readonly<Record<string, number>>;
  readonly byPod: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests that no Pod answered: connection errors, time-outs, 503 of the proxy. */
  readonly lost: readonly LoadRecord[];
  /** Answered by a Pod with 5xx. */
  readonly failed: number;
}

export interface Load {
  /** Requests sent in [from, to), in order of completion. */
  requests(from?: number, to?: number): LoadRecord[];
  summary(from?: number, to?: number): Summary;
  /** The part of the answered requests, 0..1, that this Deployment answered. */
  share(deployment: string, from?: number, to?: number): number;
  /** Waits until `count` more requests are complete than now. */
  more(count: number): Promise<void>;
  /** No new requests; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** What is known of a load by what its generator wrote. */
export function loadOf(name: string, generator: Generator): Load {
  const { file } = generator;
  const records: LoadRecord[] = [];
  let offset = 0;

  /** Whole lines that came since the last look. */
  const read = (): readonly LoadRecord[] => {
    const text = readTail(file, offset);
    const end = text.lastIndexOf('\n') + 1;
    offset += Buffer.byteLength(text.slice(0, end));
    for (const line of text.slice(0, end).split('\n')) if (line !== '') records.push(JSON.parse(line) as LoadRecord);
    return records;
  };
  const requests = (from = 0, to = Number.POSITIVE_INFINITY) => read().filter(({ at }) => at >= from && at < to);
  const summary = (from?: number, to?: number) => summarize(requests(from, to));
  return {
    requests,
    summary,
    share: (deployment, from, to) => {
      const { byDeployment } = summary(from, to);
      const answered = Object.values(byDeployment).reduce((sum, count) => sum + count, 0);
      return answered === 0 ? Number.NaN : (byDeployment[deployment] ?? 0) / answered;
    },
    more: async (count) => {
      await generator.sync();
      const before = read().length;
      await waitFor(`${count} more requests of ${name}`, async () => {
        await generator.sync();
        return read().length >= before + count || !generator.isRunning();
      });
    },
    stop: () => generator.stop(),
  };
}

function readTail(file: string, offset: number): string {
  try {
    return readFileSync(file).subarray(offset).toString('utf8');
  } catch {
    return '';
  }
}

export function summarize(records: readonly LoadRecord[]): Summary {
  const count = (key: (record: LoadRecord) => string | undefined) => {
    const counts: Record<string, number> = {};
    for (const record of records) {
      const name = key(record);
      if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  return {
    total: records.length,
    byRevision: count(({ revision, deployment }) => revision ?? deployment),
    byDeployment: count(({ deployment }) => deployment),
    byPod: count(({ servedBy }) => servedBy),
    byStatus: count(({ status }) => String(status)),
    lost: records.filter(({ servedBy }) => servedBy === undefined),
    failed: records.filter(({ servedBy, status }) => servedBy !== undefined && status >= 500).length,
  };
}
