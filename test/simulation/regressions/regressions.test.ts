import { expect, test } from 'vitest';
import { faults } from '../faults/index.ts';
import { playBeside } from '../hunt/reference.ts';
import { workloads } from '../workloads/index.ts';
import { regressions } from './index.ts';
import { open } from './open.ts';

test('a plan that failed once names faults and workloads that are still there', () => {
  const known = new Set([...faults, ...workloads].map(({ name }) => name));
  const named = [...regressions, ...open].flatMap(({ plan }) => [plan.workload, ...plan.faults.map(({ fault }) => fault)]);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

for (const { text, plan } of regressions)
  test(text, async () => {
    const outcome = await playBeside(plan);
    expect(outcome.violations, outcome.tail.join('\n')).toEqual([]);
  });

for (const { text, plan } of open)
  test(`not mended yet: ${text}`, async () => {
    expect((await playBeside(plan)).violations).not.toEqual([]);
  });
