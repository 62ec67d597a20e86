// The table of planted bugs must fit the code: one whose line is gone would never be planted.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { faultNamed } from '../faults/index.ts';
import { laws } from '../laws/index.ts';
import { workloadNamed } from '../workloads/index.ts';
import { mutants, notYet } from './mutants.table.ts';
import { plansFor } from './plans.ts';
import { editsOf, planted } from './plant.ts';

test.each(mutants)('$c, $name: its line is there, once; it can be planted; its workloads, faults and laws are there', (mutant) => {
  for (const { file, from, to } of editsOf(mutant)) {
    expect(transformSync(planted(mutant, file, process.cwd()), { loader: 'ts' }).code).not.toBe('');
    expect(from).not.toBe(to);
  }
  for (const name of mutant.workloads) workloadNamed(name);
  for (const { fault } of mutant.faults ?? []) faultNamed(fault);
  const known = new Set(laws.map(({ id }) => id));
  expect(mutant.laws.filter((id) => !known.has(id))).toEqual([]);
});

test('each of the 46 failures has a planted bug, or a reason why not yet', () => {
  const named = [...mutants, ...notYet].map(({ c }) => c);
  expect(new Set(named)).toEqual(new Set(Array.from({ length: 46 }, (_, index) => `C${index + 1}`)));
});

test('names tell mutants apart', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});

test('results.json is of this table, and none survived', () => {
  const { mutants: played } = JSON.parse(readFileSync('test/simulation/mutants/results.json', 'utf8')) as {
    readonly mutants: readonly { readonly c: string; readonly mutant: string; readonly kind: string; readonly law: string }[];
  };
  expect(played.map(({ c, mutant }) => [c, mutant])).toEqual(mutants.map(({ c, name }) => [c, name]));
  expect(played.filter(({ kind }) => kind !== 'caught')).toEqual([]);
  played.forEach(({ law }, index) => {
    expect(mutants[index]?.laws).toContain(law);
  });
});

test('what is played is the same each time, and begins with each workload as it is', () => {
  const asked = { workloads: ['promotion', 'held'], faults: [{ fault: 'crash-before' }], plans: 3 };
  const plans = () => [...plansFor(asked, () => ({ effects: 100, reads: 10, events: 100, lengthMs: 60_000 }))];
  expect(plans()).toEqual(plans());
  expect(plans().map(({ workload, faults }) => [workload, faults.length])).toEqual([
    ['promotion', 0],
    ['held', 0],
    ['promotion', 1],
    ['held', 1],
    ['promotion', 1],
  ]);
});
