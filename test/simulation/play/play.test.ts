import { expect, test } from 'vitest';
import { play } from './play.ts';

test.each(['promotion', 'rollback'])('%s, played twice, is the same to the last byte', async (workload) => {
  const plan = { workload, seed: 1, faults: [] };
  const outcome = await play(plan);
  expect(outcome.violations, outcome.tail.join('\n')).toEqual([]);
  expect((await play(plan)).hash).toBe(outcome.hash);
});
