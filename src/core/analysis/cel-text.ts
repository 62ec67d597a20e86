import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import type { Placeholder } from './placeholder.ts';
import { placeholdersOf } from './placeholder.ts';

/** Where in a CEL expression something stands. */
type Mode =
  | { readonly kind: 'code' }
  | { readonly kind: 'comment' }
  | { readonly kind: 'string'; readonly quote: string; readonly isRaw: boolean };

const code: Mode = { kind: 'code' };
/** CEL's own `matches` runs JavaScript's regular expressions, which one can hang; this one is ours, in linear time. */
export const linearMatches = 'matchesLinear';

/** What stands for an argument: in the place of a value, or inside a string. */
export interface ArgumentText {
  readonly bare: string;
  readonly quoted: string;
}

/** The expression as it will be parsed: arguments as literals that can never become syntax, and `matches` as our own. */
export function celText(
  text: string,
  argument: (placeholder: Placeholder) => Result<ArgumentText, string>,
): Result<string, readonly string[]> {
  const places = new Map(placeholdersOf(text).map((placeholder) => [placeholder.at, placeholder]));
  const problems: string[] = [];
  let mode: Mode = code;
  let output = '';
  for (let at = 0; at < text.length; ) {
    const placeholder = places.get(at);
    if (placeholder !== undefined) {
      const found = argument(placeholder);
      const rendered = found.ok
        ? render(found.value, mode, { before: output.slice(-1), after: text.slice(placeholder.end, placeholder.end + 1) })
        : found;
      if (rendered.ok) output += rendered.value;
      else problems.push(rendered.failure.replace('VALUE', `argument "${placeholder.name}"`));
      at = placeholder.end;
      continue;
    }
    const token = nextToken(text, at, mode);
    output += token.isMatches ? linearMatches : text.slice(at, token.end);
    mode = token.mode;
    at = token.end;
  }
  return problems.length === 0 ? ok(output) : fail([...new Set(problems)]);
}

interface Token {
  readonly end: number;
  readonly mode: Mode;
  readonly isMatches?: boolean;
}

const opening = /([rR]?)("""|'''|"|')/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;

function nextToken(text: string, at: number, mode: Mode): Token {
  if (mode.kind === 'comment') return { end: at + 1, mode: text[at] === '\n' ? code : mode };
  if (mode.kind === 'string') {
    if (text[at] === '\\' && !mode.isRaw) return { end: Math.min(text.length, at + 2), mode };
    return text.startsWith(mode.quote, at) ? { end: at + mode.quote.length, mode: code } : { end: at + 1, mode };
  }
  if (text.startsWith('//', at)) return { end: at + 2, mode: { kind: 'comment' } };
  opening.lastIndex = at;
  const opened = opening.exec(text);
  if (opened !== null) return { end: opening.lastIndex, mode: { kind: 'string', quote: opened[2] ?? '"', isRaw: opened[1] !== '' } };
  word.lastIndex = at;
  const name = word.exec(text)?.[0];
  if (name === undefined) return { end: at + 1, mode };
  const end = at + name.length;
  return { end, mode, isMatches: name === 'matches' && /^\s*\(/.test(text.slice(end)) };
}

function render(
  { bare, quoted }: ArgumentText,
  mode: Mode,
  { before, after }: { readonly before: string; readonly after: string },
): Result<string, string> {
  if (mode.kind === 'comment') return fail('VALUE stands in a comment');
  if (mode.kind === 'string') {
    if (mode.isRaw) return fail('VALUE stands in a raw string, where nothing can be escaped; use plain quotes');
    return before === '\\' ? fail('VALUE stands behind a backslash') : ok(quoted);
  }
  const touches = /[A-Za-z0-9_."']/.test(before) || /[A-Za-z0-9_."'(]/.test(after);
  return touches ? fail('VALUE touches a word, a number or a string') : ok(bare);
}

const number = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

/** A number where it looks like one, else a string. */
export function argumentText(value: string): ArgumentText {
  const quoted = escapeCel(value);
  if (!number.test(value) || !Number.isFinite(Number(value))) return { bare: `"${quoted}"`, quoted };
  const parsed = Number(value);
  const isWhole = Number.isSafeInteger(parsed) && /^[+-]?[0-9]+$/.test(value);
  const digits = isWhole || /[.e]/.test(String(parsed)) ? String(parsed) : `${parsed}.0`;
  return { bare: parsed < 0 ? `(${digits})` : digits, quoted };
}

/** For a CEL string in either quotes. */
function escapeCel(value: string): string {
  let escaped = '';
  for (const unit of value) {
    const point = unit.codePointAt(0) ?? 0;
    if (unit === '\\' || unit === '"' || unit === "'") escaped += `\\${unit}`;
    else if (point < 0x20 || point === 0x7f || (point >= 0xd800 && point <= 0xdfff))
      escaped += `\\u${(point >= 0xd800 && point <= 0xdfff ? 0xfffd : point).toString(16).padStart(4, '0')}`;
    else escaped += unit;
  }
  return escaped;
}
