import { expect, test } from 'vitest';
import { aWorld, canaryRevision, effectsOf, kindsOf, splitWith, stableRevision, t0 } from '../../test/support/worlds.ts';
import { writtenEpoch } from './fencing.ts';
import { plan } from './planner.ts';

const idle = { effects: [], notices: [] };
/** The leader of epoch 1 has recorded the raise to 50 and stood still before the split; its watch on Rollouts lags, the one on splits does not. */
const raising = aWorld().atStep(2).withWeight(10);
const recorded = raising.recorded(plan(raising.build()));
const cutBy = (epoch: number) => {
  const cut = splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }, { resourceVersion: '77' }, t0 + 1000);
  return { ...cut, stamp: cut.stamp === undefined ? undefined : { ...cut.stamp, epoch } };
};

test('an older leader leaves the newer one’s cut alone, though it has not heard of its reason', () => {
  const thawed = recorded.withSplit(cutBy(2)).after(1500).build();
  expect(plan(thawed)).toEqual(idle);
  expect(writtenEpoch(thawed)).toBe(2);
});

test('its own epoch’s split is put right', () =>
  expect(effectsOf(plan(recorded.withSplit(cutBy(1)).after(1500).build()), 'writeSplit')).toHaveLength(1));

test('a split that is not ours fences nobody', () => {
  const foreign = { ...cutBy(9), ownership: { kind: 'foreign' as const, owner: 'Canary web (Flagger)' } };
  expect(plan(aWorld().withSplit(foreign).build()).status?.phase).toBe('Degraded');
});

test('a newer leader goes on from either', () => {
  const newer = recorded.withSplit(cutBy(2)).withStatus({ epoch: 1 }).with({ epoch: 3 });
  expect(kindsOf(plan(newer.build()))).toContain('writeSplit');
});
