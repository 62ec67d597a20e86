import type { Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';

/** Deeper than any body of ours. */
const deepest = 16;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * JSON as it is meant: one that two readers could read differently (a key twice, bytes that are no UTF-8, a byte order mark), that would reach prototypes, or that nests
 * without end is refused. A failure says why.
 */
export function parseStrictJson(bytes: Uint8Array): Result<unknown, string> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return fail('the body is not UTF-8');
  }
  try {
    const value: unknown = JSON.parse(text);
    const flaw = flawOf(text);
    return flaw === undefined ? ok(value) : fail(flaw);
  } catch {
    return fail('the body is not JSON');
  }
}

/** What opens, what closes, and strings, with the colon that makes one a key. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g;

/** Of text that parses. */
function flawOf(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const key = String(JSON.parse(token.slice(0, -colon.length)));
      const keys = open.at(-1);
      if (keys?.has(key)) return 'the body has a key twice';
      if (key === '__proto__') return 'the body has a key that no body has';
      keys?.add(key);
    }
    if (open.length > deepest) return 'the body nests too deep';
  }
  return undefined;
}
