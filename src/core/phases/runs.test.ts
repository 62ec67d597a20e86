import { describe, expect, test } from 'vitest';
import {
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  minutes,
  passedAt,
  runWith,
  stableRevision,
  t0,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

/** What becomes of a Rollout whose AnalysisRun is deleted by hand, or can no longer be read. */

const analysis = { templates: [{ name: 'success-rate' }] };
const analysed = aWorld().withCanarySpec({ analysis });
const planned = (world: ReturnType<typeof aWorld>) => plan(world.build());
const ordered = (world: ReturnType<typeof aWorld>) => effectsOf(planned(world), 'createRun').map(({ run }) => run.name);
const background = `web-${canaryRevision}-1-bg`;
const passed = { evidence: [passedAt(-10_000)] };

describe('the background run is deleted in mid-run', () => {
  test('another is made at once', () => expect(ordered(analysed.atStep(1).withWeight(10))).toEqual([background]));
  test('it is asked for evidence of its own: no raise until it has some', () => {
    const next = planned(analysed.atStep(2).withWeight(10));
    expect(next.status?.weight?.desired).toBe(10);
    expect(conditionOf(next, 'Ready')?.reason).toBe('AwaitingAnalysis');
    const afresh = planned(
      analysed
        .atStep(2)
        .withWeight(10)
        .withRuns({ evidence: [passedAt(undefined)] }),
    );
    expect(afresh.status?.weight?.desired).toBe(10);
    expect(planned(analysed.atStep(2).withWeight(10).withRuns(passed)).status?.weight?.desired).toBe(50);
  });
  test('at 100 %: it is no success, nothing is promoted', () => {
    const next = planned(analysed.atStep(4).withWeight(100));
    expect(next.status?.stableRevision ?? stableRevision).toBe(stableRevision);
    expect(conditionOf(next, 'Ready')?.reason).toBe('AwaitingAnalysis');
    expect(ordered(analysed.atStep(4).withWeight(100))).toEqual([background]);
  });
  test('while somebody’s finalizer keeps it: what it saw is no evidence any more, what it found wrong is', () => {
    const held = analysed
      .atStep(4)
      .withWeight(100)
      .withRuns({ ...passed, isDeleting: true });
    expect(planned(held).status?.stableRevision ?? stableRevision).toBe(stableRevision);
    expect(ordered(held)).toEqual([background]);
    const failed = analysed.atStep(4).withWeight(100).withRuns({ phase: 'Failed', isDeleting: true });
    expect(planned(failed).status?.abort?.reason).toBe('AnalysisFailed');
  });
});

test('the run of a step, or of the bake, is deleted: another is made, and waited for', () => {
  const steps = aWorld().withSteps({ setWeight: 10 }, { analysis }).atStep(1).withWeight(10);
  expect(ordered(steps)).toEqual([`web-${canaryRevision}-1-s1`]);
  const bake = aWorld()
    .withCanarySpec({ afterPromotion: { duration: '1m', analysis } })
    .atStep(4, { phase: 'Baking' })
    .withWeight(100)
    .after(minutes(2));
  expect(ordered(bake)).toEqual([`web-${canaryRevision}-1-bake`]);
  expect(planned(bake).status?.stableRevision ?? stableRevision).toBe(stableRevision);
});

test('a run that can no longer be read aborts, as an Error does', () => {
  const world = analysed
    .atStep(3)
    .withWeight(50)
    .with({ runs: [runWith({ phase: 'Error', message: 'does not decode: spec.metrics' })] });
  expect(planned(world).status?.abort).toMatchObject({
    reason: 'AnalysisError',
    message: expect.stringContaining('does not decode') as string,
  });
});

test('however much a run has to say, the abort can be recorded', () => {
  const message = 'x'.repeat(9000);
  const next = planned(analysed.atStep(3).withWeight(50).withRuns({ phase: 'Error', message }));
  const { abort, analysis: shown, conditions = [], message: said = '' } = next.status ?? {};
  expect(
    [abort?.message.length, said.length, ...conditions.map((condition) => condition.message.length)].every((length = 0) => length <= 4096),
  ).toBe(true);
  expect(shown?.[0]?.message).toHaveLength(1024);
});

describe('a wait for the first window says when that is over', () => {
  const long = { ...passedAt(undefined), firstAsk: { windowMs: 300_000 } };
  const messageOf = (world: ReturnType<typeof aWorld>) => conditionOf(planned(world), 'Ready')?.message;

  test('before a raise; the same all the while', () => {
    const world = analysed
      .atStep(2)
      .withWeight(10)
      .withRuns({ evidence: [long] });
    expect(messageOf(world)).toMatch(/has not passed since the present weight was confirmed, first measured at 12:04:40Z$/);
    const said = world.recorded(planned(world));
    expect(planned(said.after(minutes(4))).status).toBeUndefined();
  });
  test('until something was measured at this weight: then what it saw instead of a Pass, in words that stay the same', () => {
    const world = analysed.atStep(2).withWeight(10);
    const saw = (why: string, afterMs: number) =>
      messageOf(world.withRuns({ evidence: [{ ...long, lacking: { why, atMs: t0 + afterMs } }] }));
    expect(saw('fewer than 20 requests in its window', 0)).toMatch(
      /since the present weight was confirmed: fewer than 20 requests in its window$/,
    );
    expect(saw('no data in its window', -60_000)).toMatch(/first measured at/);
  });
  test('before the promotion', () => {
    const world = analysed
      .withCanarySpec({ analysis: { ...analysis, evidence: 'Running' } })
      .atStep(4)
      .withWeight(100);
    expect(messageOf(world.withRuns({ evidence: [long] }))).toMatch(/has not passed yet, first measured at 12:04:40Z$/);
  });
  test('at a step of its own, by the metric that is first, and not before its initial delay', () => {
    const late = { ...long, firstAsk: { windowMs: 10_000, notBeforeMs: Date.parse('2026-03-01T12:02:00.400Z') } };
    const steps = aWorld().withSteps({ setWeight: 10 }, { analysis }).atStep(1).withWeight(10);
    const run = { kind: 'Step', step: 1, name: 'web-7c9d2f41aa-1-s1' } as const;
    expect(messageOf(steps.withRuns({ ...run, evidence: [long, late] }))).toMatch(/-s1 is Running, first measured at 12:02:01Z$/);
  });
});

test('a rollback says which metric failed, by how much and how often: in status, the condition and the Event', () => {
  const failing = 'error-rate 0.31 > 0.05, 3 of 3 samples failed';
  const message = 'metric "error-rate" Failed: failed 3 > failureLimit 2';
  const cut = planned(analysed.atStep(1).withWeight(10).withRuns({ phase: 'Failed', message, failing }));
  const words = `${failing} (${background}: ${message})`;
  expect(cut.status?.abort).toMatchObject({ reason: 'AnalysisFailed', message: words });
  expect(conditionOf(cut, 'Ready')?.message).toContain(words);
  expect(cut.notices).toMatchObject([{ severity: 'Warning', reason: 'AnalysisFailed', message: expect.stringContaining(words) }]);
});
