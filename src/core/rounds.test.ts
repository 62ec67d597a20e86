import { describe, expect, test } from 'vitest';
import {
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  minutes,
  nextRevision,
  passedAt,
  runWith,
  seconds,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
} from '../../test/support/worlds.ts';
import { analysisRunName, identityOfName } from './analysis/index.ts';
import { plan } from './planner.ts';
import { isDoneWith } from './rounds.ts';
import type { RunView } from './world.ts';

/** A release that begins again, or whose analysis is edited, is judged by runs of its own. */

const analysisOf = (name: string) => ({ templates: [{ name }] });
const smoke = [{ setWeight: 10 }, { analysis: analysisOf('smoke') }, { setWeight: 80 }];
const name = (suffix: string) => `web-${canaryRevision}-1-${suffix}`;

/** Plans until nothing is left to do, with a data plane that follows and runs that stay as they are; every run that was ordered. */
function settled(from: WorldBuilder): { readonly world: WorldBuilder; readonly ordered: readonly string[] } {
  let world = from;
  const ordered = new Set<string>();
  let isQuiet = false;
  for (let passes = 0; passes < 50; passes += 1) {
    const last = plan(world.build());
    for (const { run } of effectsOf(last, 'createRun')) ordered.add(run.name);
    world = world.recorded(last);
    const { weight, canaryRevision: canary = canaryRevision } = world.build().rollout.status;
    const desired = weight?.desired ?? 0;
    if (last.status === undefined && isQuiet) return { world, ordered: [...ordered] };
    isQuiet = last.status === undefined;
    const split = splitWith({ [canary]: desired, [stableRevision]: 100 - desired }, {}, world.build().nowMs);
    world = (effectsOf(last, 'writeSplit').length > 0 ? world.withSplit(split) : world).after(seconds(11));
  }
  throw new Error('it does not come to rest');
}

const statusOf = (world: WorldBuilder) => world.build().rollout.status;
const stepRun = (over: Partial<RunView> = {}) => runWith({ kind: 'Step', step: 1, name: name('s1'), ...over });
/** At the analysis of step 1, which runs. */
const smoking = settled(
  aWorld()
    .withSteps(...smoke)
    .atStep(0),
).world.with({ runs: [stepRun()] });

describe('steps that are edited in mid-run', () => {
  const passed = smoking.with({ runs: [stepRun({ phase: 'Successful' })] });
  test('are not passed by a run of the old ones, though it has the same index', () => {
    const strict = settled(passed.withSteps({ setWeight: 5 }, { analysis: analysisOf('strict') }, { setWeight: 90 }, { pause: {} }));
    expect(statusOf(strict.world)).toMatchObject({ step: { index: 1 }, weight: { desired: 5 } });
    expect(strict.ordered).toEqual([name('s1-2')]);
    const done = strict.world.with({
      runs: [stepRun({ phase: 'Successful' }), stepRun({ name: name('s1-2'), round: 2, phase: 'Successful' })],
    });
    expect(statusOf(settled(done).world)).toMatchObject({ step: { index: 3 }, weight: { desired: 90 } });
  });
  test('and a background run that saw the old weights: another watches the new ones', () => {
    const background = runWith({ evidence: [passedAt(minutes(9))] });
    const watched = settled(
      aWorld()
        .withCanarySpec({ analysis: analysisOf('rate') })
        .withSteps({ setWeight: 10 }, { pause: {} })
        .atStep(0),
    ).world;
    const edited = settled(watched.with({ runs: [background] }).withSteps({ setWeight: 20 }, { setWeight: 40 }));
    expect(edited.ordered).toEqual([name('bg-2')]);
    expect(statusOf(edited.world)).toMatchObject({ step: { index: 0 }, weight: { desired: 10 }, analysis: undefined });
  });
  test('where all traffic is not with the canary yet, steps that are through begin again, too', () => {
    const through = aWorld().withSteps({ setWeight: 50 }).atStep(1).withWeight(50);
    const known = settled(through.with({ window: { kind: 'closed', untilMs: undefined } })).world;
    const added = plan(known.withSteps({ setWeight: 50 }, { analysis: analysisOf('strict') }).build());
    expect(added.status).toMatchObject({ step: { index: 1 }, weight: { desired: 50 } });
    expect(effectsOf(added, 'createRun')).toHaveLength(1);
  });
});

describe('a template that comes and goes during the analysis of a step', () => {
  const away = smoking.withTarget(nextRevision);
  test.each(['Successful', 'Inconclusive'] as const)('the run that was closed meanwhile (%s) lets nothing pass', (phase) => {
    const back = away
      .recorded(plan(away.build()))
      .with({ runs: [stepRun({ phase, message: 'the Rollout is done with it' })] })
      .withTarget(canaryRevision);
    const again = settled(back.withSplit(splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }, {}, back.build().nowMs)));
    expect(statusOf(again.world)).toMatchObject({ phase: 'Progressing', attempt: 1, step: { index: 1 }, weight: { desired: 10 } });
    expect(again.ordered).toEqual([name('s1-2')]);
  });
  test('at the first step as well, once each time it goes', () => {
    const first = aWorld()
      .withSteps({ analysis: analysisOf('smoke') }, { setWeight: 80 })
      .atStep(0)
      .withWeight(0, { isConfirmed: false, written: 10, writtenAtMs: t0 - 1000 })
      .with({ runs: [stepRun({ name: name('s0'), step: 0, phase: 'Running' })] })
      .withTarget(nextRevision);
    const gone = first.recorded(plan(first.build()));
    expect(statusOf(gone).run?.rounds?.steps).toBe(2);
    expect(statusOf(gone.after(1).recorded(plan(gone.after(1).build()))).run?.rounds?.steps).toBe(2);
  });
  test('a verdict against the canary stays one', () => {
    const back = away
      .recorded(plan(away.build()))
      .with({ runs: [stepRun({ phase: 'Failed', message: 'too many errors' })] })
      .withTarget(canaryRevision);
    expect(plan(back.build()).status?.abort?.reason).toBe('AnalysisFailed');
  });
});

