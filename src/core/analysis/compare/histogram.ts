import { ok, type Result } from '../../../lib/index.ts';
import { type Refusal, refused } from './options.ts';

/** Requests of one side in one window: so many took at most `bounds[i]`, and so many there were (the `+Inf` bucket). */
export interface Buckets {
  readonly cumulative: readonly number[];
  readonly total: number;
}

export interface LatencySample {
  readonly canary: Buckets;
  readonly stable: Buckets;
  /** As for rates. */
  readonly inflation?: number;
}

/** What two sums of doubles may differ by. */
const tolerance = 1e-6;

/** The shares of requests that took longer than each bound. Refused as for rates; and a wrong number of buckets, or one that holds fewer than the one below it. */
export function slowShares(side: string, { cumulative, total }: Buckets, bounds: number): Result<readonly number[], Refusal> {
  const invalid = (message: string) => refused('invalid', `${side}: ${message}`);
  if (!Number.isFinite(total) || total < 0) return invalid(`the number of requests is ${total}`);
  if (cumulative.length !== bounds) return invalid(`${cumulative.length} buckets, and ${bounds} at the start`);
  const strange = cumulative.find((count) => !Number.isFinite(count) || count < 0);
  if (strange !== undefined) return invalid(`a bucket holds ${strange}`);
  const slack = tolerance * total;
  const falls = cumulative.some((count, index) => count > (cumulative[index + 1] ?? total) + slack);
  if (falls) return invalid(`the buckets are not cumulative: ${[...cumulative, total].join(', ')}`);
  if (total === 0) return refused('noRequests', `${side}: no requests in the window`);
  return ok(cumulative.map((count) => Math.max(0, 1 - count / total)));
}
