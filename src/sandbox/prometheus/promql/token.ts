import { quoted } from '../go-text.ts';
import { aggregators } from './ast.ts';

export type TokenKind =
  | 'end'
  | 'identifier'
  | 'metricIdentifier'
  | 'number'
  | 'duration'
  | 'string'
  | 'operator'
  | 'aggregator'
  | 'keyword'
  | 'preprocessor'
  | 'at'
  | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  /** As written; `word` is the same in lower case for keywords, operators and aggregators. */
  readonly text: string;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const wordOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2']);
const keywords: ReadonlySet<string> = new Set(['offset', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'bool']);
const aggregatorNames: ReadonlySet<string> = new Set(aggregators);

/** What a word is outside braces, where case does not matter for keywords. */
export function kindOfWord(text: string): TokenKind {
  const word = text.toLowerCase();
  if (wordOperators.has(word)) return 'operator';
  if (keywords.has(word)) return 'keyword';
  if (aggregatorNames.has(word)) return 'aggregator';
  if (word === 'start' || word === 'end') return 'preprocessor';
  if (word === 'inf' || word === 'nan') return 'number';
  return text.includes(':') ? 'metricIdentifier' : 'identifier';
}

/** The words of an error about an unexpected token. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'end of input';
    case 'identifier':
      return `identifier ${quoted(token.text)}`;
    case 'metricIdentifier':
      return `metric identifier ${quoted(token.text)}`;
    case 'number':
    case 'duration':
    case 'string':
      return `${token.kind} ${clipped(token.text)}`;
    case 'keyword':
      return `<${token.text}>`;
    case 'operator':
      // Between a label and its value it is no operator in the real grammar.
      return token.text === '=' ? quoted(token.text) : `<op:${token.text}>`;
    case 'aggregator':
      return `<aggr:${token.text}>`;
    case 'at':
      // A token without a name prints as its number.
      return '"<Item 57385>" <op:@>';
    case 'preprocessor':
    case 'punctuation':
      return quoted(token.text);
  }
}

const clipped = (text: string): string => {
  const runes = [...text];
  return runes.length > 10 ? `${quoted(runes.slice(0, 10).join(''))}...` : quoted(text);
};
