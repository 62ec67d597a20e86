import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  kindsOf,
  nextRevision,
  seconds,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
  writtenShares,
} from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

/** An older Rollout on the same Service or workload that appears while a canary is on its way: cuts are never held back. */

const rival = { rival: 'shop/older' };
const planned = (world: WorldBuilder) => plan(world.with(rival).build());
const allToStable = { [canaryRevision]: 0, [stableRevision]: 100 };
const analysis = { templates: [{ name: 'success-rate' }] };

test('the older one does not point the Service at its own pods while the split is the other’s', () => {
  const foreign = splitWith({ [nextRevision]: 100 }, { ownership: { kind: 'foreign', owner: 'Rollout shop/web' } });
  const older = aWorld()
    .withSplit(foreign)
    .withRootService({ selector: { app: 'web', 'sluice.dev/revision': nextRevision } });
  expect(plan(older.build()).effects).toEqual([]);
});

describe('with an older rival in mid-run', () => {
  test('nothing is raised, and the reason is said', () => {
    const next = planned(aWorld().atStep(2).withWeight(10));
    expect(next.status?.weight?.desired).toBe(10);
    expect([next.status?.phase, conditionOf(next, 'Stalled')?.reason]).toEqual(['Progressing', 'ServiceClaimed']);
    expect(next.status?.message).toContain('shop/older');
    expect(kindsOf(next)).not.toContain('writeSplit');
  });
  test('it is said in a pause as well', () =>
    expect(conditionOf(planned(aWorld().atStep(1).withWeight(10)), 'Stalled')?.reason).toBe('ServiceClaimed'));
  test('a raise that was recorded before is not written', () => {
    const recorded = aWorld()
      .atStep(2)
      .withWeight(50, { isConfirmed: false, written: 10 })
      .withSplit(splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }));
    expect(kindsOf(planned(recorded))).not.toContain('writeSplit');
  });
  test.each([
    ['at 100 %', aWorld().atStep(4).withWeight(100)],
    [
      'after the bake',
      aWorld()
        .withCanarySpec({ afterPromotion: { duration: '1s' } })
        .atStep(4, { phase: 'Baking' })
        .withWeight(100)
        .after(seconds(60)),
    ],
  ])('nothing is promoted, %s', (_, world) => {
    const next = planned(world);
    expect(next.status?.stableRevision ?? stableRevision).toBe(stableRevision);
    expect(kindsOf(next)).not.toContain('pinSelector');
  });
  test.each([
    ['an AnalysisRun', aWorld().withCanarySpec({ analysis }).atStep(1).withWeight(10)],
    ['a Deployment', aWorld().atStep(0).withoutRevision(canaryRevision)],
    ['a Service', aWorld().atStep(0).withoutRevision(canaryRevision)],
    ['a split', aWorld().atStep(1).withWeight(10).withSplit('absent')],
  ])('no new object is made: %s', (_, world) =>
    expect(kindsOf(planned(world)).filter((kind) => kind.startsWith('create') || kind === 'writeSplit')).toEqual([]),
  );
  test.each([
    ['a failing analysis', aWorld().atStep(3).withWeight(50).withRuns({ phase: 'Failed' })],
    [
      'an abort under way',
      aWorld()
        .atStep(3, { phase: 'Aborting', abort: { reason: 'AnalysisFailed', message: '', at: at(0) } })
        .withWeight(50),
    ],
    ['a canary without pods', aWorld().atStep(3).withWeight(50).withCanary({ replicas: 2, ready: 0 })],
    ['a new template', aWorld().atStep(3).withWeight(50).withTarget(nextRevision)],
    ['stable’s template', aWorld().atStep(3).withWeight(50).withTarget(stableRevision)],
    [
      'a weight that somebody raised by hand',
      aWorld()
        .atStep(1)
        .withWeight(10)
        .withSplit(
          splitWith(
            { [canaryRevision]: 70, [stableRevision]: 30 },
            { stamp: splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }).stamp },
          ),
        ),
    ],
  ])('the weight falls: %s', (_, world) => {
    const next = planned(world);
    const [write] = effectsOf(next, 'writeSplit');
    expect(write?.isCut).toBe(true);
    expect(next.status?.weight?.desired).toBe(write?.split.backends[0]?.weight);
    expect(next.effects[0]).toBe(write);
  });
  test('an abort goes through to RolledBack, and the canary’s pods go', () => {
    const cut = aWorld().atStep(3, { phase: 'Aborting', abort: { reason: 'AnalysisFailed', message: '', at: at(-5000) } });
    const rolledBack = planned(cut.withWeight(0));
    expect([rolledBack.status?.phase, conditionOf(rolledBack, 'Stalled')?.reason]).toEqual(['RolledBack', 'AnalysisFailed']);
    const drained = planned(cut.withWeight(0).recorded(rolledBack).after(seconds(60)));
    expect(effectsOf(drained, 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 0 }]);
  });
  test('an abort is not held up by it', () => {
    const cut = aWorld()
      .atStep(3, { phase: 'Aborting', abort: { reason: 'AnalysisFailed', message: '', at: at(-5000) } })
      .withWeight(0, { isConfirmed: false, written: 50, writtenAtMs: t0 - 1000 });
    expect(conditionOf(planned(cut), 'Ready')?.reason).toBe('AwaitingWeight');
  });
  test('a canary that was overtaken is out, then it rests as if it had never begun', () => {
    const next = planned(aWorld().atStep(3).withWeight(0).withTarget(nextRevision));
    expect(next.status).toMatchObject({ phase: 'Degraded', history: [{ revision: canaryRevision, outcome: 'Superseded' }] });
    expect([next.status?.canaryRevision, conditionOf(next, 'Stalled')?.reason]).toEqual([undefined, 'ServiceClaimed']);
  });
  test('deletion gives everything back', () => {
    const next = planned(aWorld().atStep(3).withWeight(50).deleting());
    expect(next.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Returning' } });
    expect(writtenShares(next)).toEqual(allToStable);
  });
  test('it goes on where it was when the rival is gone', () => {
    const held = aWorld().atStep(2).withWeight(10);
    const next = plan(held.recorded(planned(held)).build());
    expect(next.status?.weight?.desired).toBe(50);
    expect(conditionOf(next, 'Stalled')).toBeUndefined();
  });
});
