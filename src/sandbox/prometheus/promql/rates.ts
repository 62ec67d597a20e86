import type { Points } from './value.ts';

/** The window that a range selector looked at. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
  readonly rangeMs: number;
  /** The time of evaluation, without offset. */
  readonly nowMs: number;
}

/** As Go turns a duration into seconds: the whole ones and the rest apart. */
const seconds = (ms: number): number => Math.trunc(ms / 1_000) + (ms % 1_000) / 1_000;

/**
 * The heart of rate, increase and delta: what the samples rose by, resets of a counter added back, and stretched to the ends of the
 * window where another sample could be expected there. Undefined with fewer than two samples.
 */
export function extrapolated(
  { timesMs, values }: Points,
  { startMs, endMs, rangeMs }: Window,
  kind: 'rate' | 'increase' | 'delta',
): number | undefined {
  const [firstMs, lastMs] = [timesMs[0], timesMs.at(-1)];
  const [first, last] = [values[0], values.at(-1)];
  if (values.length < 2 || firstMs === undefined || lastMs === undefined || first === undefined || last === undefined) return undefined;
  const isCounter = kind !== 'delta';
  const risen = isCounter ? withResets(last - first, values) : last - first;
  const sampled = (lastMs - firstMs) / 1_000;
  const average = sampled / (values.length - 1);
  let toStart = (firstMs - startMs) / 1_000;
  const toEnd = (endMs - lastMs) / 1_000;
  if (isCounter && risen > 0 && first >= 0) {
    // A counter was never negative: where its slope meets zero inside the window, it began there.
    const toZero = sampled * (first / risen);
    if (toZero < toStart) toStart = toZero;
  }
  const threshold = average * 1.1;
  let stretched = sampled;
  stretched += toStart < threshold ? toStart : average / 2;
  stretched += toEnd < threshold ? toEnd : average / 2;
  const factor = stretched / sampled;
  return risen * (kind === 'rate' ? factor / seconds(rangeMs) : factor);
}

/** Added onto the difference one by one, like the real one: another order would round differently. */
function withResets(difference: number, values: readonly number[]): number {
  let risen = difference;
  let previous = values[0] ?? 0;
  for (const value of values) {
    if (value < previous) risen += previous;
    previous = value;
  }
  return risen;
}

/** By the last two samples alone. */
export function instantRate({ timesMs, values }: Points, kind: 'rate' | 'delta'): number | undefined {
  const [beforeMs, lastMs] = timesMs.slice(-2);
  const [before, last] = values.slice(-2);
  if (beforeMs === undefined || lastMs === undefined || before === undefined || last === undefined) return undefined;
  if (lastMs === beforeMs) return undefined;
  if (kind === 'delta') return last - before;
  return (last < before ? last : last - before) / ((lastMs - beforeMs) / 1_000);
}
