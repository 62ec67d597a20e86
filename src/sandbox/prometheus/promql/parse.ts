import type { Matcher } from '../store.ts';
import type { Aggregation, At, Binary, Expr, Matching, Moment, Unary } from './ast.ts';
import { setOperators } from './ast.ts';
import { ParseError } from './failure.ts';
import { readSelector } from './parse-selector.ts';
import { parseNumber, parsePromDuration, unquote } from './scan.ts';
import { signatures } from './signatures.ts';
import type { Token } from './token.ts';
import { TokenReader } from './token-reader.ts';

/** The tree of a query, its types unchecked. Throws ParseError, the first one in the order of the real server. */
export function parseQuery(query: string): Expr {
  const tokens = new TokenReader(query);
  if (tokens.peek().kind === 'end') throw new ParseError(0, 'no expression found in input');
  const expr = new Parser(tokens).expression(0);
  if (tokens.peek().kind !== 'end') throw tokens.unexpected();
  return expr;
}

/** The matchers of a series selector, as `match[]` takes it. */
export function parseSelector(text: string): readonly Matcher[] {
  const tokens = new TokenReader(text);
  const name = canNameMetric(tokens.peek()) ? tokens.take() : undefined;
  if (name === undefined && !tokens.isNext('{')) throw tokens.unexpected();
  const { matchers } = readSelector(tokens, name);
  if (tokens.peek().kind !== 'end') throw tokens.unexpected();
  return matchers;
}

const precedence: Readonly<Record<string, number>> = {
  ...{ or: 1, and: 2, unless: 2, '==': 3, '!=': 3, '<': 3, '<=': 3, '>': 3, '>=': 3 },
  ...{ '+': 4, '-': 4, '*': 5, '/': 5, '%': 5, atan2: 5, '^': 6 },
};
const power = 6;

/** Words that may also name a metric. */
const nameWords: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'by', 'without', 'offset', 'start', 'end']);

function canNameMetric({ kind, word }: Token): boolean {
  if (kind === 'identifier' || kind === 'metricIdentifier' || kind === 'aggregator') return true;
  return (kind === 'keyword' || kind === 'operator' || kind === 'preprocessor') && nameWords.has(word);
}

/** Whether an expression may begin with it. */
const canBegin = (token: Token): boolean =>
  ['number', 'string'].includes(token.kind) || ['{', '(', '+', '-'].includes(token.word) || canNameMetric(token);

class Parser {
  readonly #tokens: TokenReader;

  constructor(tokens: TokenReader) {
    this.#tokens = tokens;
  }

  /** Binary operators that bind at least as tightly as `least`. */
  expression(least: number): Expr {
    let left = this.#unary();
    for (;;) {
      const { kind, word: op } = this.#tokens.peek();
      const binds = kind === 'operator' ? (precedence[op] ?? 0) : 0;
      if (binds === 0 || binds < least) return left;
      this.#tokens.take();
      const { returnsBool, matching } = this.#modifiers(op);
      const right = this.expression(op === '^' ? binds : binds + 1);
      left = { kind: 'binary', op, left, right, returnsBool, matching, start: left.start, end: right.end };
    }
  }

  #modifiers(op: string): Pick<Binary, 'returnsBool' | 'matching'> {
    const returnsBool = this.#tokens.takeIf('bool');
    const isOn = this.#tokens.isNext('on');
    if (!isOn && !this.#tokens.isNext('ignoring')) {
      const card = setOperators.has(op) ? 'many' : 'one';
      return { returnsBool, matching: { card, isOn: false, labels: [], include: [] } };
    }
    this.#tokens.take();
    const labels = this.#groupingLabels();
    let card: Matching['card'] = setOperators.has(op) ? 'many' : 'one';
    let include: readonly string[] = [];
    if (this.#tokens.isNext('group_left') || this.#tokens.isNext('group_right')) {
      card = this.#tokens.take().word === 'group_left' ? 'left' : 'right';
      if (this.#tokens.isNext('(') || !canBegin(this.#tokens.peek())) include = this.#groupingLabels();
    }
    return { returnsBool, matching: { card, isOn, labels, include } };
  }

