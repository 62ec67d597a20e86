import { unreachable } from '../../../lib/result.ts';
import { dropName, type Labels, labelsKey, labelsOf, metricName, noLabels } from '../labels.ts';
import { aggregate } from './aggregate.ts';
import { type Aggregation, type Binary, bare, type Call, type Expr, type MatrixSelector, type Subquery, setOperators } from './ast.ts';
import { scalarBinary, setBinary, vectorBinary, vectorScalarBinary } from './binary.ts';
import { rangeFunctions } from './over-time.ts';
import type { Window } from './rates.ts';
import type { Selection } from './select.ts';
import { distinct, type Sample, type SeriesPoints, scalar, type Value, vector } from './value.ts';
import { vectorFunctions } from './vector-functions.ts';

/** The value of a checked expression at one instant. Throws ExecutionError. */
export function evaluate(expr: Expr, nowMs: number, selection: Selection): Value {
  switch (expr.kind) {
    case 'number':
      return scalar(expr.value);
    case 'string':
      return { type: 'string', value: expr.value };
    case 'paren':
      return evaluate(expr.body, nowMs, selection);
    case 'vector':
      return vector(selection.instant(expr, nowMs));
    case 'matrix':
    case 'subquery':
      return { type: 'matrix', series: seriesOf(expr, nowMs, selection) };
    case 'unary': {
      const value = evaluate(expr.body, nowMs, selection);
      return expr.op === '-' ? negative(value) : value;
    }
    case 'aggregation':
      return vector(distinct(aggregation(expr, nowMs, selection)));
    case 'binary':
      return binary(expr, nowMs, selection);
    case 'call':
      return call(expr, nowMs, selection);
    default:
      return unreachable(expr);
  }
}

function negative(value: Value): Value {
  if (value.type === 'scalar') return scalar(-value.value);
  return vector(distinct(samplesOf(value).map(({ labels, value: each }) => ({ labels: dropName(labels), value: -each }))));
}

function aggregation(expr: Aggregation, nowMs: number, selection: Selection): readonly Sample[] {
  const param = expr.param === undefined ? undefined : evaluate(expr.param, nowMs, selection);
  const samples = samplesOf(evaluate(expr.body, nowMs, selection));
  return aggregate(expr, samples, param?.type === 'scalar' || param?.type === 'string' ? param.value : undefined);
}

function binary(expr: Binary, nowMs: number, selection: Selection): Value {
  const [left, right] = [evaluate(expr.left, nowMs, selection), evaluate(expr.right, nowMs, selection)];
  if (left.type === 'scalar') {
    if (right.type === 'scalar') return scalar(scalarBinary(expr.op, left.value, right.value));
    return vector(distinct(vectorScalarBinary(expr, samplesOf(right), left.value, true)));
  }
  if (right.type === 'scalar') return vector(distinct(vectorScalarBinary(expr, samplesOf(left), right.value, false)));
  const combine = setOperators.has(expr.op) ? setBinary : vectorBinary;
  return vector(distinct(combine(expr, samplesOf(left), samplesOf(right))));
}

function call(expr: Call, nowMs: number, selection: Selection): Value {
  const { name } = expr;
  const args = expr.args.map(bare);
  switch (name) {
    case 'time':
      return scalar(nowMs / 1_000);
    case 'pi':
      return scalar(Math.PI);
    case 'scalar': {
      const [only, ...more] = samplesOf(evaluated(args[0], nowMs, selection));
      return scalar(only === undefined || more.length > 0 ? Number.NaN : only.value);
    }
    case 'timestamp':
      return vector(distinct(timestamps(args[0], nowMs, selection)));
    case 'absent':
    case 'absent_over_time':
      return vector(absent(args[0], nowMs, selection));
  }
  const overTime = rangeFunctions[name];
  if (overTime !== undefined) return vector(distinct(calledOnRange(expr, nowMs, selection)));
  const vectorFunction = vectorFunctions[name];
  if (vectorFunction === undefined) throw new Error(`no such function: ${name}`);
  return vector(
    distinct(
      vectorFunction(
        args.map((arg) => evaluate(arg, nowMs, selection)),
        nowMs,
      ),
    ),
  );
}

const evaluated = (expr: Expr | undefined, nowMs: number, selection: Selection): Value =>
  expr === undefined ? vector([]) : evaluate(expr, nowMs, selection);

