import type { Samples } from './samples.ts';

/** How a server of TrafficMetrics departs from the others, and from the specification. */
export interface Quirks {
  /**
   * What it says where no series match. `error`: HTTP 500 as smi-metrics 0.2; `emptyList` as its unreleased successor; `zeroes`: an
   * object that counts nothing; `notFound`: a Status of 404.
   */
  readonly silence: 'error' | 'emptyList' | 'zeroes' | 'notFound';
  /** A number that is none: the smallest int64 (amd64), or 0 (arm64). */
  readonly notANumber: 'sentinel' | 'zero';
  /** Prometheus extrapolates: fractions, unless somebody rounds them. */
  readonly counts: 'fractional' | 'whole';
  /** What a GET of one name gives where there is one object. A split's backends always come as a list. */
  readonly single: 'object' | 'list';
  /** Latencies out of the last two samples, as smi-metrics has them, or out of the whole window. */
  readonly latency: 'irate' | 'rate';
  /** What latencies are in: every implementation says ms, the specification's example seconds. */
  readonly unit: 'ms' | 'seconds';
  /** The window where none, or an unreadable one, is asked for. */
  readonly defaultWindowMs: number;
  /** Whether it listens to `?t=` at all. */
  readonly hearsWindow: boolean;
  readonly served: readonly ('v1alpha1' | 'v1alpha2')[];
}

/** smi-metrics 0.2.2 on Linkerd, the only one of practical use. */
export const smiMetrics: Quirks = {
  silence: 'error',
  notANumber: 'sentinel',
  counts: 'fractional',
  single: 'object',
  latency: 'irate',
  unit: 'ms',
  defaultWindowMs: 30_000,
  hearsWindow: true,
  served: ['v1alpha1'],
};

/** As smi-metrics would be with the traffic splits of its draft. */
export const smiMetricsDraft: Quirks = { ...smiMetrics, served: ['v1alpha1', 'v1alpha2'] };

/** A server without oddities, that serves all there is. */
export const plainQuirks: Quirks = {
  ...smiMetricsDraft,
  silence: 'notFound',
  notANumber: 'zero',
  counts: 'whole',
  latency: 'rate',
};

/** What may go wrong between a question and its answer. */
export type TrafficMetricsFault =
  /** The API server cannot reach the aggregated one. */
  | { readonly kind: 'down' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Everything as it was so long ago, with the timestamp of then. */
  | { readonly kind: 'old'; readonly ageMs: number }
  /** It covers another window than was asked for. */
  | { readonly kind: 'window'; readonly windowMs: number }
  /** Other numbers than it was told: NaN makes sentinels. */
  | { readonly kind: 'value'; readonly change: (samples: Samples) => Samples }
  /** One metric is missing. */
  | { readonly kind: 'without'; readonly metric: string }
  /** No series match, and it says so in this way. */
  | { readonly kind: 'noSeries'; readonly silence: Quirks['silence'] }
  /** The object of another workload than was asked for. */
  | { readonly kind: 'stranger'; readonly name: string }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'truncated' };
