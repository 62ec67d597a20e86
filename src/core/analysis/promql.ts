import type { Result } from '../../lib/index.ts';
import { fail, formatDuration, ok, parseDuration } from '../../lib/index.ts';
import { lookUpText, placeholdersOf } from './placeholder.ts';
import type { PromqlState } from './promql-state.ts';
import { advance, initialState } from './promql-state.ts';
import type { Scope } from './scope.ts';

/**
 * Arguments in PromQL, so that a value never becomes syntax: escaped inside a string (for its quotes, and for regex behind `=~`
 * and `!~`), refused inside backticks, quoted in the bare place of a label value, and anywhere else only a number or a duration.
 */
export function substitutePromql(query: string, scope: Scope): Result<string, readonly string[]> {
  const problems: string[] = [];
  let state = initialState;
  let output = '';
  let from = 0;
  const copy = (to: number) => {
    const piece = query.slice(from, to);
    state = advance(state, piece);
    output += piece;
  };
  for (const placeholder of placeholdersOf(query)) {
    copy(placeholder.at);
    from = placeholder.end;
    const value = lookUpText(placeholder, scope);
    const rendered = value.ok ? render(value.value, { state, output, rest: query.slice(placeholder.end) }) : value;
    if (!rendered.ok) {
      problems.push(rendered.failure.replace('VALUE', `argument "${placeholder.name}"`));
      continue;
    }
    output += rendered.value;
    state = advance(state, rendered.value);
  }
  copy(query.length);
  return problems.length === 0 ? ok(output) : fail([...new Set(problems)]);
}

interface Place {
  readonly state: PromqlState;
  readonly output: string;
  readonly rest: string;
}

function render(value: string, place: Place): Result<string, string> {
  const { state } = place;
  if (state.isEscaped) return fail('VALUE stands behind a backslash');
  switch (state.mode) {
    case 'backtick':
      return fail('VALUE stands inside backticks, where nothing can be escaped; use quotes');
    case 'comment':
      return fail('VALUE stands in a comment');
    case 'double':
      return ok(escapeString(state.isRegex ? escapeRegex(value) : value, '"'));
    case 'single':
      return ok(escapeString(state.isRegex ? escapeRegex(value) : value, "'"));
    case 'code':
      if (state.expects === 'labelValue') return ok(`"${escapeString(state.isRegex ? escapeRegex(value) : value, '"')}"`);
      return renderNumber(value, place);
  }
}

const number = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const promqlDuration = /^([0-9]+(ms|[smhdwy]))+$/;

function renderNumber(value: string, { state, output, rest }: Place): Result<string, string> {
  const neighbour = state.brackets > 0 ? /[A-Za-z0-9_.]/ : /[A-Za-z0-9_.:]/;
  const touches = neighbour.test(output.slice(-1)) || neighbour.test(rest.slice(0, 1));
  // Beside a letter or digit anything but digits could make other tokens of what stands there.
  if (touches) return /^[0-9]+$/.test(value) ? ok(value) : fail('VALUE touches a word or number of the query, where only digits may stand');
  if (number.test(value)) {
    const isOperand = !/^[+-]/.test(value) || /^[(,=<>!~+\-*/%^]?$/.test(state.previous);
    return isOperand ? ok(value) : fail('VALUE has a sign, which would be an operator here');
  }
  if (promqlDuration.test(value)) return ok(value);
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= 1) return ok(formatDuration(ms));
  return fail('VALUE stands outside a string of the query, where only a number or a duration may stand');
}

/** For the place of a regex, before it is escaped for its string. */
export const escapeRegex = (value: string): string => value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/** For a PromQL string with these quotes; control characters become \u escapes. */
export function escapeString(value: string, quote: '"' | "'"): string {
  let escaped = '';
  for (const unit of value) {
    const code = unit.charCodeAt(0);
    if (unit === '\\' || unit === quote) escaped += `\\${unit}`;
    else if (code < 0x20 || code === 0x7f) escaped += `\\u${code.toString(16).padStart(4, '0')}`;
    else escaped += unit;
  }
  return escaped;
}
