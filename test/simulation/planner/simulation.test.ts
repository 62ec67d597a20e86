import { expect, test } from 'vitest';
import { live } from './story.ts';

/** SEED=… replays one life; SEEDS=… looks at that many. */
const one = process.env.SEED;
const budgetMs = 15_000;
const most = Number(process.env.SEEDS ?? 4000);

test('through releases, faults, crashes and two leaders every invariant holds, and the end is quiet', () => {
  const seeds = one === undefined ? Array.from({ length: most }, (_, seed) => seed) : [Number(one)];
  const endMs = performance.now() + (process.env.SEEDS === undefined ? budgetMs : 600_000);
  const failures: string[] = [];
  let lives = 0;
  for (const seed of seeds) {
    if (performance.now() > endMs || failures.length >= 5) break;
    const { violations } = live(seed, one === undefined ? undefined : console.log);
    lives += 1;
    const [first] = violations;
    if (first !== undefined) failures.push(`${first}   SEED=${seed} npx vitest run --project unit test/simulation`);
  }
  expect(failures).toEqual([]);
  if (one === undefined) expect(lives).toBeGreaterThan(50);
});
