import { dropLabels, keyWithoutLabels, type Labels, metricName } from '../labels.ts';
import type { Sample } from './value.ts';

interface Bucket {
  readonly bound: number;
  readonly count: number;
}

const onlyBound: ReadonlySet<string> = new Set(['le']);
const nameAndBound: ReadonlySet<string> = new Set(['le', metricName]);

/** One sample per set of classic buckets; samples without a readable `le` are left out. */
export function histogramQuantile(q: number, samples: readonly Sample[]): readonly Sample[] {
  const histograms = new Map<string, { readonly labels: Labels; readonly buckets: Bucket[] }>();
  for (const { labels, value } of samples) {
    const bound = parseBound(labels.get('le') ?? '');
    if (bound === undefined) continue;
    // By name too: two metrics of the same labels are two histograms, which then collide.
    const key = keyWithoutLabels(labels, onlyBound);
    const histogram = histograms.get(key) ?? { labels: dropLabels(labels, nameAndBound), buckets: [] };
    histogram.buckets.push({ bound, count: value });
    histograms.set(key, histogram);
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(q, buckets) }));
}

function parseBound(text: string): number | undefined {
  const [, sign = '', word] = /^([+-]?)(inf|infinity|nan)$/i.exec(text) ?? [];
  if (word !== undefined) return /nan/i.test(word) ? Number.NaN : sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : undefined;
}

/** NaN without a +Inf bucket, without observations, and with fewer than two buckets. */
function bucketQuantile(q: number, given: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const sorted = [...given].sort((left, right) => left.bound - right.bound || 0);
  if (sorted.at(-1)?.bound !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = neverFalling(coalesced(sorted));
  const observations = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || observations === 0) return Number.NaN;
  return interpolated(q * observations, buckets);
}

function interpolated(rank: number, buckets: readonly Bucket[]): number {
  const last = buckets.length - 1;
  const found = buckets.findIndex(({ count }, at) => at === last || count >= rank);
  const bucket = buckets[found];
  if (bucket === undefined || found === last) return buckets[last - 1]?.bound ?? Number.NaN;
  if (found === 0 && bucket.bound <= 0) return bucket.bound;
  const before = buckets[found - 1] ?? { bound: 0, count: 0 };
  return before.bound + (bucket.bound - before.bound) * ((rank - before.count) / (bucket.count - before.count));
}

/** Buckets of the same bound, as `1` and `1.0`, are one. */
function coalesced(sorted: readonly Bucket[]): readonly Bucket[] {
  const buckets: Bucket[] = [];
  for (const bucket of sorted) {
    const last = buckets.at(-1);
    if (last?.bound === bucket.bound) buckets[buckets.length - 1] = { bound: bucket.bound, count: last.count + bucket.count };
    else buckets.push(bucket);
  }
  return buckets;
}

/** A partial scrape can leave a bucket with fewer than the one below it. */
function neverFalling(buckets: readonly Bucket[]): readonly Bucket[] {
  let most = buckets[0]?.count ?? 0;
  return buckets.map(({ bound, count }) => {
    if (count > most) most = count;
    return { bound, count: count < most ? most : count };
  });
}