describe('an analysis that is edited in mid-run', () => {
  const run = { evidence: [passedAt(-1000)] };
  const begun = (analysis: ReturnType<typeof analysisOf>) => aWorld().withCanarySpec({ analysis }).atStep(2).withWeight(10);
  const known = begun(analysisOf('rate')).recorded(
    plan(
      begun(analysisOf('rate'))
        .withRuns({ evidence: [] })
        .with({ window: { kind: 'closed', untilMs: undefined } })
        .build(),
    ),
  );
  test('begins anew; what the old one saw is no evidence', () => {
    const edited = plan(
      known
        .withCanarySpec({ analysis: analysisOf('strict') })
        .withRuns(run)
        .build(),
    );
    expect(effectsOf(edited, 'createRun')).toMatchObject([{ run: { name: name('bg-2'), round: 2, templates: [{ name: 'strict' }] } }]);
    expect(edited.status).toMatchObject({ step: { index: 2 }, weight: { desired: 10 } });
    expect(conditionOf(edited, 'Ready')?.reason).toBe('AwaitingAnalysis');
  });
  test('in when it begins, or in what a raise waits for, goes on', () => {
    const edited = plan(
      known
        .withCanarySpec({ analysis: { ...analysisOf('rate'), startingStep: 1, evidence: 'Running' } })
        .withRuns(run)
        .build(),
    );
    expect(effectsOf(edited, 'createRun')).toEqual([]);
    expect(edited.status?.weight?.desired).toBe(50);
  });
  test('the end of the old one without a verdict pauses nothing, nor does its error abort; a failure does', () => {
    const ended = (phase: RunView['phase']) => {
      const edited = known.withCanarySpec({ analysis: analysisOf('strict') });
      return plan(
        edited
          .recorded(plan(edited.withRuns(run).build()))
          .withRuns({ phase })
          .build(),
      );
    };
    expect(ended('Inconclusive').status?.phase ?? 'Progressing').toBe('Progressing');
    expect(ended('Error').status?.abort).toBeUndefined();
    expect(ended('Failed').status?.abort?.reason).toBe('AnalysisFailed');
  });
  test('in the bake begins anew, and so does the time for which it is watched', () => {
    const baking = (analysis: string) =>
      aWorld()
        .withCanarySpec({ afterPromotion: { duration: '1m', analysis: analysisOf(analysis) } })
        .atStep(4)
        .withWeight(100);
    const first = baking('bake').recorded(plan(baking('bake').build()));
    const bakeRun = runWith({ kind: 'AfterPromotion', name: name('bake'), evidence: [passedAt(1)] });
    const edited = first
      .after(seconds(59))
      .with({ runs: [bakeRun] })
      .withCanarySpec({ afterPromotion: { duration: '1m', analysis: analysisOf('strict') } });
    const next = plan(edited.build());
    expect(effectsOf(next, 'createRun')).toMatchObject([{ run: { name: name('bake-2') } }]);
    const late = edited.recorded(next).with({ runs: [bakeRun, { ...bakeRun, name: name('bake-2'), round: 2 }] });
    expect(plan(late.after(seconds(59)).build()).status?.stableRevision ?? stableRevision).toBe(stableRevision);
    expect(plan(late.after(seconds(60)).build()).status?.stableRevision).toBe(canaryRevision);
    expect(plan(edited.recorded(next).after(minutes(5)).build()).status?.stableRevision ?? stableRevision).toBe(stableRevision);
  });
  test('that was not there before is begun for the first time', () => {
    const none = aWorld().atStep(3).withWeight(50);
    const added = none.recorded(plan(none.build())).withCanarySpec({ analysis: analysisOf('rate') });
    expect(effectsOf(plan(added.build()), 'createRun')).toMatchObject([{ run: { name: name('bg'), round: 1 } }]);
  });
});

test('the controller is done with a run of an earlier round, of another step, or of a release that is over', () => {
  const { status } = smoking.build().rollout;
  const of = (over: Partial<RunView>, isDeleting = false) => isDoneWith({ status, isDeleting }, stepRun(over));
  expect([of({}), of({ round: 2 }), of({ step: 2 }), of({ attempt: 2 }), of({ revision: nextRevision }), of({}, true)]).toEqual([
    false,
    ...[true, true, true, true, true],
  ]);
});

test('a run that was begun again has a name of its own, and says so where its spec cannot be read', () => {
  const identity = { revision: canaryRevision, attempt: 1, round: 3, kind: 'Step' as const, step: 12 };
  expect(analysisRunName({ rollout: 'web', ...identity })).toBe(name('s12-3'));
  expect(identityOfName(name('s12-3'))).toEqual(identity);
  expect(identityOfName(name('bg'))).toEqual({ revision: canaryRevision, attempt: 1, kind: 'Background', step: undefined });
});
