import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import type { ArgBinding, Scope } from './scope.ts';

/** `{{args.NAME}}` at a place of a text; `name` undefined where braces are there and no proper name is. */
export interface Placeholder {
  readonly at: number;
  readonly end: number;
  readonly name: string | undefined;
}

const pattern = /\{\{\s*args\.([^{}]*?)\s*\}\}/g;
const properName = /^[A-Za-z0-9_-]+$/;

/** All placeholders of the text, from left to right. One pass: what stands in a value is never looked at. */
export function placeholdersOf(text: string): readonly Placeholder[] {
  return [...text.matchAll(pattern)].map((match) => {
    const name = match[1] ?? '';
    return { at: match.index, end: match.index + match[0].length, name: properName.test(name) ? name : undefined };
  });
}

/** What the placeholder stands for, or why it stands for nothing. */
export function lookUp({ name }: Placeholder, scope: Scope): Result<ArgBinding, string> {
  if (name === undefined) return fail('{{args.…}} needs a name of letters, digits, - and _');
  const bound = scope.get(name);
  return bound === undefined ? fail(`argument "${name}" is not given`) : ok(bound);
}

/** As `lookUp`, where a Secret must not go. */
export function lookUpText(placeholder: Placeholder, scope: Scope): Result<string, string> {
  const found = lookUp(placeholder, scope);
  if (!found.ok) return found;
  if (found.value.kind === 'secret') return fail(`argument "${placeholder.name}" is a Secret and may stand in headers only`);
  return ok(found.value.text);
}