/** Of a selector the samples' own times, of anything else the time of evaluation. */
function timestamps(arg: Expr | undefined, nowMs: number, selection: Selection): readonly Sample[] {
  if (arg?.kind === 'vector') {
    return selection.instant(arg, nowMs).map(({ labels, atMs }) => ({ labels: dropName(labels), value: atMs / 1_000 }));
  }
  return samplesOf(evaluated(arg, nowMs, selection)).map(({ labels }) => ({ labels: dropName(labels), value: nowMs / 1_000 }));
}

function absent(arg: Expr | undefined, nowMs: number, selection: Selection): readonly Sample[] {
  const found = evaluated(arg, nowMs, selection);
  const isThere = found.type === 'matrix' ? found.series.length > 0 : samplesOf(found).length > 0;
  return isThere ? [] : [{ labels: labelsOfAbsent(arg), value: 1 }];
}

/** What the selector says exactly: `absent(up{job="x"})` is `{job="x"}`. A label that is asked for twice is not known. */
function labelsOfAbsent(arg: Expr | undefined): Labels {
  const matchers = arg?.kind === 'vector' ? arg.matchers : arg?.kind === 'matrix' ? arg.selector.matchers : [];
  const known: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { name, op, value } of matchers) {
    if (name === metricName) continue;
    if (op === '=' && !seen.has(name)) {
      known[name] = value;
      seen.add(name);
    } else {
      known[name] = '';
    }
  }
  return matchers.length === 0 ? noLabels : labelsOf(known);
}

function calledOnRange({ name, args }: Call, nowMs: number, selection: Selection): readonly Sample[] {
  const ranged = args.map(bare).find((arg) => arg.kind === 'matrix' || arg.kind === 'subquery');
  const run = rangeFunctions[name];
  if (ranged === undefined || run === undefined) return [];
  const scalars = args.map(bare).flatMap((arg) => {
    const value = arg === ranged ? undefined : evaluate(arg, nowMs, selection);
    return value?.type === 'scalar' ? [value.value] : [];
  });
  const endMs = selection.momentOf(ranged.kind === 'matrix' ? ranged.selector : ranged, nowMs);
  const window: Window = { startMs: endMs - ranged.rangeMs, endMs, rangeMs: ranged.rangeMs, nowMs };
  return seriesOf(ranged, nowMs, selection).flatMap((series) => {
    const value = run(series, window, scalars);
    // What was seen last is still that series.
    const labels = name === 'last_over_time' ? series.labels : dropName(series.labels);
    return value === undefined ? [] : [{ labels, value }];
  });
}

function seriesOf(expr: MatrixSelector | Subquery, nowMs: number, selection: Selection): readonly SeriesPoints[] {
  if (expr.kind === 'matrix') return selection.range(expr, nowMs);
  const endMs = selection.momentOf(expr, nowMs);
  const stepMs = expr.stepMs ?? selection.limits.defaultStepMs;
  return evaluateSteps(expr.body, { startMs: firstStep(endMs - expr.rangeMs, stepMs), endMs, stepMs }, selection);
}

/** Steps of a subquery stand on whole multiples of the step, wherever the window begins. */
function firstStep(fromMs: number, stepMs: number): number {
  const aligned = Math.trunc(fromMs / stepMs) * stepMs;
  return aligned < fromMs ? aligned + stepMs : aligned;
}

export interface Steps {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** The expression at every step, put together by series, in the order in which they first came. */
export function evaluateSteps(expr: Expr, { startMs, endMs, stepMs }: Steps, selection: Selection): readonly SeriesPoints[] {
  const found = new Map<string, { readonly labels: Labels; readonly timesMs: number[]; readonly values: number[] }>();
  for (let atMs = startMs; atMs <= endMs; atMs += stepMs) {
    for (const { labels, value } of samplesOf(evaluate(expr, atMs, selection))) {
      const key = labelsKey(labels);
      const series = found.get(key) ?? { labels, timesMs: [], values: [] };
      series.timesMs.push(atMs);
      series.values.push(value);
      found.set(key, series);
    }
  }
  return [...found.values()];
}

/** A scalar is a vector without labels where one is needed. */
function samplesOf(value: Value): readonly Sample[] {
  if (value.type === 'scalar') return [{ labels: noLabels, value: value.value }];
  return value.type === 'vector' ? value.samples : [];
}
