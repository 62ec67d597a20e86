import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import type { Header } from './metric.ts';
import { lookUp, lookUpText, placeholdersOf } from './placeholder.ts';
import type { HeaderValue } from './question.ts';
import type { Scope } from './scope.ts';

type Part = HeaderValue['parts'][number];

/** What undici sends: a tab, printable ASCII and Latin-1. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A header with its arguments as parts: text, and Secrets by reference. */
export function substituteHeader({ key, value }: Header, scope: Scope): Result<HeaderValue, readonly string[]> {
  const problems: string[] = [];
  const parts: Part[] = [];
  let from = 0;
  const addText = (text: string) => {
    if (!sendable.test(text)) problems.push(`header ${key} would have a character that no header may have`);
    if (text !== '') parts.push({ text });
  };
  for (const placeholder of placeholdersOf(value)) {
    addText(value.slice(from, placeholder.at));
    from = placeholder.end;
    const found = lookUp(placeholder, scope);
    if (!found.ok) problems.push(found.failure);
    else if (found.value.kind === 'secret') parts.push({ secret: found.value.secret });
    else addText(found.value.text);
  }
  addText(value.slice(from));
  return problems.length === 0 ? ok({ key, parts }) : fail([...new Set(problems)]);
}

/** A URL: arguments percent-encoded in path and query, refused in scheme, host and port. */
export function substituteUrl(url: string, scope: Scope): Result<string, readonly string[]> {
  const authorityEnd = /^[^:/?#]*:\/\/[^/?#]*/.exec(url)?.[0].length ?? 0;
  const problems: string[] = [];
  let output = '';
  let from = 0;
  for (const placeholder of placeholdersOf(url)) {
    output += url.slice(from, placeholder.at);
    from = placeholder.end;
    const value = lookUpText(placeholder, scope);
    if (!value.ok) problems.push(value.failure);
    else if (placeholder.at < authorityEnd) problems.push(`argument "${placeholder.name}" may not stand in scheme, host or port of a URL`);
    else output += percentEncode(value.value);
  }
  output += url.slice(from);
  if (problems.length === 0 && climbs(output)) problems.push('the URL has a path segment of dots alone');
  return problems.length === 0 ? ok(output) : fail([...new Set(problems)]);
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** As encodeURIComponent, and the characters it leaves; a lone surrogate becomes U+FFFD. */
const percentEncode = (value: string): string =>
  encodeURIComponent(value.replace(loneSurrogate, '\ufffd')).replace(
    /[!'()*]/g,
    (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Dot segments would be folded away, and lead out of the path that the template names. */
const climbs = (url: string): boolean => (url.split(/[?#]/, 1)[0] ?? '').split(/[/\\]/).some((segment) => /^(\.|%2e){1,2}$/i.test(segment));

const jsonNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** A body: arguments JSON-escaped inside a JSON string; outside one only a number, or true or false. */
export function substituteBody(body: string, scope: Scope): Result<string, readonly string[]> {
  const problems: string[] = [];
  let output = '';
  let from = 0;
  let isInString = false;
  const copy = (to: number) => {
    const piece = body.slice(from, to);
    for (const [token] of piece.matchAll(/\\[\s\S]?|"/g)) if (token === '"') isInString = !isInString;
    output += piece;
  };
  for (const placeholder of placeholdersOf(body)) {
    copy(placeholder.at);
    from = placeholder.end;
    const value = lookUpText(placeholder, scope);
    if (!value.ok) problems.push(value.failure);
    else if (isInString) output += JSON.stringify(value.value.replace(loneSurrogate, '\ufffd')).slice(1, -1);
    else if (jsonNumber.test(value.value) || value.value === 'true' || value.value === 'false') output += value.value;
    else
      problems.push(
        `argument "${placeholder.name}" stands outside a JSON string of the body, where only a number, true or false may stand`,
      );
  }
  copy(body.length);
  return problems.length === 0 ? ok(output) : fail([...new Set(problems)]);
}
