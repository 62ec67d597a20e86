import type { Result } from '../../../lib/result.ts';
import type { Matcher } from '../store.ts';
import type { Expr } from './ast.ts';
import { caught, type QueryFailure } from './caught.ts';
import { checkTypes } from './check.ts';
import { parseQuery } from './parse.ts';

/** Which series a part of a query asks for: all of its matchers, that of the metric's name among them. */
export type Selector = readonly Matcher[];

/** Everything that a query selects, in the order in which it is written; or why it is none. */
export const selectorsOf = (query: string): Result<readonly Selector[], QueryFailure> =>
  caught(query, () => {
    const expr = parseQuery(query);
    checkTypes(expr, query);
    return [...selectorsIn(expr)];
  });

function* selectorsIn(expr: Expr): Iterable<Selector> {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return;
    case 'vector':
      yield expr.matchers;
      return;
    case 'matrix':
      yield expr.selector.matchers;
      return;
    case 'call':
      for (const argument of expr.args) yield* selectorsIn(argument);
      return;
    case 'binary':
      yield* selectorsIn(expr.left);
      yield* selectorsIn(expr.right);
      return;
    case 'aggregation':
      if (expr.param !== undefined) yield* selectorsIn(expr.param);
      yield* selectorsIn(expr.body);
      return;
    case 'subquery':
    case 'unary':
    case 'paren':
      yield* selectorsIn(expr.body);
  }
}
