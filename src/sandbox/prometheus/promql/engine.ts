import type { Result } from '../../../lib/result.ts';
import { quoted } from '../go-text.ts';
import { compareLabels } from '../labels.ts';
import type { Matcher, SeriesSource } from '../store.ts';
import type { Expr } from './ast.ts';
import { caught, type QueryFailure } from './caught.ts';
import { checkTypes, typeOf } from './check.ts';
import { evaluate, evaluateSteps, type Steps } from './evaluate.ts';
import { RangeTypeError } from './failure.ts';
import { parseQuery, parseSelector } from './parse.ts';
import { type Limits, Selection } from './select.ts';
import type { SeriesPoints, Value } from './value.ts';

export type { QueryFailure } from './caught.ts';

export interface Engine {
  instant(query: string, atMs: number): Result<Value, QueryFailure>;
  /** Series in the order of their labels. */
  range(query: string, steps: Steps): Result<readonly SeriesPoints[], QueryFailure>;
}

export const defaultLimits: Limits = { lookbackMs: 300_000, defaultStepMs: 60_000, mostSamples: 50_000_000 };

const mostParsed = 500;

/** PromQL of Prometheus 2.42 over classic series. Pure but for its memory of queries that it has read. */
export function createEngine(source: SeriesSource, given: Partial<Limits> = {}): Engine {
  const limits = { ...defaultLimits, ...given };
  const parsed = new Map<string, Expr>();
  const read = (query: string): Expr => {
    const known = parsed.get(query);
    if (known !== undefined) return known;
    const expr = parseQuery(query);
    checkTypes(expr, query);
    if (parsed.size >= mostParsed) parsed.clear();
    parsed.set(query, expr);
    return expr;
  };
  return {
    instant: (query, atMs) =>
      caught(query, () => evaluate(read(query), atMs, new Selection(source, limits, { startMs: atMs, endMs: atMs }))),
    range: (query, steps) =>
      caught(query, () => {
        const expr = read(query);
        const type = typeOf(expr);
        if (type === 'string' || type === 'matrix') {
          const name = type === 'matrix' ? 'range vector' : type;
          throw new RangeTypeError(`invalid expression type ${quoted(name)} for range query, must be Scalar or instant Vector`);
        }
        const series = evaluateSteps(expr, steps, new Selection(source, limits, steps));
        return [...series].sort((left, right) => compareLabels(left.labels, right.labels));
      }),
  };
}

/** The matchers of `match[]`, or its parse error. */
export const readMatchers = (text: string): Result<readonly Matcher[], QueryFailure> => caught(text, () => parseSelector(text));
