import {
  dropLabels,
  dropName,
  keepLabels,
  keyOfLabels,
  keyWithoutLabels,
  type Labels,
  labelOf,
  labelsKey,
  metricName,
  withLabel,
} from '../labels.ts';
import { type Binary, comparisons, type Matching } from './ast.ts';
import { ExecutionError } from './failure.ts';
import { goPower } from './math.ts';
import { labelsText, type Sample } from './value.ts';

/** The result of an operator on two numbers, and whether a comparison keeps the element. */
function operate(op: string, left: number, right: number): { readonly value: number; readonly keeps: boolean } {
  switch (op) {
    case '+':
      return kept(left + right);
    case '-':
      return kept(left - right);
    case '*':
      return kept(left * right);
    case '/':
      return kept(left / right);
    case '%':
      return kept(left % right);
    case '^':
      return kept(goPower(left, right));
    case 'atan2':
      return kept(Math.atan2(left, right));
    default:
      return { value: left, keeps: holds(op, left, right) };
  }
}

const kept = (value: number) => ({ value, keeps: true });

function holds(op: string, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '>':
      return left > right;
    case '<':
      return left < right;
    case '>=':
      return left >= right;
    case '<=':
      return left <= right;
    default:
      throw new Error(`no such operator: ${op}`);
  }
}

const asNumber = (is: boolean): number => (is ? 1 : 0);

// A trap of the real server: atan2 is arithmetic too, and keeps the name.
const losesName = (op: string): boolean => ['+', '-', '/', '*', '^', '%'].includes(op);

/** Between scalars a comparison always gives 0 or 1. */
export function scalarBinary(op: string, left: number, right: number): number {
  const { value, keeps } = operate(op, left, right);
  return comparisons.has(op) ? asNumber(keeps) : value;
}

/** A vector and a scalar; `isSwapped`: the scalar stands on the left. A comparison keeps the vector's value. */
export function vectorScalarBinary(
  { op, returnsBool }: Pick<Binary, 'op' | 'returnsBool'>,
  samples: readonly Sample[],
  number: number,
  isSwapped: boolean,
): readonly Sample[] {
  return samples.flatMap(({ labels, value: own }) => {
    const { value, keeps } = isSwapped ? operate(op, number, own) : operate(op, own, number);
    if (returnsBool) return [{ labels: dropName(labels), value: asNumber(keeps) }];
    if (!keeps) return [];
    return [{ labels: losesName(op) ? dropName(labels) : labels, value: comparisons.has(op) ? own : value }];
  });
}

/** Which labels must agree. */
function signatureOf({ isOn, labels }: Matching): (of: Labels) => string {
  if (isOn) {
    const names = [...labels].sort();
    return (of) => keyOfLabels(of, names);
  }
  const ignored = new Set([metricName, ...labels]);
  return (of) => keyWithoutLabels(of, ignored);
}

export function setBinary({ op, matching }: Binary, left: readonly Sample[], right: readonly Sample[]): readonly Sample[] {
  const signature = signatureOf(matching);
  const keysOf = (samples: readonly Sample[]) => new Set(samples.map(({ labels }) => signature(labels)));
  if (op === 'or') {
    const present = keysOf(left);
    return [...left, ...right.filter(({ labels }) => !present.has(signature(labels)))];
  }
  const present = keysOf(right);
  return left.filter(({ labels }) => present.has(signature(labels)) === (op === 'and'));
}

export function vectorBinary({ op, returnsBool, matching }: Binary, left: readonly Sample[], right: readonly Sample[]): readonly Sample[] {
  if (left.length === 0 || right.length === 0) return [];
  const isSwapped = matching.card === 'right';
  const [many, one] = isSwapped ? [right, left] : [left, right];
  const signature = signatureOf(matching);
  const partners = uniquePartners(one, matching, signature);
  const matched = new Map<string, Set<string>>();
  return many.flatMap((sample) => {
    const key = signature(sample.labels);
    const partner = partners.get(key);
    if (partner === undefined) return [];
    const { value, keeps } = isSwapped ? operate(op, partner.value, sample.value) : operate(op, sample.value, partner.value);
    if (!keeps && !returnsBool) return [];
    const labels = resultLabels(sample.labels, partner.labels, op, matching);
    const own = returnsBool ? dropName(labels) : labels;
    const before = matched.get(key);
    if (matching.card === 'one' && before !== undefined) {
      throw new ExecutionError('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
    }
    if (before?.has(labelsKey(own))) {
      throw new ExecutionError('multiple matches for labels: grouping labels must ensure unique matches');
    }
    matched.set(key, (before ?? new Set()).add(labelsKey(own)));
    return [{ labels: own, value: returnsBool ? asNumber(keeps) : value }];
  });
}

function uniquePartners(
  one: readonly Sample[],
  { card, isOn, labels }: Matching,
  signature: (of: Labels) => string,
): ReadonlyMap<string, Sample> {
  const partners = new Map<string, Sample>();
  for (const sample of one) {
    const key = signature(sample.labels);
    const other = partners.get(key);
    if (other !== undefined) {
      const group = isOn ? keepLabels(sample.labels, new Set(labels)) : dropLabels(sample.labels, new Set([metricName, ...labels]));
      const side = card === 'right' ? 'left' : 'right';
      throw new ExecutionError(
        `found duplicate series for the match group ${labelsText(group)} on the ${side} hand-side of the operation: ` +
          `[${labelsText(sample.labels)}, ${labelsText(other.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    partners.set(key, sample);
  }
  return partners;
}

function resultLabels(many: Labels, one: Labels, op: string, { card, isOn, labels, include }: Matching): Labels {
  let result = losesName(op) ? dropName(many) : many;
  if (card === 'one') result = isOn ? keepLabels(result, new Set(labels)) : dropLabels(result, new Set(labels));
  for (const name of include) result = withLabel(result, name, labelOf(one, name));
  return result;
}
