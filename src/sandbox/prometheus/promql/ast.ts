import type { Matcher } from '../store.ts';

/** A query as a tree. `start` and `end` are where it stands in the text, for the positions of errors. */
export type Expr = NumberLiteral | StringLiteral | VectorSelector | MatrixSelector | Subquery | Call | Aggregation | Binary | Unary | Paren;

interface Span {
  readonly start: number;
  readonly end: number;
}

export interface NumberLiteral extends Span {
  readonly kind: 'number';
  readonly value: number;
}

export interface StringLiteral extends Span {
  readonly kind: 'string';
  readonly value: string;
}

/** `@ 1609746000`, `@ start()`, `@ end()`. */
export type At = { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'start' } | { readonly kind: 'end' };

/** When a selector or subquery looks: `offset` and `@`. */
export interface Moment {
  /** Zero: none was written. */
  readonly offsetMs: number;
  readonly at: At | undefined;
}

export interface VectorSelector extends Span, Moment {
  readonly kind: 'vector';
  /** The name before the braces; empty where there is none. */
  readonly name: string;
  /** The name among them, last. */
  readonly matchers: readonly Matcher[];
}

export interface MatrixSelector extends Span {
  readonly kind: 'matrix';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
}

export interface Subquery extends Span, Moment {
  readonly kind: 'subquery';
  readonly body: Expr;
  readonly rangeMs: number;
  /** Undefined: the server's default. */
  readonly stepMs: number | undefined;
}

export interface Call extends Span {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
}

export const aggregators = [
  ...['avg', 'bottomk', 'count', 'count_values', 'group', 'max', 'min', 'quantile', 'stddev', 'stdvar', 'sum', 'topk'],
] as const;

export interface Aggregation extends Span {
  readonly kind: 'aggregation';
  readonly op: string;
  readonly isWithout: boolean;
  readonly labels: readonly string[];
  readonly param: Expr | undefined;
  readonly body: Expr;
}

export interface Matching {
  /** `one` to `one`; `left`: many on the left (group_left); `right`; `many`: a set operation. */
  readonly card: 'one' | 'left' | 'right' | 'many';
  readonly isOn: boolean;
  readonly labels: readonly string[];
  readonly include: readonly string[];
}

export interface Binary extends Span {
  readonly kind: 'binary';
  readonly op: string;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnsBool: boolean;
  readonly matching: Matching;
}

export interface Unary extends Span {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly body: Expr;
}

export interface Paren extends Span {
  readonly kind: 'paren';
  readonly body: Expr;
}

export const comparisons: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);
export const setOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** Without the parentheses around it. */
export const bare = (expr: Expr): Expr => (expr.kind === 'paren' ? bare(expr.body) : expr);
