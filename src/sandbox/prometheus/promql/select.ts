import type { Labels } from '../labels.ts';
import { firstAt, type Series, type SeriesSource, sampleAt } from '../store.ts';
import type { At, MatrixSelector, Moment, VectorSelector } from './ast.ts';
import { ExecutionError } from './failure.ts';
import type { SeriesPoints } from './value.ts';

export interface Limits {
  /** How long a sample stands for the present. */
  readonly lookbackMs: number;
  /** The step of a subquery that names none. */
  readonly defaultStepMs: number;
  readonly mostSamples: number;
}

/** One query's view of the store. */
export class Selection {
  readonly limits: Limits;
  readonly #source: SeriesSource;
  readonly #bounds: { readonly startMs: number; readonly endMs: number };
  /** Each selector looks its series up once, however many steps there are. */
  readonly #found = new Map<VectorSelector, readonly Series[]>();
  #samples = 0;

  constructor(source: SeriesSource, limits: Limits, bounds: { readonly startMs: number; readonly endMs: number }) {
    this.#source = source;
    this.limits = limits;
    this.#bounds = bounds;
  }

  /** The newest sample of each series, with its own time. */
  instant(selector: VectorSelector, nowMs: number): readonly { readonly labels: Labels; readonly value: number; readonly atMs: number }[] {
    const atMs = this.momentOf(selector, nowMs);
    const samples = this.#seriesOf(selector).flatMap((series) => {
      const found = sampleAt(series, atMs, this.limits.lookbackMs);
      return found === undefined ? [] : [{ labels: series.labels, ...found }];
    });
    this.#charge(samples.length);
    return samples;
  }

  /** The samples of each series that has any in the window, both of its ends included. */
  range({ selector, rangeMs }: MatrixSelector, nowMs: number): readonly SeriesPoints[] {
    const endMs = this.momentOf(selector, nowMs);
    return this.#seriesOf(selector).flatMap(({ labels, timesMs, values }) => {
      const [from, to] = [firstAt(timesMs, endMs - rangeMs), firstAt(timesMs, endMs + 1)];
      if (from === to) return [];
      this.#charge(to - from);
      return [{ labels, timesMs: timesMs.slice(from, to), values: values.slice(from, to) }];
    });
  }

  /** When a selector looks: now, or its own moment, less its offset. */
  momentOf({ offsetMs, at }: Moment, nowMs: number): number {
    return this.#resolved(at, nowMs) - offsetMs;
  }

  #resolved(at: At | undefined, nowMs: number): number {
    switch (at?.kind) {
      case undefined:
        return nowMs;
      case 'time':
        return at.ms;
      case 'start':
        return this.#bounds.startMs;
      case 'end':
        return this.#bounds.endMs;
    }
  }

  #seriesOf(selector: VectorSelector): readonly Series[] {
    let found = this.#found.get(selector);
    if (found === undefined) {
      found = this.#source.select(selector.matchers);
      this.#found.set(selector, found);
    }
    return found;
  }

  #charge(samples: number): void {
    this.#samples += samples;
    if (this.#samples > this.limits.mostSamples) {
      throw new ExecutionError('query processing would load too many samples into memory in query execution');
    }
  }
}
