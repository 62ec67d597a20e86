import { unreachable } from '../../../lib/result.ts';
import { quoted } from '../go-text.ts';
import { metricName } from '../labels.ts';
import {
  type Aggregation,
  type Binary,
  type Call,
  comparisons,
  type Expr,
  type Subquery,
  setOperators,
  type Unary,
  type VectorSelector,
} from './ast.ts';
import { ParseError } from './failure.ts';
import { signatures, type ValueType } from './signatures.ts';

/** What an expression gives, by its form alone. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector':
    case 'aggregation':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'call':
      return signatures.get(expr.name)?.returns ?? 'vector';
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'unary':
    case 'paren':
      return typeOf(expr.body);
    default:
      return unreachable(expr);
  }
}

const documented: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

/** Throws the first ParseError about types, in the order in which the real server finds them. */
export function checkTypes(expr: Expr, query: string): void {
  const check = (each: Expr): void => checkTypes(each, query);
  switch (expr.kind) {
    case 'number':
    case 'string':
      break;
    case 'vector':
      checkSelector(expr);
      break;
    case 'matrix':
      check(expr.selector);
      break;
    case 'paren':
      check(expr.body);
      break;
    case 'aggregation':
      checkAggregation(expr, check);
      break;
    case 'binary':
      checkBinary(expr, check, query);
      break;
    case 'call':
      checkCall(expr, check);
      break;
    case 'unary':
      check(expr.body);
      checkUnary(expr);
      break;
    case 'subquery':
      check(expr.body);
      checkSubquery(expr);
      break;
    default:
      unreachable(expr);
  }
}

function checkUnary({ body, start }: Unary): void {
  const type = typeOf(body);
  if (type === 'scalar' || type === 'vector') return;
  const message = `unary expression only allowed on expressions of type scalar or instant vector, got ${quoted(documented[type])}`;
  throw new ParseError(start, message);
}

function checkSubquery({ body, start }: Subquery): void {
  const type = typeOf(body);
  if (type !== 'vector') throw new ParseError(start, `subquery is only allowed on instant vector, got ${type} instead`);
}

function expectType(expr: Expr, wanted: ValueType, context: string, check: (expr: Expr) => void): void {
  check(expr);
  const found = typeOf(expr);
  if (found === wanted) return;
  throw new ParseError(expr.start, `expected type ${documented[wanted]} in ${context}, got ${documented[found]}`);
}

function checkSelector({ name, matchers, start }: VectorSelector): void {
  if (name !== '') {
    const twice = matchers.slice(0, -1).find((matcher) => matcher.name === metricName);
    if (twice === undefined) return;
    throw new ParseError(start, `metric name must not be set twice: ${quoted(name)} or ${quoted(twice.value)}`);
  }
  if (matchers.every((matcher) => matcher.matches(''))) {
    throw new ParseError(start, 'vector selector must contain at least one non-empty matcher');
  }
}

function checkAggregation({ op, param, body }: Aggregation, check: (expr: Expr) => void): void {
  expectType(body, 'vector', 'aggregation expression', check);
  if (param !== undefined) expectType(param, op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter', check);
}

function checkCall({ name, args, start }: Call, check: (expr: Expr) => void): void {
  const { args: wanted, variadic } = signatures.get(name) ?? { args: [], variadic: 0 };
  const least = variadic === 0 ? wanted.length : wanted.length - 1;
  const most = variadic < 0 ? Number.POSITIVE_INFINITY : least + variadic;
  const got = `argument(s) in call to ${quoted(name)}, got ${args.length}`;
  if (variadic === 0 && args.length !== least) throw new ParseError(start, `expected ${least} ${got}`);
  if (args.length < least) throw new ParseError(start, `expected at least ${least} ${got}`);
  if (args.length > most) throw new ParseError(start, `expected at most ${most} ${got}`);
  for (const [at, arg] of args.entries()) {
    const type = wanted[Math.min(at, wanted.length - 1)];
    if (type !== undefined) expectType(arg, type, `call to function ${quoted(name)}`, check);
  }
}

function checkBinary(expr: Binary, check: (expr: Expr) => void, query: string): void {
  const { op, left, right, returnsBool, matching, start } = expr;
  check(left);
  check(right);
  const [leftType, rightType] = [typeOf(left), typeOf(right)];
  const isComparison = comparisons.has(op);
  const isSet = setOperators.has(op);
  if (returnsBool && !isComparison) throw new ParseError(operatorAt(expr, query), 'bool modifier can only be used on comparison operators');
  if (isComparison && !returnsBool && leftType === 'scalar' && rightType === 'scalar') {
    throw new ParseError(operatorAt(expr, query), 'comparisons between scalars must use BOOL modifier');
  }
  const both = matching.isOn ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (both !== undefined) {
    throw new ParseError(operatorAt(expr, query), `label ${quoted(both)} must not occur in ON and GROUP clause at once`);
  }
  const wrong = [left, right].find((side) => typeOf(side) !== 'scalar' && typeOf(side) !== 'vector');
  if (wrong !== undefined) throw new ParseError(wrong.start, 'binary expression must contain only scalar and instant vector types');
  if (leftType !== 'vector' || rightType !== 'vector') {
    if (matching.labels.length > 0) throw new ParseError(start, 'vector matching only allowed between instant vectors');
  } else if (isSet && matching.card !== 'many') {
    throw new ParseError(start, `no grouping allowed for ${quoted(op)} operation`);
  }
  if (isSet && (leftType === 'scalar' || rightType === 'scalar')) {
    throw new ParseError(start, `set operator ${quoted(op)} not allowed in binary scalar expression`);
  }
}

function operatorAt({ left }: Binary, query: string): number {
  const blank = /[^ \t\n\r]/g;
  blank.lastIndex = left.end;
  return blank.exec(query)?.index ?? left.end;
}
