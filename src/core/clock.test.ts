import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  effectsOf,
  minutes,
  passedAt,
  seconds,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
  writtenShares,
} from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

/** Moments in status are of the wall clock, and that one is set now and then: whatever it says, no step is left early twice, and a cut waits for nothing. */

const back = -minutes(10);
const forward = minutes(60);
const statusOf = (world: WorldBuilder) => world.build().rollout.status;
const done = (world: WorldBuilder) => world.recorded(plan(world.build()));
const followed = (world: WorldBuilder) => {
  const weight = statusOf(world).weight?.desired ?? 0;
  return world.withSplit(splitWith({ [canaryRevision]: weight, [stableRevision]: 100 - weight }, {}, world.build().nowMs));
};
const paused = aWorld().atStep(1).withWeight(10);
const analysis = { templates: [{ name: 'success-rate' }] };

describe('a clock that is set back by 10 min', () => {
  test('ends no pause early; it ends by itself', () => {
    const jumped = done(done(paused.after(seconds(20))).after(back));
    expect(statusOf(jumped).step?.index).toBe(1);
    expect(plan(jumped.after(minutes(5)).build()).wakeAtMs).toBe(t0 + minutes(5));
    expect(statusOf(done(jumped.after(minutes(15))))).toMatchObject({ step: { index: 2 }, weight: { desired: 50 } });
  });
  test.each<[string, WorldBuilder]>([
    ['a failed verdict', paused.withRuns({ phase: 'Failed' })],
    ['an outage', paused.withCanary({ replicas: 2, ready: 0 })],
    ['another template', paused.withTarget('8e1a3b52cc')],
    ['a deletion', paused.deleting()],
  ])('holds up no cut: %s', (_, world) =>
    expect(writtenShares(plan(world.after(back).build()))).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 }),
  );
  test('takes no Pass of before for one of the present weight', () => {
    const judged = aWorld().withCanarySpec({ analysis }).atStep(2).withWeight(10);
    const stale = judged.withRuns({ evidence: [passedAt(-21_000)] }).after(back);
    expect(statusOf(done(stale)).weight?.desired).toBe(10);
  });
  test('keeps a rollback what it is', () => {
    const aborted = followed(done(paused.withRuns({ phase: 'Failed' })));
    const jumped = done(aborted.after(back));
    expect(statusOf(jumped)).toMatchObject({ phase: 'Aborting', weight: { desired: 0 } });
    expect(statusOf(done(jumped.after(minutes(11))))).toMatchObject({ phase: 'RolledBack', history: [{ outcome: 'RolledBack' }] });
  });
  test('asks for no share over a window that has not begun', () => {
    const written = aWorld()
      .atStep(1)
      .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 })
      .withTraffic({ share: { kind: 'pending' } });
    expect(plan(written.after(back).build()).shareQuestion).toBeUndefined();
    expect(plan(written.after(seconds(1)).build()).shareQuestion).toBeDefined();
  });
  test('does not leave a split that was deleted gone until the clock has caught up', () => {
    const made = { object: 'Split' as const, at: at(-1000), version: 'absent x' };
    const gone = paused.withStatus({ corrections: [made] }).withSplit('absent');
    expect(effectsOf(plan(gone.after(back).build()), 'writeSplit')).toHaveLength(1);
  });
});

describe('a clock that is set forward by 1 h', () => {
  test('ends the pause, and only this one: the next weight has to be confirmed, the next pause begins then', () => {
    const next = followed(
      done(
        paused
          .withSteps({ setWeight: 10 }, { pause: { duration: '5m' } }, { setWeight: 50 }, { pause: { duration: '5m' } }, { setWeight: 80 })
          .after(forward),
      ),
    );
    expect(statusOf(next)).toMatchObject({ step: { index: 2 }, weight: { desired: 50 } });
    const later = done(next.after(seconds(11)));
    expect(statusOf(later)).toMatchObject({ step: { index: 3 }, weight: { desired: 50, confirmedBy: 'Elapsed' } });
    expect(statusOf(done(later.after(minutes(5) - 1)))).toMatchObject({ step: { index: 3 } });
  });
  test('in the middle of a confirmation it confirms nothing that is contradicted, and raises nothing', () => {
    const written = aWorld()
      .atStep(2)
      .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 - 1000 })
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'it says 0' } });
    expect(statusOf(done(written.after(forward))).weight).toEqual({ desired: 10, written: 0 });
  });
  test('needs a Pass since the weight was confirmed all the same', () => {
    const judged = aWorld()
      .withCanarySpec({ analysis })
      .atStep(2)
      .withWeight(10)
      .withRuns({ evidence: [passedAt(-21_000)] });
    expect(statusOf(done(judged.after(forward))).weight?.desired).toBe(10);
  });
  test('promotes nothing that was not baked: the bake begins when all traffic is confirmed, by the new time', () => {
    const baking = done(
      aWorld()
        .withCanarySpec({ afterPromotion: { duration: '10m', analysis } })
        .atStep(4)
        .withWeight(100)
        .after(forward),
    );
    expect(statusOf(baking)).toMatchObject({ phase: 'Baking', step: { until: at(forward + minutes(10)) } });
    const jumped = done(baking.after(forward));
    expect(statusOf(jumped)).toMatchObject({ phase: 'Baking', stableRevision });
  });
  test('ends an outage that was to last 30 s by a rollback', () => {
    const out = done(paused.withCanary({ replicas: 2, ready: 0 }));
    expect(statusOf(done(out.after(forward))).abort).toMatchObject({ reason: 'CanaryUnavailable' });
  });
});
