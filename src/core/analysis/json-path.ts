import type { Result } from '../../lib/index.ts';
import { fail, isObject, ok } from '../../lib/index.ts';
import type { JsonPath } from './question.ts';

const name = /\.([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)/y;
const index = /\[\s*(0|-?[1-9][0-9]{0,15})\s*\]/y;
const quoted = /\[\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\]/y;
const blank = /[ \t\n\r]*/y;

/**
 * A singular query of RFC 9535 (section 2.3.5.1): `$`, then names and indices, at most one value. `{$.a.b}`, as kubectl writes it, is the same. What could
 * select several values (wildcards, slices, filters, `..`) is refused by name.
 */
export function jsonPathOf(text: string): Result<JsonPath, string> {
  const trimmed = text.trim();
  const path = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1).trim() : trimmed;
  if (!path.startsWith('$')) return fail('must begin with $, for example $.data.value');
  const parts: (string | number)[] = [];
  let at = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(path);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  };
  while (at < path.length) {
    // Blanks may stand between segments, not at the end.
    take(blank);
    const member = take(name);
    if (member !== undefined) {
      parts.push(member);
      continue;
    }
    const position = take(index);
    if (position !== undefined) {
      parts.push(Number(position));
      continue;
    }
    const text = take(quoted);
    const key = text === undefined ? undefined : unquote(text);
    if (key === undefined) return fail(`${refusal(path.slice(at))}: it must lead to one value, by names and indices`);
    parts.push(key);
  }
  return ok(parts);
}

function refusal(rest: string): string {
  if (rest.startsWith('..')) return '".." selects many values';
  if (/^(\.|\[\s*)\*/.test(rest)) return '"*" selects many values';
  if (/^\[\s*\?/.test(rest)) return 'a filter selects many values';
  if (/^\[[^\]'"]*[:,]/.test(rest)) return 'a slice or a list selects many values';
  return rest === '' ? 'it ends in a blank' : `cannot be read at "${rest.slice(0, 40)}"`;
}

/** A string literal of RFC 9535: JSON's, in either quotes. */
function unquote(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  const asJson = literal.startsWith('"') ? inner : inner.replace(/\\'|"/g, (found) => (found === '"' ? '\\"' : "'"));
  try {
    const value: unknown = JSON.parse(`"${asJson}"`);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value at the path; undefined where there is none. */
export function valueAt(document: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof part === 'number') return Array.isArray(value) ? value.at(part) : undefined;
    return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, document);
}
