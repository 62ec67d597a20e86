import { metricName } from '../labels.ts';
import { compileRegex } from '../regex/index.ts';
import type { Matcher } from '../store.ts';
import type { VectorSelector } from './ast.ts';
import { ParseError } from './failure.ts';
import { unquote } from './scan.ts';
import type { Token } from './token.ts';
import type { TokenReader } from './token-reader.ts';

/** The braces that follow a name, or stand alone. */
export function readSelector(tokens: TokenReader, name: Token | undefined): VectorSelector {
  const start = name?.start ?? tokens.peek().start;
  const matchers = tokens.isNext('{') ? readMatchers(tokens) : [];
  const nameMatcher = name === undefined ? [] : [matcherOf(metricName, '=', name.text, start)];
  return {
    kind: 'vector',
    name: name?.text ?? '',
    matchers: [...matchers, ...nameMatcher],
    offsetMs: 0,
    at: undefined,
    start,
    end: tokens.lastEnd,
  };
}

function readMatchers(tokens: TokenReader): Matcher[] {
  tokens.take();
  const matchers: Matcher[] = [];
  if (tokens.takeIf('}')) return matchers;
  for (;;) {
    matchers.push(readMatcher(tokens));
    const hasComma = tokens.takeIf(',');
    if (tokens.takeIf('}')) return matchers;
    if (!hasComma) throw tokens.unexpected('label matching', '"," or "}"');
  }
}

function readMatcher(tokens: TokenReader): Matcher {
  if (tokens.peek().kind !== 'identifier') throw tokens.unexpected('label matching', 'identifier or "}"');
  const label = tokens.take();
  if (tokens.peek().kind !== 'operator') throw tokens.unexpected('label matching', 'label matching operator');
  const { text: op } = tokens.take();
  if (tokens.peek().kind !== 'string') throw tokens.unexpected('label matching', 'string');
  return matcherOf(label.text, op as Matcher['op'], unquote(tokens.take().text), label.start);
}

function matcherOf(name: string, op: Matcher['op'], value: string, position: number): Matcher {
  if (op === '=') return { name, op, value, matches: (text) => text === value };
  if (op === '!=') return { name, op, value, matches: (text) => text !== value };
  const regex = compileRegex(value);
  if (!regex.ok) throw new ParseError(position, regex.failure);
  const { test } = regex.value;
  return { name, op, value, matches: op === '=~' ? test : (text) => !test(text) };
}
