// Every mark that we put on objects is in docs/marks.md, and the page names no other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const group = 'sluice.dev';
/** Names under our prefix that are no marks: versions of the API. */
const isVersion = (name: string): boolean => /^v\d/.test(name);

function marksIn(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name ?? '').filter((name) => !isVersion(name));
}

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !/(^|\/)(testing|sandbox)\//.test(file))
  .map((file) => readFileSync(join('src', file), 'utf8'))
  .join('\n');

test('the page of marks and the program agree, both ways', () => {
  const written = new Set([
    ...marksIn(sources, new RegExp(`['"\`]${group}/([a-z-]+)['"\`]`, 'g')),
    ...marksIn(sources, /\$\{ourPrefix\}([a-z-]+)/g),
  ]);
  const documented = new Set(marksIn(readFileSync('docs/marks.md', 'utf8'), new RegExp(`\`${group}/([a-z-]+)`, 'g')));
  expect([...documented].toSorted()).toEqual([...written].toSorted());
});
