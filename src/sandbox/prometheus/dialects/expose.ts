import { latencyBoundsMs, type Tally } from '../../requests.ts';
import { sampleText } from '../go-text.ts';
import type { Exposed } from '../scraper.ts';

export type Route = Tally['route'];
export type Given = Readonly<Record<string, string | undefined>>;

/** A counter of requests; its labels for a route, or undefined where this proxy does not count it. */
export interface CounterSpec {
  readonly kind: 'counter';
  readonly name: string;
  labelsOf(route: Route): Given | undefined;
}

/** A histogram of latencies: `_bucket`, `_sum` and `_count`. */
export interface HistogramSpec {
  readonly kind: 'histogram';
  readonly name: string;
  /** In milliseconds; each must be one of the ledger's. */
  readonly boundsMs: readonly number[];
  /** How many milliseconds its unit has. */
  readonly unitMs: 1 | 1000;
  labelsOf(route: Route): Given | undefined;
}

export type MetricSpec = CounterSpec | HistogramSpec;

interface Line extends Exposed {
  value: number;
  /** The reading that last counted it. */
  reading: number;
}

/** What one tally adds to the lines. */
type Share =
  | { readonly kind: 'counter'; readonly line: Line }
  | { readonly kind: 'histogram'; readonly buckets: readonly Bucket[]; readonly sum: Line; readonly count: Line; readonly unitMs: number };

interface Bucket {
  readonly line: Line;
  /** The index of its bound among the ledger's. */
  readonly bound: number;
}

/**
 * Reads expositions: what the specs make of all tallies, added up per set of labels. The lines of one series are one object for ever,
 * so that nobody works its labels out twice.
 */
export class Exposition {
  readonly #specs: readonly MetricSpec[];
  readonly #lines = new Map<string, Line>();
  readonly #shares = new WeakMap<Tally, readonly Share[]>();
  #reading = 0;

  constructor(specs: readonly MetricSpec[]) {
    this.#specs = specs;
  }

  read(tallies: Iterable<Tally>): readonly Exposed[] {
    this.#reading++;
    for (const tally of tallies) {
      let shares = this.#shares.get(tally);
      if (shares === undefined) {
        shares = this.#specs.flatMap((spec) => this.#shareOf(spec, tally));
        this.#shares.set(tally, shares);
      }
      for (const share of shares) this.#addShare(share, tally);
    }
    for (const [key, { reading }] of this.#lines) if (reading !== this.#reading) this.#lines.delete(key);
    return [...this.#lines.values()];
  }

  #addShare(share: Share, { count, latencySumMs, perBound }: Tally): void {
    if (share.kind === 'counter') {
      this.#add(share.line, count);
      return;
    }
    let [at, sum] = [0, 0];
    for (const { line, bound } of share.buckets) {
      for (; at <= bound; at++) sum += perBound[at] ?? 0;
      this.#add(line, sum);
    }
    this.#add(share.sum, latencySumMs / share.unitMs);
    this.#add(share.count, count);
  }

  #add(line: Line, value: number): void {
    line.value = line.reading === this.#reading ? line.value + value : value;
    line.reading = this.#reading;
  }

  #shareOf(spec: MetricSpec, { route }: Tally): readonly Share[] {
    const labels = spec.labelsOf(route);
    if (labels === undefined) return [];
    if (spec.kind === 'counter') return [{ kind: 'counter', line: this.#line(spec.name, labels) }];
    const { name, boundsMs, unitMs } = spec;
    const buckets = [...boundsMs, Number.POSITIVE_INFINITY].map((boundMs) => ({
      line: this.#line(`${name}_bucket`, { ...labels, le: sampleText(boundMs / unitMs) }),
      bound: boundIndex(boundMs),
    }));
    return [{ kind: 'histogram', buckets, sum: this.#line(`${name}_sum`, labels), count: this.#line(`${name}_count`, labels), unitMs }];
  }

  #line(name: string, given: Given): Line {
    const labels = withoutGaps(given);
    const key = `${name} ${JSON.stringify(labels)}`;
    const line = this.#lines.get(key) ?? { name, labels, value: 0, reading: 0 };
    this.#lines.set(key, line);
    return line;
  }
}

function boundIndex(boundMs: number): number {
  if (boundMs === Number.POSITIVE_INFINITY) return latencyBoundsMs.length;
  const index = latencyBoundsMs.indexOf(boundMs);
  if (index === -1) throw new Error(`the ledger keeps no bound of ${boundMs} ms`);
  return index;
}

function withoutGaps(given: Given): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) labels[name] = value;
  return labels;
}

/** `5` of 503, as Envoy and NGINX put statuses into classes. */
export const classOf = (status: number): string => String(Math.floor(status / 100));

export const isFailure = (status: number): boolean => status === 0 || status >= 500;

/** The bounds that Envoy has unless it is told otherwise. */
export const envoyBoundsMs: readonly number[] = [
  ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000],
  ...[300_000, 600_000, 1_800_000, 3_600_000],
];

/** The bounds of Linkerd's proxy. */
export const linkerdBoundsMs: readonly number[] = [
  ...[1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500],
  ...[1_000, 2_000, 3_000, 4_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000],
];
