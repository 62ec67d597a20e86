import { fixedText } from '../go-text.ts';
import { ExecutionError } from './failure.ts';
import { KahanSum, orInfinite, quantile, staysInfinite } from './math.ts';
import { extrapolated, instantRate, type Window } from './rates.ts';
import type { Points } from './value.ts';

/** One series' samples in a window to one number; undefined where it has too few. `scalars` are the other arguments, in order. */
export type RangeFunction = (points: Points, window: Window, scalars: readonly number[]) => number | undefined;

export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  rate: (points, window) => extrapolated(points, window, 'rate'),
  increase: (points, window) => extrapolated(points, window, 'increase'),
  delta: (points, window) => extrapolated(points, window, 'delta'),
  irate: (points) => instantRate(points, 'rate'),
  idelta: (points) => instantRate(points, 'delta'),
  avg_over_time: ({ values }) => mean(values),
  sum_over_time: ({ values }) => orInfinite(summed(values)),
  count_over_time: ({ values }) => values.length,
  min_over_time: ({ values }) => extreme(values, (value, best) => value < best),
  max_over_time: ({ values }) => extreme(values, (value, best) => value > best),
  last_over_time: ({ values }) => values.at(-1),
  present_over_time: () => 1,
  absent_over_time: () => 1,
  quantile_over_time: ({ values }, _, [q = Number.NaN]) => quantile(q, values),
  stddev_over_time: ({ values }) => Math.sqrt(variance(values)),
  stdvar_over_time: ({ values }) => variance(values),
  resets: ({ values }) => countSteps(values, (before, value) => value < before),
  changes: ({ values }) => countSteps(values, (before, value) => value !== before && !(Number.isNaN(value) && Number.isNaN(before))),
  deriv: (points) => (points.values.length < 2 ? undefined : regression(points, points.timesMs[0] ?? 0).slope),
  predict_linear: (points, { nowMs }, [aheadSeconds = 0]) => {
    if (points.values.length < 2) return undefined;
    const { slope, intercept } = regression(points, nowMs);
    return slope * aheadSeconds + intercept;
  },
  holt_winters: ({ values }, _, [smoothing = 0, trend = 0]) => holtWinters(values, smoothing, trend),
};

function summed(values: readonly number[]): KahanSum {
  const sum = new KahanSum();
  for (const value of values) sum.add(value);
  return sum;
}

function mean(values: readonly number[]): number {
  const sum = new KahanSum();
  for (const [at, value] of values.entries()) {
    const count = at + 1;
    if (!staysInfinite(sum.uncorrected, value)) sum.add(value / count - sum.uncorrected / count);
  }
  return orInfinite(sum);
}

function extreme(values: readonly number[], isBetter: (value: number, best: number) => boolean): number {
  let best = values[0] ?? Number.NaN;
  for (const value of values) if (isBetter(value, best) || Number.isNaN(best)) best = value;
  return best;
}

function variance(values: readonly number[]): number {
  const average = new KahanSum();
  const squares = new KahanSum();
  for (const [at, value] of values.entries()) {
    const delta = value - average.total;
    average.add(delta / (at + 1));
    squares.add(delta * (value - average.total));
  }
  return squares.total / values.length;
}

function countSteps(values: readonly number[], isCounted: (before: number, value: number) => boolean): number {
  let count = 0;
  for (let at = 1; at < values.length; at++) if (isCounted(values[at - 1] ?? Number.NaN, values[at] ?? Number.NaN)) count++;
  return count;
}

/** Least squares; the intercept is the line's value at `interceptMs`. */
function regression({ timesMs, values }: Points, interceptMs: number): { readonly slope: number; readonly intercept: number } {
  const [first = Number.NaN] = values;
  if (values.every((value) => value === first)) {
    const isInfinite = Math.abs(first) === Number.POSITIVE_INFINITY;
    return isInfinite ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: first };
  }
  const [x, y, xy, xx] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  for (const [at, value] of values.entries()) {
    const seconds = ((timesMs[at] ?? 0) - interceptMs) / 1e3;
    x.add(seconds);
    y.add(value);
    xy.add(seconds * value);
    xx.add(seconds * seconds);
  }
  const count = values.length;
  const covariance = xy.total - (x.total * y.total) / count;
  const slope = covariance / (xx.total - (x.total * x.total) / count);
  return { slope, intercept: y.total / count - (slope * x.total) / count };
}

function holtWinters(values: readonly number[], smoothing: number, trend: number): number | undefined {
  for (const [name, factor] of [
    ['smoothing', smoothing],
    ['trend', trend],
  ] as const) {
    const letter = name === 'smoothing' ? 'sf' : 'tf';
    if (factor > 0 && factor < 1) continue;
    throw new ExecutionError(`invalid ${name} factor. Expected: 0 < ${letter} < 1, got: ${fixedText(factor)}`);
  }
  const [first = 0, second = 0] = values;
  if (values.length < 2) return undefined;
  let [before, smoothed, slope] = [0, first, second - first];
  for (let at = 1; at < values.length; at++) {
    if (at > 1) slope = trend * (smoothed - before) + (1 - trend) * slope;
    const next = smoothing * (values[at] ?? 0) + (1 - smoothing) * (smoothed + slope);
    before = smoothed;
    smoothed = next;
  }
  return smoothed;
}
