import { quoted, unicodeText } from '../go-text.ts';
import { ParseError } from './failure.ts';

/** Where a number ends, and whether nothing of a word follows it. It need not be a valid one. */
export function scanNumber(text: string, start: number): { readonly end: number; readonly isWhole: boolean } {
  const rest = text.slice(start);
  const [scanned = ''] = /^(?:0[xX][0-9a-fA-F]*(?:\.[0-9a-fA-F]*)?|[0-9]*(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]*)?/.exec(rest) ?? [];
  return { end: start + scanned.length, isWhole: !/^[A-Za-z0-9_]/.test(rest.slice(scanned.length)) };
}

/** Where a duration ends whose first number ends at `from`; throws with all that was read of it. */
export function scanDuration(text: string, start: number, from: number, kind: string): number {
  const rest = text.slice(from);
  const [units = ''] = /^[smhdwy]s?(?:[0-9]+[smhdw]s?)*/.exec(rest) ?? [];
  const [digits = ''] = units === '' ? [] : (/^[0-9]+/.exec(rest.slice(units.length)) ?? []);
  const end = from + units.length;
  if (units === '' || digits !== '') throw new ParseError(start, `bad ${kind} syntax: ${quoted(text.slice(start, end + digits.length))}`);
  if (/^[A-Za-z0-9_]/.test(text.slice(end))) throw new ParseError(start, `bad ${kind} syntax: ${quoted(text.slice(start, end + 1))}`);
  return end;
}

/** Where the string that begins at `start` ends, its closing quote included. */
export function scanString(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; ; ) {
    const rune = [...text.slice(at, at + 2)][0] ?? '';
    if (rune === '') throw new ParseError(start, quote === '`' ? 'unterminated raw string' : 'unterminated quoted string');
    if (rune === '\uFFFD') throw new ParseError(start, 'invalid UTF-8 rune');
    if (rune === quote) return at + 1;
    if (quote !== '`' && rune === '\n') throw new ParseError(start, 'unterminated quoted string');
    at = quote !== '`' && rune === '\\' ? scanEscape(text, start, at + 1) : at + rune.length;
  }
}

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Where the escape ends whose letter stands at `at`. */
function scanEscape(text: string, start: number, at: number): number {
  const letter = [...text.slice(at, at + 2)][0] ?? '';
  if (letter === '') throw new ParseError(start, 'escape sequence not terminated');
  if (letter === text.charAt(start) || 'abfnrtv\\'.includes(letter)) return at + 1;
  const isOctal = /^[0-7]$/.test(letter);
  const count = isOctal ? 3 : hexDigits[letter];
  if (count === undefined) throw new ParseError(start, `unknown escape sequence ${unicodeText(letter)}`);
  const first = isOctal ? at : at + 1;
  for (let index = first; index < first + count; index++) {
    const digit = [...text.slice(index, index + 2)][0] ?? '';
    if (digit === '') throw new ParseError(start, 'escape sequence not terminated');
    if (!(isOctal ? /^[0-7]$/ : /^[0-9A-Fa-f]$/).test(digit))
      throw new ParseError(start, `illegal character ${unicodeText(digit)} in escape sequence`);
  }
  const code = Number.parseInt(text.slice(first, first + count), isOctal ? 8 : 16);
  const most = isOctal || letter === 'x' ? 255 : 0x10ffff;
  if (code > most || (code >= 0xd800 && code < 0xe000)) throw new ParseError(start, 'escape sequence is an invalid Unicode code point');
  return first + count;
}

const controls: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The value of a string literal that `scanString` found whole. Escapes in bytes are put together as UTF-8. */
export function unquote(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`') || !body.includes('\\')) return body;
  const parts: Buffer[] = [];
  for (const [piece, , hexBytes, octal, hex4, hex8, other] of body.matchAll(
    /\\(x([0-9A-Fa-f]{2})|([0-7]{3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))|[^\\]+/g,
  )) {
    const byte = hexBytes === undefined ? octal : undefined;
    if (hexBytes !== undefined) parts.push(Buffer.from([Number.parseInt(hexBytes, 16)]));
    else if (byte !== undefined) parts.push(Buffer.from([Number.parseInt(byte, 8)]));
    else if (hex4 !== undefined || hex8 !== undefined)
      parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(hex4 ?? hex8 ?? '', 16))));
    else parts.push(Buffer.from(other === undefined ? piece : (controls[other] ?? other)));
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Go's rules: `0x1f`, `017` in octal, and floats; undefined where it is none. */
export function parseNumber(text: string): number | undefined {
  const word = text.toLowerCase();
  if (word === 'inf') return Number.POSITIVE_INFINITY;
  if (word === 'nan') return Number.NaN;
  if (/^0[0-7]+$/.test(word)) return Number.parseInt(word, 8);
  if (/^0x[0-9a-f]+$/.test(word)) return Number.parseInt(word.slice(2), 16);
  return /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/.test(word) ? Number(word) : undefined;
}

const units: readonly (readonly [string, number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** Milliseconds of `1d12h`: each unit at most once, the larger first; a sentence where it is none. */
export function parsePromDuration(text: string): number | string {
  if (text === '0') return 0;
  if (text === '') return 'empty duration string';
  const [whole, ...counts] =
    /^(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/.exec(text) ?? [];
  if (whole === undefined) return `not a valid duration string: ${quoted(text)}`;
  const totalMs = units.reduce((sum, [, unitMs], at) => sum + Number(counts[at] ?? 0) * unitMs, 0);
  return totalMs * 1e6 > 2 ** 63 - 1 ? 'duration out of range' : totalMs;
}
