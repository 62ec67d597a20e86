import { decimalText, verboseText } from '../go-text.ts';
import { dropLabels, keepLabels, keyOfLabels, keyWithoutLabels, type Labels, metricName, noLabels, withLabel } from '../labels.ts';
import type { Aggregation } from './ast.ts';
import { ExecutionError } from './failure.ts';
import { quantile, staysInfinite } from './math.ts';
import { extremes } from './top.ts';
import type { Sample } from './value.ts';

/** Groups in the order in which the first of each came. `param` is the number or the label name before the vector. */
export function aggregate(
  { op, isWithout, labels }: Pick<Aggregation, 'op' | 'isWithout' | 'labels'>,
  samples: readonly Sample[],
  param: number | string | undefined,
): readonly Sample[] {
  if (op === 'count_values') return countValues(isWithout, labels, samples, String(param));
  const groups = grouped(samples, grouper(isWithout, labels));
  if (op === 'topk' || op === 'bottomk') {
    const most = wholeParam(Number(param));
    return most < 1 ? [] : groups.flatMap(({ members }) => extremes(members, most, op === 'topk' ? 'largest' : 'smallest'));
  }
  return groups.map(({ labels: of, members }) => ({
    labels: of,
    value: reduced(
      op,
      members.map(({ value }) => value),
      Number(param),
    ),
  }));
}

interface Group {
  readonly labels: Labels;
  readonly members: Sample[];
}

interface Grouper {
  keyOf(labels: Labels): string;
  labelsOf(labels: Labels): Labels;
}

function grouper(isWithout: boolean, names: readonly string[]): Grouper {
  if (!isWithout && names.length === 0) return { keyOf: () => '', labelsOf: () => noLabels };
  if (!isWithout) {
    const sorted = [...names].sort();
    const kept = new Set(names);
    return { keyOf: (labels) => keyOfLabels(labels, sorted), labelsOf: (labels) => keepLabels(labels, kept) };
  }
  const dropped = new Set([...names, metricName]);
  return { keyOf: (labels) => keyWithoutLabels(labels, dropped), labelsOf: (labels) => dropLabels(labels, dropped) };
}

function grouped(samples: readonly Sample[], { keyOf, labelsOf }: Grouper): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const sample of samples) {
    const key = keyOf(sample.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: labelsOf(sample.labels), members: [sample] });
    else group.members.push(sample);
  }
  return [...groups.values()];
}

function countValues(isWithout: boolean, names: readonly string[], samples: readonly Sample[], label: string): readonly Sample[] {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) throw new ExecutionError(`invalid label name "${label}"`);
  const valued = samples.map(({ labels, value }) => ({ labels: withLabel(labels, label, decimalText(value)), value }));
  const groups = grouped(valued, grouper(isWithout, isWithout ? names : [...names, label]));
  return groups.map(({ labels, members }) => ({ labels, value: members.length }));
}

function wholeParam(value: number): number {
  if (!(value <= 2 ** 63 && value >= -(2 ** 63))) throw new ExecutionError(`Scalar value ${verboseText(value)} overflows int64`);
  return Math.trunc(value);
}

function reduced(op: string, values: readonly number[], param: number): number {
  switch (op) {
    case 'sum':
      return values.slice(1).reduce((sum, value) => sum + value, values[0] ?? 0);
    case 'avg':
      return mean(values);
    case 'count':
      return values.length;
    case 'group':
      return 1;
    case 'min':
      return values.reduce((best, value) => (best > value || Number.isNaN(best) ? value : best));
    case 'max':
      return values.reduce((best, value) => (best < value || Number.isNaN(best) ? value : best));
    case 'stdvar':
      return variance(values);
    case 'stddev':
      return Math.sqrt(variance(values));
    case 'quantile':
      return quantile(param, values);
    default:
      throw new Error(`no such aggregation: ${op}`);
  }
}

function mean(values: readonly number[]): number {
  let average = values[0] ?? Number.NaN;
  for (const [at, value] of values.entries()) {
    const count = at + 1;
    if (at > 0 && !staysInfinite(average, value)) average += value / count - average / count;
  }
  return average;
}

function variance(values: readonly number[]): number {
  let average = values[0] ?? Number.NaN;
  let squares = 0;
  for (const [at, value] of values.entries()) {
    if (at === 0) continue;
    const delta = value - average;
    average += delta / (at + 1);
    squares += delta * (value - average);
  }
  return squares / values.length;
}
