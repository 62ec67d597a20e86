import { expect, test } from 'vitest';
import { workloads } from '../workloads/index.ts';
import { play } from './play.ts';

test.each(workloads)('$name: $text', async ({ name }) => {
  const plan = { workload: name, seed: 1, faults: [] };
  const outcome = await play(plan);
  expect(outcome.violations, outcome.tail.join('\n')).toEqual([]);
  expect(outcome.requests.lost).toBe(0);
  expect((await play(plan)).hash).toBe(outcome.hash);
});
