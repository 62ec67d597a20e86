// The registry of reasons and the program, in step both ways: every code is said by some line of it, and no line says another.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { reasons } from '../src/core/reasons.ts';

const root = resolve(import.meta.dirname, '../src');

/** Reasons of parts that are still to be written. It only ever shrinks. */
const notYetSaid = new Set(['AbortedByDecision', 'RejectedAtGate']);
/**
 * The program as it runs: without types and comments, which say nothing, and without the places where a reason is only asked for. The sandbox's reasons
 * are Kubernetes' own.
 */
const program = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|testing\/|core\/reasons\.ts$|^sandbox\//.test(path))
  .map((path) => transformSync(readFileSync(join(root, path), 'utf8'), { loader: 'ts' }).code)
  .join('\n')
  .replace(/(?:[=!]==? |case )"\w+"/g, '')
  // Some reasons are words of status as well: where it is a phase, an outcome or one of a list, nothing is said.
  .replace(/\b(?:phase|outcome|state): [^,;}\n]*/g, '')
  .replace(/\[(?:\s*"\w+",?)+\s*\]/g, '');

test('every reason is said by some line of the program', () => {
  const unsaid = Object.keys(reasons).filter((code) => !program.includes(`"${code}"`));
  expect(unsaid.filter((code) => !notYetSaid.has(code))).toEqual([]);
});

test('every reason that the program says is in the registry', () => {
  const said = [...program.matchAll(/\breason: "(\w+)"|\bstalled\(\s*"(\w+)"|\babort\(\s*\w+,\s*\w+,\s*"(\w+)"/g)];
  const codes = [...new Set(said.map((found) => found[1] ?? found[2] ?? found[3] ?? ''))];
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !(code in reasons))).toEqual([]);
});