  #groupingLabels(): readonly string[] {
    if (!this.#tokens.takeIf('(')) throw this.#tokens.unexpected('grouping opts', '"("');
    const labels: string[] = [];
    if (this.#tokens.takeIf(')')) return labels;
    for (;;) {
      const { kind, text } = this.#tokens.peek();
      const isWord = kind !== 'string' && kind !== 'number' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
      if (!isWord) throw this.#tokens.unexpected('grouping opts', 'label');
      this.#tokens.take();
      labels.push(text);
      const hasComma = this.#tokens.takeIf(',');
      if (this.#tokens.takeIf(')')) return labels;
      if (!hasComma) throw this.#tokens.unexpected('grouping opts', '"," or ")"');
    }
  }

  #unary(): Expr {
    const isSign = this.#tokens.isNext('-') || this.#tokens.isNext('+');
    if (!isSign) return this.#postfix(this.#primary());
    const { word, start } = this.#tokens.take();
    const body = this.expression(power);
    if (body.kind === 'number') return { ...body, value: word === '-' ? -body.value : body.value, start };
    return { kind: 'unary', op: word as Unary['op'], body, start, end: body.end };
  }

  #primary(): Expr {
    const token = this.#tokens.peek();
    if (token.kind === 'number') {
      this.#tokens.take();
      const value = parseNumber(token.text);
      if (value === undefined) {
        throw new ParseError(token.start, `error parsing number: strconv.ParseFloat: parsing "${token.text}": invalid syntax`);
      }
      return { kind: 'number', value, start: token.start, end: token.end };
    }
    if (token.kind === 'string') {
      this.#tokens.take();
      return { kind: 'string', value: unquote(token.text), start: token.start, end: token.end };
    }
    if (this.#tokens.takeIf('(')) {
      const body = this.expression(0);
      this.#close(')');
      return { kind: 'paren', body, start: token.start, end: this.#tokens.lastEnd };
    }
    if (this.#tokens.isNext('{')) return readSelector(this.#tokens, undefined);
    if (!canNameMetric(token)) throw this.#tokens.unexpected();
    this.#tokens.take();
    return this.#named(token);
  }

  /** A call, an aggregation or a selector: what follows the name decides. */
  #named(name: Token): Expr {
    if (name.kind === 'identifier' && this.#tokens.isNext('(')) return this.#call(name);
    const isAggregation = ['(', 'by', 'without'].some((word) => this.#tokens.isNext(word));
    if (name.kind === 'aggregator' && isAggregation) return this.#aggregation(name);
    return readSelector(this.#tokens, name);
  }

  #call(name: Token): Expr {
    const args = this.#arguments();
    if (!signatures.has(name.text)) throw new ParseError(name.start, `unknown function with name "${name.text}"`);
    return { kind: 'call', name: name.text, args, start: name.start, end: this.#tokens.lastEnd };
  }

  #arguments(): readonly Expr[] {
    if (!this.#tokens.takeIf('(')) throw this.#tokens.unexpected();
    const args: Expr[] = [];
    if (this.#tokens.takeIf(')')) return args;
    for (;;) {
      args.push(this.expression(0));
      const comma = this.#tokens.isNext(',') ? this.#tokens.take() : undefined;
      if (comma !== undefined && !canBegin(this.#tokens.peek())) {
        throw new ParseError(comma.start, 'trailing commas not allowed in function call args');
      }
      if (comma === undefined) {
        this.#close(')');
        return args;
      }
    }
  }

  #aggregation(name: Token): Aggregation {
    const { args, grouping } = this.#tokens.inAggregation(() => {
      const before = this.#grouping();
      return { args: this.#arguments(), grouping: before };
    });
    const { isWithout, labels } = grouping ?? this.#grouping() ?? { isWithout: false, labels: [] };
    if (args.length === 0) throw new ParseError(name.start, 'no arguments for aggregate expression provided');
    const wanted = withParameter.has(name.word) ? 2 : 1;
    const body = args[wanted - 1];
    if (args.length !== wanted || body === undefined) {
      const message = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`;
      throw new ParseError(name.start, message);
    }
    const param = wanted === 2 ? args[0] : undefined;
    return { kind: 'aggregation', op: name.word, isWithout, labels, param, body, start: name.start, end: this.#tokens.lastEnd };
  }

  #grouping(): Pick<Aggregation, 'isWithout' | 'labels'> | undefined {
    if (!this.#tokens.isNext('by') && !this.#tokens.isNext('without')) return undefined;
    const isWithout = this.#tokens.take().word === 'without';
    return { isWithout, labels: this.#groupingLabels() };
  }

  /** Ranges, subqueries, offsets and moments after an expression. */
  #postfix(expr: Expr): Expr {
    let inner = expr;
    for (;;) {
      if (this.#tokens.isNext('[')) inner = this.#range(inner);
      else if (this.#tokens.takeIf('offset')) inner = this.#offset(inner);
      else if (this.#tokens.peek().kind === 'at') inner = this.#at(inner);
      else return inner;
    }
  }

  #range(body: Expr): Expr {
    const bracket = this.#tokens.take();
    const rangeMs = this.#duration('subquery selector', 'duration');
    if (this.#tokens.takeIf(':')) {
      const stepMs = this.#tokens.isNext(']') ? undefined : this.#duration('subquery selector', 'duration or "]"');
      if (!this.#tokens.takeIf(']')) throw this.#tokens.unexpected('subquery selector', '"]"');
      return { kind: 'subquery', body, rangeMs, stepMs, offsetMs: 0, at: undefined, start: body.start, end: this.#tokens.lastEnd };
    }
    if (!this.#tokens.takeIf(']')) throw this.#tokens.unexpected('subquery or range', '":" or "]"');
    if (body.kind !== 'vector') throw new ParseError(bracket.start, 'ranges only allowed for vector selectors');
    if (body.offsetMs !== 0) throw new ParseError(bracket.start, 'no offset modifiers allowed before range');
    if (body.at?.kind === 'time') throw new ParseError(bracket.start, 'no @ modifiers allowed before range');
    return { kind: 'matrix', selector: body, rangeMs, start: body.start, end: this.#tokens.lastEnd };
  }

  #duration(context: string, expected: string): number {
    if (this.#tokens.peek().kind !== 'duration') throw this.#tokens.unexpected(context, expected);
    const { text, start } = this.#tokens.take();
    const ms = parsePromDuration(text);
    if (typeof ms === 'string') throw new ParseError(start, ms);
    if (ms === 0) throw new ParseError(start, 'duration must be greater than 0');
    return ms;
  }

  #offset(expr: Expr): Expr {
    const isNegative = this.#tokens.takeIf('-');
    if (isNegative && this.#tokens.peek().kind !== 'duration') throw this.#tokens.unexpected('offset', 'duration');
    const ms = this.#duration('offset', 'duration');
    return this.#moved(expr, 'offset modifier', (moment) => {
      if (moment.offsetMs !== 0) throw new ParseError(expr.start, 'offset may not be set multiple times');
      return { ...moment, offsetMs: isNegative ? -ms : ms };
    });
  }

  #at(expr: Expr): Expr {
    this.#tokens.take();
    const at = this.#moment(expr);
    return this.#moved(expr, '@ modifier', (moment) => {
      if (moment.at !== undefined) throw new ParseError(expr.start, '@ <timestamp> may not be set multiple times');
      return { ...moment, at };
    });
  }

  #moment(expr: Expr): At {
    const { kind, word } = this.#tokens.peek();
    if (kind === 'preprocessor') {
      this.#tokens.take();
      if (!this.#tokens.takeIf('(') || !this.#tokens.takeIf(')')) throw this.#tokens.unexpected('@', 'timestamp');
      return word === 'start' ? { kind: 'start' } : { kind: 'end' };
    }
    const sign = this.#tokens.isNext('-') || this.#tokens.isNext('+') ? this.#tokens.take().word : '+';
    const token = this.#tokens.peek();
    const seconds = token.kind === 'number' ? parseNumber(token.text) : undefined;
    if (seconds === undefined) throw this.#tokens.unexpected('@', 'timestamp');
    this.#tokens.take();
    if (!Number.isFinite(seconds) || seconds >= 2 ** 63) {
      const shown = Number.isFinite(seconds) ? seconds.toFixed(6) : Number.isNaN(seconds) ? 'NaN' : `${sign}Inf`;
      throw new ParseError(expr.start, `timestamp out of bounds for @ modifier: ${shown}`);
    }
    return { kind: 'time', ms: Math.round(seconds * 1_000) * (sign === '-' ? -1 : 1) };
  }

  #moved(expr: Expr, what: string, change: (moment: Moment) => Moment): Expr {
    const end = this.#tokens.lastEnd;
    switch (expr.kind) {
      case 'vector':
      case 'subquery':
        return { ...expr, ...change({ offsetMs: expr.offsetMs, at: expr.at }), end };
      case 'matrix':
        return { ...expr, selector: { ...expr.selector, ...change(expr.selector) }, end };
      default:
        throw new ParseError(expr.start, `${what} must be preceded by an instant vector selector or range vector selector or a subquery`);
    }
  }

  #close(sign: string): void {
    if (!this.#tokens.takeIf(sign)) throw this.#tokens.unexpected();
  }
}

const withParameter: ReadonlySet<string> = new Set(['topk', 'bottomk', 'count_values', 'quantile']);
