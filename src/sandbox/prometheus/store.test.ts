import { describe, expect, it } from 'vitest';
import { labelsOf } from './labels.ts';
import { readMatchers } from './promql/engine.ts';
import { sampleAt, TimeSeriesStore } from './store.ts';

const up = (job: string) => labelsOf({ __name__: 'up', job });
const matchers = (text: string) => {
  const read = readMatchers(text);
  if (!read.ok) throw new Error(read.failure.message);
  return read.value;
};

describe('the store of time series', () => {
  it('takes nothing out of order, and nothing twice', () => {
    const store = new TimeSeriesStore();
    expect([store.append(up('a'), 10, 1), store.append(up('a'), 10, 2), store.append(up('a'), 9, 3), store.append(up('a'), 11, 4)]).toEqual(
      [true, false, false, true],
    );
    expect(store.markStale(up('a'), 11)).toBe(false);
    expect(store.markStale(up('a'), 12)).toBe(true);
    expect(store.append(up('a'), 12, 5)).toBe(false);
    expect(store.select(matchers('up'))).toMatchObject([{ timesMs: [10, 11], values: [1, 4], staleAtMs: [12] }]);
  });

  it('selects in the order of the labels, whichever came first', () => {
    const store = new TimeSeriesStore();
    for (const job of ['c', 'a', 'd', 'b']) store.append(up(job), 0, 1);
    store.append(labelsOf({ __name__: 'down', job: 'z' }), 0, 1);
    const jobs = (text: string) => store.select(matchers(text)).map(({ labels }) => labels.get('job'));
    expect(jobs('up')).toEqual(['a', 'b', 'c', 'd']);
    expect(jobs('{job=~".+"}')).toEqual(['z', 'a', 'b', 'c', 'd']);
    expect(jobs('up{job!="c"}')).toEqual(['a', 'b', 'd']);
    store.append(up('bb'), 0, 1);
    expect(jobs('up{job!="c"}')).toEqual(['a', 'b', 'bb', 'd']);
  });

  it('sees the newest sample that is neither too old nor ended', () => {
    const store = new TimeSeriesStore();
    store.append(up('a'), 1_000, 1);
    store.append(up('a'), 2_000, 2);
    store.markStale(up('a'), 3_000);
    store.append(up('a'), 4_000, 4);
    const [series] = store.select(matchers('up'));
    const at = (ms: number) => series && sampleAt(series, ms, 500)?.value;
    expect([999, 1_000, 1_500, 1_501, 2_500, 3_000, 3_999, 4_000, 4_500, 4_501].map(at)).toEqual([
      undefined,
      ...[1, 1, undefined],
      ...[2, undefined, undefined],
      ...[4, 4, undefined],
    ]);
  });

  it('forgets what is older than its retention', () => {
    const store = new TimeSeriesStore({ retentionMs: 10_000 });
    for (let atMs = 0; atMs < 1_000_000; atMs += 100) {
      store.append(up('a'), atMs, atMs);
      if (atMs % 700 === 0) store.markStale(up('a'), atMs + 50);
    }
    const [series] = store.select(matchers('up'));
    expect(series?.timesMs.length).toBeLessThan(220);
    expect(series?.timesMs.length).toBeGreaterThanOrEqual(100);
    expect(series?.staleAtMs.length).toBeLessThan(32);
    expect(series?.values).toEqual(series?.timesMs);
  });
});
