import { expect, test } from 'vitest';
import { at, aWorld, stableRevision } from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
const adopting = aWorld()
  .neverSeen({ hasFinalizer: true })
  .withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name: 'Starting', since: at(-1000) } });

test.each([
  ['an adoption: some is with the workload still', adopting, undefined],
  ['a canary on its way', aWorld().atStep(1).withWeight(10), 10],
  [
    'a canary that has all traffic',
    aWorld()
      .withCanarySpec({ afterPromotion: { duration: '1m' } })
      .atStep(4)
      .withWeight(100),
    100,
  ],
  ['what was just promoted', aWorld().atStep(4).withWeight(100), 100],
  ['one at rest', aWorld(), 100],
  ['one that is rolled back', aWorld().atStep(1, { phase: 'Aborting', abort }).withWeight(0), 0],
])('the column Weight shows what the newest revision gets: %s', (_, world, weight) => {
  const { status } = plan(world.build());
  expect((status ?? world.build().rollout.status).newestWeight).toBe(weight);
});
