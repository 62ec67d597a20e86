import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { FaultSwitch } from '../fault-switch.ts';
import { labelsKey, labelsOf, metricName } from './labels.ts';
import type { GrowingSeries, TimeSeriesStore } from './store.ts';

/** One line of an exposition. An object that is given again is the same series. */
export interface Exposed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Something that gives its counters and buckets as they are now. */
export interface ScrapeTarget {
  readonly job: string;
  readonly instance: string;
  read(): readonly Exposed[];
}

export type ScrapeFault =
  /** The scrape fails: `up` is 0, and every series of the target ends. */
  | { readonly kind: 'down' }
  /** No scrape at all, as by a Prometheus that is too busy: nothing is written, and nothing ends. */
  | { readonly kind: 'skipped' }
  /** Some lines are missing: those series end. */
  | { readonly kind: 'partial'; readonly omits: (line: Exposed) => boolean };

export interface ScraperOptions {
  readonly store: TimeSeriesStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly targets: readonly ScrapeTarget[];
  readonly intervalMs?: number;
  /** Each target at a moment of its own within the interval, as Prometheus does it (the default); or all at once. */
  readonly isSpread?: boolean;
}

interface Known {
  readonly series: GrowingSeries;
  /** What the counter had already when it was made to begin anew. */
  since: number;
  value: number;
  /** The last scrape that it was in. */
  seenIn: number;
}

/** Reads its targets every interval of the clock's time and writes what they say into the store. */
export class Scraper {
  readonly faults: FaultSwitch<ScrapeFault, ScrapeTarget>;
  readonly #options: ScraperOptions;
  readonly #known = new Map<ScrapeTarget, Map<string, Known>>();
  /** The lines of a target, which are the same objects from scrape to scrape. */
  readonly #lines = new WeakMap<Exposed, Known>();
  /** What was in the last scrape of a target. */
  readonly #there = new WeakMap<ScrapeTarget, Set<Known>>();
  #scrapes = 0;
  readonly #own = new WeakMap<ScrapeTarget, Map<string, GrowingSeries>>();
  #cancels: (() => void)[] = [];

  constructor(options: ScraperOptions) {
    this.#options = options;
    this.faults = new FaultSwitch(options.random);
  }

  start(): void {
    const { targets, clock, random, intervalMs = 15_000, isSpread = true } = this.#options;
    this.stop();
    this.#cancels = targets.map((target) => {
      let cancel: () => void;
      const next = (): void => {
        cancel = clock.after(intervalMs, next);
        this.scrape(target);
      };
      cancel = clock.after(isSpread ? Math.floor(random.next() * intervalMs) : 0, next);
      return () => cancel();
    });
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  /** One scrape, now. */
  scrape(target: ScrapeTarget): void {
    const drawn = this.faults.draw(target);
    if (drawn.find('skipped') !== undefined) return;
    const isDown = drawn.find('down') !== undefined;
    const { omits } = drawn.find('partial') ?? {};
    const all = isDown ? [] : target.read();
    const lines = omits === undefined ? all : all.filter((line) => !omits(line));
    this.#write(target, lines);
    this.#writeOwn(target, 'up', isDown ? 0 : 1);
    this.#writeOwn(target, 'scrape_samples_scraped', lines.length);
  }

  /** From now on every counter of the target counts from zero, as after a restart that the target itself knows nothing of. */
  resetCounters(target: ScrapeTarget): void {
    for (const known of this.#knownOf(target).values()) known.since = known.value;
  }

  #knownOf(target: ScrapeTarget): Map<string, Known> {
    const known = this.#known.get(target) ?? new Map<string, Known>();
    this.#known.set(target, known);
    return known;
  }

  #write(target: ScrapeTarget, lines: readonly Exposed[]): void {
    const { store, clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#scrapes += 1;
    for (const line of lines) {
      const known = this.#lineOf(line, target);
      known.seenIn = this.#scrapes;
      known.value = line.value;
      store.appendTo(known.series, nowMs, line.value - known.since);
    }
    const there = this.#there.get(target) ?? new Set();
    // Most scrapes see what the last one saw.
    for (const known of there) {
      if (known.seenIn === this.#scrapes) continue;
      store.endAt(known.series, nowMs);
      there.delete(known);
    }
    for (const line of there.size === lines.length ? [] : lines) there.add(this.#lineOf(line, target));
    this.#there.set(target, there);
  }

  #lineOf(line: Exposed, target: ScrapeTarget): Known {
    let known = this.#lines.get(line);
    if (known === undefined) {
      const { job, instance } = target;
      const labels = labelsOf({ ...line.labels, job, instance, [metricName]: line.name });
      const ofTarget = this.#knownOf(target);
      const key = labelsKey(labels);
      known = ofTarget.get(key) ?? { series: this.#options.store.seriesOf(labels), since: 0, value: 0, seenIn: 0 };
      ofTarget.set(key, known);
      this.#lines.set(line, known);
    }
    return known;
  }

  #writeOwn(target: ScrapeTarget, name: string, value: number): void {
    const { store, clock } = this.#options;
    const own = this.#own.get(target) ?? new Map<string, GrowingSeries>();
    this.#own.set(target, own);
    const { job, instance } = target;
    const series = own.get(name) ?? store.seriesOf(labelsOf({ job, instance, [metricName]: name }));
    own.set(name, series);
    store.appendTo(series, clock.nowMs(), value);
  }
}
