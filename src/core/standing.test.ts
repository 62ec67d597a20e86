import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
  writtenShares,
} from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
const inMidRun = aWorld().atStep(1).withWeight(10);
const aborting = aWorld()
  .atStep(1, { phase: 'Aborting', abort })
  .withWeight(0, { isConfirmed: false, written: 10, writtenAtMs: t0 - 1000 });

const reasonOf = (world: WorldBuilder) => {
  const next = plan(world.build());
  return [conditionOf(next, 'Ready')?.reason, conditionOf(next, 'Stalled')?.reason];
};

describe('what stands in the way is said at once, in every phase', () => {
  const gone = ['TrafficSplitNotInstalled', 'TrafficSplitNotInstalled'];
  test.each([
    ['Initializing', aWorld().neverSeen({ hasFinalizer: true })],
    ['Progressing, in a pause', inMidRun],
    ['Progressing, before the weight is confirmed', aWorld().atStep(1).withWeight(10, { isConfirmed: false, written: 0 })],
    ['Paused', aWorld().atStep(3).withWeight(50)],
    ['a canary without pods', aWorld().atStep(3).withWeight(50).withCanary({ replicas: 2, ready: 0 })],
    [
      'Baking',
      aWorld()
        .withCanarySpec({ afterPromotion: { duration: '1m' } })
        .atStep(4)
        .withWeight(100),
    ],
    ['Healthy', aWorld()],
    ['Aborting', aborting],
  ])('without the TrafficSplit CRD: %s', (_, world) => expect(reasonOf(world.withoutMesh())).toEqual(gone));

  test.each([
    ['Initializing', aWorld().neverSeen({ hasFinalizer: true })],
    ['Progressing, in a pause', inMidRun],
    ['Healthy', aWorld()],
    ['Aborting', aborting],
    ['Terminating', inMidRun.deleting()],
  ])('where something may not be read, or no longer: %s', (_, world) => {
    const unreadable = 'the controller may not list and watch services';
    const next = plan(world.with({ unreadable }).build());
    expect([conditionOf(next, 'Ready')?.reason, conditionOf(next, 'Stalled')?.reason]).toEqual(['Forbidden', 'Forbidden']);
    expect(next.status?.message).toContain(unreadable);
  });
  test('what is known is old then: nothing is raised or promoted on it, and a cut goes through', () => {
    const blind = (world: WorldBuilder) => plan(world.with({ unreadable: 'blind' }).build());
    expect(blind(aWorld().atStep(2).withWeight(10)).status?.weight?.desired).toBe(10);
    expect(blind(aWorld().atStep(4).withWeight(100)).status?.stableRevision).toBe(stableRevision);
    const failed = blind(aWorld().atStep(3).withWeight(50).withRuns({ phase: 'Failed' }));
    expect(failed.status?.abort?.reason).toBe('AnalysisFailed');
    expect(writtenShares(failed)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
  });
  test('an abort that cannot cut says why it was begun, too', () =>
    expect(plan(aborting.withoutMesh().build()).status?.message).toBe('rolling back: too many errors, no TrafficSplit here'));
  test('an abort is held up by a split of somebody else’s only', () => {
    const foreign = splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }, { ownership: { kind: 'foreign', owner: 'Flagger' } });
    expect(reasonOf(aborting.withSplit(foreign))).toEqual(['SplitNotOurs', 'SplitNotOurs']);
    expect(reasonOf(aborting.withRootService('absent'))).toEqual(['AwaitingWeight', undefined]);
  });
  test('it goes on by itself when the CRD comes back', () => {
    const back = aborting
      .recorded(plan(aborting.withoutMesh().build()))
      .withSplit(splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }));
    const next = plan(back.build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(conditionOf(next, 'Stalled')).toBeUndefined();
  });
});
