import { dropName, labelOf, withLabel } from '../labels.ts';
import { compileRegex } from '../regex/index.ts';
import { ExecutionError } from './failure.ts';
import { histogramQuantile } from './histogram.ts';
import { ascending, goMax, goMin } from './math.ts';
import type { Sample, Value } from './value.ts';

/** Functions of instant vectors; the arguments' types and number are checked before. */
export type VectorFunction = (args: readonly Value[], nowMs: number) => readonly Sample[];

const samplesOf = (value: Value | undefined): readonly Sample[] => (value?.type === 'vector' ? value.samples : []);
const numberOf = (value: Value | undefined): number => (value?.type === 'scalar' ? value.value : Number.NaN);
const textOf = (value: Value | undefined): string => (value?.type === 'string' ? value.value : '');

const mapped =
  (change: (value: number) => number): VectorFunction =>
  ([first]) =>
    samplesOf(first).map(({ labels, value }) => ({ labels: dropName(labels), value: change(value) }));

/** Of the sample's value as seconds since the epoch, or of now. */
const dated =
  (read: (date: Date) => number): VectorFunction =>
  ([first], nowMs) => {
    const at = (seconds: number): number => read(new Date(Math.trunc(seconds) * 1_000));
    if (first === undefined) return [{ labels: new Map(), value: at(nowMs / 1_000) }];
    return samplesOf(first).map(({ labels, value }) => ({ labels: dropName(labels), value: at(value) }));
  };

const dayMs = 86_400_000;
const none: VectorFunction = () => [];

export const vectorFunctions: Readonly<Record<string, VectorFunction>> = {
  abs: mapped(Math.abs),
  acos: mapped(Math.acos),
  acosh: mapped(Math.acosh),
  asin: mapped(Math.asin),
  asinh: mapped(Math.asinh),
  atan: mapped(Math.atan),
  atanh: mapped(Math.atanh),
  ceil: mapped(Math.ceil),
  cos: mapped(Math.cos),
  cosh: mapped(Math.cosh),
  deg: mapped((value) => (value * 180) / Math.PI),
  exp: mapped(Math.exp),
  floor: mapped(Math.floor),
  ln: mapped(Math.log),
  log10: mapped(Math.log10),
  log2: mapped(Math.log2),
  rad: mapped((value) => (value * Math.PI) / 180),
  sgn: mapped((value) => (value < 0 ? -1 : value > 0 ? 1 : value)),
  sin: mapped(Math.sin),
  sinh: mapped(Math.sinh),
  sqrt: mapped(Math.sqrt),
  tan: mapped(Math.tan),
  tanh: mapped(Math.tanh),
  clamp: ([first, min, max], now) =>
    numberOf(max) < numberOf(min) ? [] : mapped((value) => goMax(numberOf(min), goMin(numberOf(max), value)))([first ?? empty], now),
  clamp_max: ([first, max], now) => mapped((value) => goMin(numberOf(max), value))([first ?? empty], now),
  clamp_min: ([first, min], now) => mapped((value) => goMax(numberOf(min), value))([first ?? empty], now),
  round: ([first, nearest], now) => {
    // Ties go up; by the inverse, which is what the real one does against rounding errors.
    const inverse = 1 / (nearest === undefined ? 1 : numberOf(nearest));
    return mapped((value) => Math.floor(value * inverse + 0.5) / inverse)([first ?? empty], now);
  },
  sort: ([first]) => [...samplesOf(first)].sort((left, right) => nanLast(left.value, right.value, 1)),
  sort_desc: ([first]) => [...samplesOf(first)].sort((left, right) => nanLast(left.value, right.value, -1)),
  vector: ([first]) => [{ labels: new Map(), value: numberOf(first) }],
  histogram_quantile: ([q, buckets]) => histogramQuantile(numberOf(q), samplesOf(buckets)),
  // Of native histograms alone, which this store does not know.
  histogram_count: none,
  histogram_sum: none,
  histogram_fraction: none,
  label_replace: labelReplace,
  label_join: labelJoin,
  day_of_month: dated((date) => date.getUTCDate()),
  day_of_week: dated((date) => date.getUTCDay()),
  day_of_year: dated((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / dayMs) + 1),
  days_in_month: dated((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  hour: dated((date) => date.getUTCHours()),
  minute: dated((date) => date.getUTCMinutes()),
  month: dated((date) => date.getUTCMonth() + 1),
  year: dated((date) => date.getUTCFullYear()),
};

const empty: Value = { type: 'vector', samples: [] };

function nanLast(left: number, right: number, direction: 1 | -1): number {
  if (Number.isNaN(left) || Number.isNaN(right)) return -ascending(left, right);
  return direction * ascending(left, right);
}

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function labelReplace([first, target, replacement, source, pattern]: readonly Value[]): readonly Sample[] {
  const regex = compileRegex(textOf(pattern));
  if (!regex.ok) throw new ExecutionError(`invalid regular expression in label_replace(): ${textOf(pattern)}`);
  const name = textOf(target);
  if (!labelName.test(name)) throw new ExecutionError(`invalid destination label name in label_replace(): ${name}`);
  return samplesOf(first).map(({ labels, value }) => {
    const text = regex.value.expand(labelOf(labels, textOf(source)), textOf(replacement));
    return { labels: text === undefined ? labels : withLabel(labels, name, text), value };
  });
}

function labelJoin([first, target, separator, ...sources]: readonly Value[]): readonly Sample[] {
  for (const source of sources) {
    if (!labelName.test(textOf(source))) throw new ExecutionError(`invalid source label name in label_join(): ${textOf(source)}`);
  }
  const name = textOf(target);
  if (!labelName.test(name)) throw new ExecutionError(`invalid destination label name in label_join(): ${name}`);
  return samplesOf(first).map(({ labels, value }) => {
    const text = sources.map((source) => labelOf(labels, textOf(source))).join(textOf(separator));
    return { labels: withLabel(labels, name, text), value };
  });
}
