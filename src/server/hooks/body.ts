import type { z } from 'zod';
import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';

/** JSON of signed bytes, by a schema that takes only what it names. */
export function readJson<T extends z.ZodType>(schema: T, text: string): Result<z.output<T>, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('the body is no JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return fail(`the body is not as expected: ${issue?.path.map(String).join('.') || 'body'}: ${issue?.message ?? ''}`.slice(0, 300));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are no UTF-8 are no text. */
export function textOf(body: Buffer): Result<string, string> {
  try {
    return ok(utf8.decode(body));
  } catch {
    return fail('the body is no UTF-8');
  }
}
