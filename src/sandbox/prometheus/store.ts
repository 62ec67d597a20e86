import { compareLabels, type Labels, labelsKey, metricName } from './labels.ts';

/** One series: samples in order of time, and the instants at which it was said to have ended. */
export interface Series {
  readonly labels: Labels;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
  /** Staleness markers: from there on, until the next sample, the series is not there. */
  readonly staleAtMs: readonly number[];
}

export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  matches(value: string): boolean;
}

/** What a selection gives, in the order of the labels: sums depend on it in their last digit. */
export interface SeriesSource {
  select(matchers: readonly Matcher[]): readonly Series[];
}

/** A series that samples can be added to. */
export interface GrowingSeries extends Series {
  readonly timesMs: number[];
  readonly values: number[];
  readonly staleAtMs: number[];
}

const mostSelections = 1_000;

/** Samples in memory. Older ones than `retentionMs` before the newest of their series are forgotten. */
export class TimeSeriesStore implements SeriesSource {
  readonly #retentionMs: number;
  readonly #series = new Map<string, GrowingSeries>();
  readonly #byName = new Map<string, GrowingSeries[]>();
  /** What was selected before; forgotten with every new series. */
  readonly #selected = new Map<string, readonly Series[]>();

  constructor({ retentionMs = 2 * 3_600_000 }: { readonly retentionMs?: number } = {}) {
    this.#retentionMs = retentionMs;
  }

  /** False where the series has a sample of that time or later already: like Prometheus, it takes none out of order. */
  append(labels: Labels, atMs: number, value: number): boolean {
    return this.appendTo(this.seriesOf(labels), atMs, value);
  }

  /** `append` for whoever keeps the series at hand: one that `seriesOf` gave. */
  appendTo(series: GrowingSeries, atMs: number, value: number): boolean {
    if (atMs <= lastOf(series)) return false;
    series.timesMs.push(atMs);
    series.values.push(value);
    this.#forgetOld(series, atMs);
    return true;
  }

  /** The series ends here. */
  markStale(labels: Labels, atMs: number): boolean {
    return this.endAt(this.seriesOf(labels), atMs);
  }

  /** `markStale` for whoever keeps the series at hand. */
  endAt(series: GrowingSeries, atMs: number): boolean {
    if (atMs <= lastOf(series)) return false;
    series.staleAtMs.push(atMs);
    return true;
  }

  select(matchers: readonly Matcher[]): readonly Series[] {
    const key = matchers.map(({ name, op, value }) => `${name}${op}${value}`).join('\uFFFF');
    let found = this.#selected.get(key);
    if (found === undefined) {
      found = this.#matching(matchers);
      if (this.#selected.size >= mostSelections) this.#selected.clear();
      this.#selected.set(key, found);
    }
    return found;
  }

  #matching(matchers: readonly Matcher[]): readonly Series[] {
    const exact = matchers.find(({ name, op }) => name === metricName && op === '=');
    const candidates = exact === undefined ? [...this.#byName.values()].flat() : (this.#byName.get(exact.value) ?? []);
    const found = candidates.filter(({ labels }) => matchers.every((matcher) => matcher.matches(labels.get(matcher.name) ?? '')));
    return exact === undefined ? found.sort(byLabels) : found;
  }

  /** Every series, with whatever it still has. */
  all(): Iterable<Series> {
    return this.#series.values();
  }

  /** The series of these labels; a new one, without samples, where there is none. */
  seriesOf(labels: Labels): GrowingSeries {
    const key = labelsKey(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, timesMs: [], values: [], staleAtMs: [] };
      this.#series.set(key, series);
      this.#selected.clear();
      const name = labels.get(metricName) ?? '';
      const named = this.#byName.get(name);
      if (named === undefined) this.#byName.set(name, [series]);
      else named.splice(placeFor(named, series), 0, series);
    }
    return series;
  }

  #forgetOld(series: GrowingSeries, nowMs: number): void {
    const oldestMs = nowMs - this.#retentionMs;
    // Rarely and many at once: taking the first of a long list away costs as much as its length.
    if (series.timesMs.length < 64 || (series.timesMs[series.timesMs.length >> 1] ?? 0) >= oldestMs) return;
    const first = firstAt(series.timesMs, oldestMs);
    series.timesMs.splice(0, first);
    series.values.splice(0, first);
    series.staleAtMs.splice(0, firstAt(series.staleAtMs, oldestMs));
  }
}

const byLabels = (left: Series, right: Series): number => compareLabels(left.labels, right.labels);

/** Where a series belongs among sorted ones. */
function placeFor(sorted: readonly Series[], series: Series): number {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    const there = sorted[middle];
    if (there !== undefined && byLabels(there, series) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const lastOf = ({ timesMs, staleAtMs }: Series): number =>
  Math.max(timesMs.at(-1) ?? Number.NEGATIVE_INFINITY, staleAtMs.at(-1) ?? Number.NEGATIVE_INFINITY);

/** The index of the first time at or after `ms`; the length where there is none. */
export function firstAt(timesMs: readonly number[], ms: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The newest sample at or before `atMs`, unless the series ended after it or it is older than `lookbackMs`. */
export function sampleAt(series: Series, atMs: number, lookbackMs: number): { readonly atMs: number; readonly value: number } | undefined {
  const index = firstAt(series.timesMs, atMs + 1) - 1;
  const timeMs = series.timesMs[index];
  const value = series.values[index];
  if (timeMs === undefined || value === undefined || timeMs < atMs - lookbackMs) return undefined;
  const endedMs = series.staleAtMs[firstAt(series.staleAtMs, atMs + 1) - 1];
  return endedMs !== undefined && endedMs > timeMs ? undefined : { atMs: timeMs, value };
}
