import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  minutes,
  passedAt,
  runWith,
  seconds,
  splitWith,
  stableRevision,
  type WorldBuilder,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';
import { measurableSinceMs } from '../rounds.ts';

const statusOf = (world: WorldBuilder) => world.build().rollout.status;
/** The plan is carried out, and the data plane follows what status says. */
function done(world: WorldBuilder): WorldBuilder {
  const next = world.recorded(plan(world.build()));
  const weight = statusOf(next).weight?.desired ?? 0;
  return statusOf(next).weight?.confirmedAt === undefined
    ? next.withSplit(splitWith({ [canaryRevision]: weight, [stableRevision]: 100 - weight }, {}, world.build().nowMs))
    : next;
}
const down = (world: WorldBuilder) => done(world.withCanary({ replicas: 4, ready: 0 }));
const up = (world: WorldBuilder) => world.withCanary({ replicas: 4 });

describe('a pause in which all pods were lost', () => {
  const paused = aWorld()
    .withSteps({ setWeight: 10 }, { pause: { duration: '5m' } }, { setWeight: 80 })
    .atStep(1)
    .withWeight(10)
    .after(minutes(4) + seconds(50));
  const back = done(up(down(paused).after(seconds(20))));
  test('gets its weight back, not the next one, though its time would be over', () =>
    expect(statusOf(back)).toMatchObject({ step: { index: 1 }, weight: { desired: 10 } }));
  test('lasts its whole time from when the weight is back, confirmed', () => {
    const confirmed = done(back.after(seconds(11)));
    expect(statusOf(confirmed)).toMatchObject({ step: { index: 1, until: at(minutes(10) + seconds(21)) }, weight: { desired: 10 } });
    expect(statusOf(done(confirmed.after(minutes(5) - 1)))).toMatchObject({ step: { index: 1 } });
    expect(statusOf(done(confirmed.after(minutes(5))))).toMatchObject({ step: { index: 2 }, weight: { desired: 80 } });
  });
});

test('the bake lasts its whole time from when all traffic is back', () => {
  const baking = aWorld()
    .withCanarySpec({ afterPromotion: { duration: '1m' } })
    .atStep(4)
    .withWeight(100);
  const back = done(up(down(done(baking).after(seconds(55))).after(seconds(20))));
  expect(statusOf(back)).toMatchObject({ weight: { desired: 100 }, stableRevision });
  const confirmed = done(back.after(seconds(11)));
  expect(statusOf(done(confirmed.after(seconds(59))))).toMatchObject({ phase: 'Baking', stableRevision });
  expect(statusOf(done(confirmed.after(seconds(60))))).toMatchObject({ phase: 'Healthy', stableRevision: canaryRevision });
});

describe('pods that are lost while the next weight is waited for', () => {
  const analysis = { templates: [{ name: 'success-rate' }] };
  const waiting = aWorld()
    .withCanarySpec({ analysis })
    .atStep(2)
    .withWeight(10)
    .withRuns({ evidence: [passedAt(-21_000)] });
  const back = done(up(down(waiting).after(seconds(20))));
  test('come back to the weight that they had: no step is skipped', () =>
    expect(statusOf(back)).toMatchObject({ step: { index: 2 }, weight: { desired: 10 } }));
  test('are given the next one by the evidence for the present one, as always', () => {
    const confirmed = done(back.after(seconds(11)));
    expect(statusOf(confirmed).weight).toMatchObject({ desired: 10, confirmedBy: 'Elapsed' });
    expect(
      conditionOf(plan(confirmed.after(1).withSpec({ replicas: 4, revisionHistoryLimit: 4 }).build()), 'Ready')?.reason ??
        'AwaitingAnalysis',
    ).toBe('AwaitingAnalysis');
    expect(statusOf(done(confirmed.withRuns({ evidence: [passedAt(32_000)] })))).toMatchObject({ weight: { desired: 50 } });
  });
});

describe('some of the pods are back within 30 s', () => {
  const some = down(aWorld().atStep(3).withWeight(50)).after(seconds(29)).withCanary({ replicas: 4, ready: 1 });
  test('that is no outage any more: the others are waited for against the progress deadline', () => {
    const later = done(done(some).after(minutes(5)));
    expect(statusOf(later)).toMatchObject({ phase: 'Progressing', weight: { desired: 0 }, waiting: { for: 'Pods' } });
    expect(statusOf(later).canaryUnavailableSince).toBeUndefined();
    expect(statusOf(done(later.after(minutes(6))))).toMatchObject({ abort: { reason: 'ProgressDeadlineExceeded' } });
  });
  test('all are: the weight comes back', () =>
    expect(statusOf(done(up(done(some).after(minutes(5)))))).toMatchObject({ weight: { desired: 50 } }));
  test('and lost again: the 30 s begin anew, and it is the same outage', () => {
    const again = done(done(some).after(seconds(61)).withCanary({ replicas: 4, ready: 0 }));
    expect(statusOf(again)).toMatchObject({ canaryUnavailableSince: at(seconds(90)), run: { outages: 1, lost: 50 } });
    expect(statusOf(done(again.after(seconds(29)))).abort).toBeUndefined();
    expect(statusOf(done(again.after(seconds(30)))).abort).toMatchObject({ reason: 'CanaryUnavailable' });
  });
});

test('what an outage took does not come back to a run that begins again', () => {
  const out = down(aWorld().atStep(3).withWeight(50)).after(seconds(11));
  const edited = done(up(out.withSteps({ setWeight: 20 }, { pause: {} })));
  expect(statusOf(edited)).toMatchObject({ step: { index: 0 }, weight: { desired: 20 } });
  expect(statusOf(edited).run?.lost).toBeUndefined();
});

describe('in an outage nothing is measured', () => {
  const analysis = { templates: [{ name: 'smoke' }] };
  const made = (kind: 'Step' | 'Background' | 'AfterPromotion', step?: number) => ({ ...runWith({ kind }), step });
  const measurable = (world: WorldBuilder, run: ReturnType<typeof made>) => measurableSinceMs(world.build().rollout, run) !== undefined;
  test('by the run of a step', () => {
    const smoking = aWorld().withSteps({ setWeight: 10 }, { analysis }, { setWeight: 80 }).atStep(1).withWeight(10);
    const out = done(down(smoking).after(seconds(11)));
    expect(statusOf(out).weight).toMatchObject({ desired: 0, confirmedBy: 'Elapsed' });
    expect([measurable(smoking, made('Step', 1)), measurable(out, made('Step', 1))]).toEqual([true, false]);
    expect(measurable(done(up(out)), made('Step', 1))).toBe(false);
    expect(measurable(done(done(up(out)).after(seconds(11))), made('Step', 1))).toBe(true);
  });
  test('by the bake, or in the background', () => {
    const all = aWorld().atStep(4).withWeight(100);
    const out = done(down(all).after(seconds(11)));
    for (const kind of ['Background', 'AfterPromotion'] as const)
      expect([measurable(all, made(kind)), measurable(out, made(kind))]).toEqual([true, false]);
  });
  test('where a step has no weight by intent, its run is asked', () => {
    const first = aWorld().withSteps({ analysis }, { setWeight: 80 }).atStep(0).withWeight(0);
    expect(measurable(first, made('Step', 0))).toBe(true);
    expect(effectsOf(plan(first.build()), 'createRun')).toHaveLength(1);
  });
});
