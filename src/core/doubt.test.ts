import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  kindsOf,
  minutes,
  seconds,
  splitWith,
  stableRevision,
  t0,
  writtenShares,
} from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

/** The signs of a second mesh, or a version of TrafficSplit that nobody reads: not sure who follows, which is no reason to leave a failed canary its share. */

const doubts = ['ProviderAmbiguous', 'TrafficSplitVersion'] as const;
const cut = { [canaryRevision]: 0, [stableRevision]: 100 };

describe.each(doubts)('in doubt (%s)', (reason) => {
  const held = { reason, message: 'two meshes' };
  const atFifty = aWorld().atStep(3).withWeight(50).withTraffic({ held });
  test('a failed verdict cuts, and the abort comes to its end', () => {
    const failed = atFifty.withRuns({ phase: 'Failed', message: 'too many errors' });
    const next = plan(failed.build());
    expect(next.status).toMatchObject({ phase: 'Aborting', abort: { reason: 'AnalysisFailed' } });
    expect(writtenShares(next)).toEqual(cut);
    const later = failed
      .recorded(next)
      .withSplit(splitWith(cut, {}, t0))
      .after(seconds(20));
    expect(plan(later.build()).status?.phase).toBe('RolledBack');
  });
  test('an outage cuts', () => expect(writtenShares(plan(atFifty.withCanary({ replicas: 2, ready: 0 }).build()))).toEqual(cut));
  test('another template cuts', () => expect(writtenShares(plan(atFifty.withTarget('8e1a3b52cc').build()))).toEqual(cut));
  test('nothing is raised or promoted, and status says why', () => {
    for (const world of [aWorld().atStep(2).withWeight(10), aWorld().atStep(4).withWeight(100)]) {
      const next = plan(world.withTraffic({ held }).build());
      expect(conditionOf(next, 'Stalled')).toMatchObject({ reason, message: expect.stringContaining('two meshes') as string });
      expect(next.status).toMatchObject({ stableRevision, weight: { desired: world.build().rollout.status.weight?.desired } });
      expect(kindsOf(next)).not.toContain('writeSplit');
    }
  });
  test('nothing is adopted', () => {
    const adopting = aWorld().neverSeen({ hasFinalizer: true }).withTraffic({ held });
    expect(kindsOf(plan(adopting.build()))).toEqual([]);
    const inMid = adopting
      .withStable({})
      .withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name: 'Splitting', since: at(0) } });
    expect(kindsOf(plan(inMid.build()))).not.toContain('writeSplit');
  });
  test('a split that was deleted comes back where it gives the canary nothing, so that an abort can end; its share does not', () => {
    const aborting = { phase: 'Aborting', abort: { reason: 'AnalysisFailed', message: '', at: at(-1000) } } as const;
    const world = aWorld().atStep(3, aborting).withWeight(0, { isConfirmed: false, written: 50 }).withTraffic({ held });
    expect(writtenShares(plan(world.withSplit('absent').build()))).toEqual(cut);
    expect(kindsOf(plan(atFifty.withSplit('absent').build()))).not.toContain('writeSplit');
  });
  test('the selector stays as it is, unless the user said what it is to be', () => {
    const pinned = aWorld().withTraffic({ held, refusesPin: true });
    expect(kindsOf(plan(pinned.build()))).toEqual([]);
    const unpinned = pinned.withRootService({ selector: { app: 'web' } });
    expect(kindsOf(plan(unpinned.build()))).toEqual([]);
    // A promotion that was under way is carried to its end.
    const behind = pinned.withRevision(canaryRevision).withRootService({ selector: { app: 'web', 'sluice.dev/revision': canaryRevision } });
    expect(effectsOf(plan(behind.build()), 'pinSelector')).toMatchObject([{ revision: stableRevision }]);
    const always = unpinned.withSpec({ service: { name: 'web', pinSelector: 'Always' } });
    expect(effectsOf(plan(always.build()), 'pinSelector')).toHaveLength(1);
  });
  test('it goes on when there is none any more', () => {
    const waiting = aWorld().atStep(2).withWeight(10).withTraffic({ held });
    const again = waiting.recorded(plan(waiting.build())).after(minutes(60)).withTraffic({ held: undefined });
    expect(plan(again.build()).status?.weight?.desired).toBe(50);
  });
});

test('a run remembers who followed the split when it began', () =>
  expect(plan(aWorld().withTraffic({ provider: 'linkerd' }).withTarget(canaryRevision).build()).status?.run?.provider).toBe('linkerd'));
