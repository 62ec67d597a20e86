// The table of planted faults must fit the code: a fault whose line is gone would never be planted.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutants } from './cluster/mutants.table.ts';

test.each(mutants)('$name: its line is there, once, and its scenario is', ({ file, from, test: suite, scenario }) => {
  expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2);
  // Names made from a table have their last words from there.
  expect(readFileSync(`test/cluster/${suite}.test.ts`, 'utf8')).toContain(scenario.split(' ').slice(0, 2).join(' '));
});
