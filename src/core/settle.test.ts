import { describe, expect, test } from 'vitest';
import { aWorld, canaryRevision, splitWith, stableRevision, t0 } from '../../test/support/worlds.ts';
import { draftOf } from './draft.ts';
import { plan } from './planner.ts';
import { settleWeight } from './settle.ts';

const settled = (world: ReturnType<typeof aWorld>) => settleWeight(world.build(), draftOf(world.build().rollout.status)).status.weight;
const at10 = { [canaryRevision]: 10, [stableRevision]: 90 };

describe('a confirmed weight', () => {
  test('stays confirmed while the split says it', () => expect(settled(aWorld().atStep(1).withWeight(10))?.confirmedBy).toBe('Elapsed'));
  test('is no more after a foreign edit, nor when the split is gone', () => {
    const edited = aWorld()
      .atStep(1)
      .withWeight(10)
      .withSplit(splitWith({ [canaryRevision]: 60, [stableRevision]: 40 }));
    expect(settled(edited)).toEqual({ desired: 10, written: 10 });
    expect(settled(aWorld().atStep(1).withWeight(10).withSplit('absent'))).toEqual({ desired: 10, written: 10 });
  });
  test('is no more while the adapter’s object says otherwise: the data plane has to follow it once it agrees again', () => {
    const slow = aWorld()
      .atStep(1)
      .withWeight(10)
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'profile sends 0 %' } });
    const doubted = plan(slow.build());
    expect(doubted.status?.weight).toEqual({ desired: 10, written: 10 });
    const follows = slow.recorded(doubted).withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
    expect(settled(follows)).toMatchObject({ confirmedBy: 'Adapter', confirmedAt: new Date(t0).toISOString() });
  });
  test('is not when the same shares were written again since', () =>
    expect(
      settled(
        aWorld()
          .atStep(1)
          .withWeight(10)
          .withSplit(splitWith(at10, {}, t0 - 1000)),
      )?.confirmedBy,
    ).toBeUndefined());
  test('is confirmed once, not with each look, where somebody has made the split without our stamp', () => {
    const unstamped = aWorld()
      .atStep(1)
      .withWeight(10)
      .withSplit(splitWith(at10, { stamp: undefined }))
      .withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
    expect(settled(unstamped)).toEqual(unstamped.build().rollout.status.weight);
  });
  test('outlives a new leader, which claims the split and keeps its age', () => {
    const next = plan(aWorld().atStep(1).withWeight(10).with({ epoch: 2 }).build());
    expect(next.effects).toContainEqual(expect.objectContaining({ kind: 'writeSplit', sinceMs: t0 - 30_000 }));
    expect(next.status).toMatchObject({ epoch: 2, weight: { confirmedBy: 'Elapsed' } });
  });
});

test('while unconfirmed, confirmedBy, confirmedAt and observed are absent', () => {
  const weight = settled(
    aWorld()
      .atStep(1)
      .withStatus({ weight: { desired: 10, written: 10, observed: 9, confirmedBy: 'Metrics', confirmedAt: '' } })
      .withSplit('absent'),
  );
  expect(Object.keys(weight ?? {})).toEqual(['desired', 'written']);
});
test('a clock behind the one that stamped the write does not confirm again and again', () => {
  const world = aWorld()
    .atStep(1)
    .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 + 5000 })
    .withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
  const next = plan(world.build());
  expect(next.status?.weight?.confirmedAt).toBe(new Date(t0 + 5000).toISOString());
  expect(plan(world.recorded(next).after(1000).build()).status?.weight?.confirmedAt ?? next.status?.weight?.confirmedAt).toBe(
    next.status?.weight?.confirmedAt,
  );
});
