import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../lib/index.ts';
import { createEngine, readMatchers } from './promql/engine.ts';
import { type Exposed, Scraper, type ScraperOptions, type ScrapeTarget } from './scraper.ts';
import { TimeSeriesStore } from './store.ts';

const startMs = Date.UTC(2026, 0, 1);

/** One target with two counters that a test moves. */
function aScraper(given: Partial<ScraperOptions> = {}) {
  const clock = new VirtualClock(startMs);
  const store = new TimeSeriesStore();
  const counts: Record<string, number> = { good: 0, bad: 0 };
  const lines = (): Exposed[] => Object.entries(counts).map(([kind, value]) => ({ name: 'requests_total', labels: { kind }, value }));
  const target: ScrapeTarget = { job: 'mesh', instance: 'pod-1', read: lines };
  const scraper = new Scraper({ store, clock, random: seededRandom(3), targets: [target], isSpread: false, ...given });
  const engine = createEngine(store);
  const ask = (query: string) => {
    const value = engine.instant(query, clock.nowMs());
    if (!value.ok || value.value.type !== 'vector') throw new Error(query);
    return Object.fromEntries(value.value.samples.map((sample) => [sample.labels.get('kind') ?? '', sample.value]));
  };
  const timesOf = (query: string) => {
    const matchers = readMatchers(query);
    return matchers.ok ? store.select(matchers.value).map(({ timesMs }) => timesMs.map((ms) => (ms - startMs) / 1_000)) : [];
  };
  return { clock, store, counts, target, scraper, ask, timesOf };
}

describe('the scraper', () => {
  it('reads its targets every interval, and what they are is part of every series', async () => {
    const { clock, counts, scraper, ask, timesOf } = aScraper();
    scraper.start();
    for (let at = 0; at < 4; at++) {
      await clock.advance(at === 0 ? 0 : 15_000);
      counts.good = (counts.good ?? 0) + 30;
    }
    expect(timesOf('requests_total{job="mesh",instance="pod-1",kind="good"}')).toEqual([[0, 15, 30, 45]]);
    expect(ask('rate(requests_total[45s])')).toEqual({ good: 2, bad: 0 });
    expect(ask('up')).toEqual({ '': 1 });
    expect(ask('scrape_samples_scraped')).toEqual({ '': 2 });
    scraper.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('scrapes each target at a moment of its own, the same for the same seed', async () => {
    const story = async () => {
      const target = (instance: string): ScrapeTarget => ({ job: 'mesh', instance, read: () => [] });
      const { clock, scraper, timesOf } = aScraper({ targets: ['a', 'b', 'c'].map(target), isSpread: true, intervalMs: 10_000 });
      scraper.start();
      await clock.advance(20_000);
      scraper.stop();
      return timesOf('up');
    };
    const times = await story();
    expect(times.map((each) => each.length)).toEqual([2, 2, 2]);
    expect(new Set(times.map(([first]) => first)).size).toBe(3);
    for (const [first = 0, second = 0] of times) expect(second - first).toBeCloseTo(10);
    expect(await story()).toEqual(times);
  });

  it('ends a series that its target no longer has', async () => {
    const { clock, counts, scraper, ask, target } = aScraper();
    scraper.scrape(target);
    delete counts.bad;
    await clock.advance(15_000);
    scraper.scrape(target);
    expect(ask('requests_total')).toEqual({ good: 0 });
    await clock.advance(15_000);
    counts.bad = 4;
    scraper.scrape(target);
    expect(ask('requests_total')).toEqual({ good: 0, bad: 4 });
  });

  it('down: every series of the target ends at once, and only `up` says why', async () => {
    const { clock, scraper, ask, target } = aScraper();
    scraper.scrape(target);
    scraper.faults.add({ kind: 'down' }, { strikes: ({ instance }) => instance === 'pod-1' });
    await clock.advance(15_000);
    scraper.scrape(target);
    expect(ask('requests_total')).toEqual({});
    expect(ask('up')).toEqual({ '': 0 });
  });

  it('skipped: nothing is written and nothing ends', async () => {
    const { clock, scraper, ask, target, timesOf } = aScraper();
    scraper.scrape(target);
    scraper.faults.add({ kind: 'skipped' });
    await clock.advance(15_000);
    scraper.scrape(target);
    expect(timesOf('up')).toEqual([[0]]);
    expect(ask('requests_total')).toEqual({ good: 0, bad: 0 });
  });

  it('partial: the lines that are missing end, the others go on', async () => {
    const { clock, scraper, ask, target } = aScraper();
    scraper.scrape(target);
    scraper.faults.add({ kind: 'partial', omits: ({ labels }) => labels.kind === 'good' });
    await clock.advance(15_000);
    scraper.scrape(target);
    expect(ask('requests_total')).toEqual({ bad: 0 });
    expect(ask('scrape_samples_scraped')).toEqual({ '': 1 });
  });

  it('a reset of the counters is seen as one, and outlives a scrape that failed', async () => {
    const { clock, counts, scraper, ask, target } = aScraper();
    const step = async (good: number) => {
      counts.good = good;
      await clock.advance(15_000);
      scraper.scrape(target);
    };
    for (const good of [100, 130, 160]) await step(good);
    scraper.resetCounters(target);
    const end = scraper.faults.add({ kind: 'down' });
    await step(190);
    end();
    for (const good of [220, 250]) await step(good);
    expect(ask('requests_total')).toEqual({ good: 90, bad: 0 });
    expect(ask('resets(requests_total[2m])')).toEqual({ good: 1, bad: 0 });
    expect(ask('rate(requests_total[75s])').good).toBeCloseTo(2, 5);
  });
});
