import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  minutes,
  nextRevision,
  passedAt,
  seconds,
  splitWith,
  stableRevision,
  t0,
  writtenShares,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

const analysis = { templates: [{ name: 'success-rate' }] };
const running = (world: ReturnType<typeof aWorld>) => plan(world.build());
const reasonOf = (world: ReturnType<typeof aWorld>) => conditionOf(running(world), 'Ready')?.reason;

describe('a raise', () => {
  test('is recorded, and the split says what the record says', () => {
    const next = running(aWorld().atStep(0));
    expect(next.status?.weight).toEqual({ desired: 10, written: 0 });
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 10, [stableRevision]: 90 });
    expect(next.status?.weight?.confirmedBy).toBeUndefined();
  });
  test('waits while some pods of the canary are missing', () => {
    const next = running(aWorld().atStep(2).withWeight(10).withCanary({ replicas: 2, ready: 1 }));
    expect(next.status?.weight?.desired).toBe(10);
    expect(conditionOf(next, 'Ready')?.reason).toBe('AwaitingPods');
  });
  test('waits while stable is short of pods, and says so aloud', () => {
    const next = running(aWorld().atStep(2).withWeight(10).withStable({ replicas: 4, ready: 3 }));
    expect(next.status?.weight?.desired).toBe(10);
    expect(next.notices).toMatchObject([{ severity: 'Warning', reason: 'StableNotReady' }]);
  });
  test('stops where the Deployment of stable is gone: nobody can make it again without its template', () => {
    const next = running(aWorld().atStep(2).withWeight(10).withStable({ replicas: 4, ready: 4 }, { deployment: undefined }));
    expect(next.status?.weight?.desired).toBe(10);
    expect(conditionOf(next, 'Stalled')?.reason).toBe('StableRevisionLost');
    expect(next.notices).toMatchObject([{ severity: 'Warning', reason: 'StableRevisionLost' }]);
  });
  test('waits while spec.paused', () => expect(reasonOf(aWorld().atStep(0).withSpec({ paused: true }))).toBe('Paused'));
  test('that was recorded and not written when spec.paused came is taken back: the split stays, and the Rollout is Paused', () => {
    const unwritten = aWorld()
      .atStep(2)
      .withStatus({ weight: { desired: 50, written: 10 } })
      .withSplit(splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }));
    expect(writtenShares(running(unwritten))).toEqual({ [canaryRevision]: 50, [stableRevision]: 50 });
    const next = running(unwritten.withSpec({ paused: true }));
    expect(next.status).toMatchObject({ phase: 'Paused', step: { index: 2 }, weight: { desired: 10 } });
    expect(writtenShares(next)).toBeUndefined();
  });
  test.each([
    ['canary pods are lost', (world: ReturnType<typeof aWorld>) => world.withCanary({ replicas: 2, ready: 1 }), 'AwaitingPods'],
    ['stable pods are lost', (world: ReturnType<typeof aWorld>) => world.withStable({ replicas: 4, ready: 3 }), 'StableNotReady'],
    [
      'a window closes',
      (world: ReturnType<typeof aWorld>) => world.with({ window: { kind: 'closed', untilMs: undefined } }),
      'AwaitingWindow',
    ],
  ])('that was recorded and not written when %s is taken back, and waits as any raise does', (_, change, reason) => {
    const unwritten = aWorld()
      .atStep(2)
      .withStatus({ weight: { desired: 50, written: 10 } })
      .withSplit(splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }));
    const next = running(change(unwritten));
    expect(next.status).toMatchObject({ phase: 'Progressing', step: { index: 2 }, weight: { desired: 10 } });
    expect([conditionOf(next, 'Ready')?.reason, writtenShares(next)]).toEqual([reason, undefined]);
  });
  test('that was written loses nothing when a pod is lost: one that serves keeps the weight', () => {
    const written = aWorld().atStep(2).withWeight(50).withCanary({ replicas: 2, ready: 1 });
    expect(running(written).status?.weight?.desired).toBe(50);
  });
  test('waits for a change window, and wakes at its end', () => {
    const next = running(
      aWorld()
        .atStep(0)
        .with({ window: { kind: 'closed', untilMs: t0 + 5000 } }),
    );
    expect([conditionOf(next, 'Ready')?.reason, next.wakeAtMs]).toEqual(['AwaitingWindow', t0 + 5000]);
  });
  test('waits where the workload or its configuration is gone: that is no new revision', () => {
    const next = running(aWorld().atStep(0).withTarget({ kind: 'unknown', reason: 'ConfigNotFound', message: 'no ConfigMap' }));
    expect(next.status).toMatchObject({ canaryRevision, weight: { desired: 0 } });
    expect(conditionOf(next, 'Ready')?.reason).toBe('ConfigNotFound');
  });
  test.each([
    ['without a mesh', (world: ReturnType<typeof aWorld>) => world.withoutMesh(), 'TrafficSplitNotInstalled'],
    ['without its Service', (world: ReturnType<typeof aWorld>) => world.withRootService('absent'), 'ServiceNotFound'],
    ['with a conflicting split', (world: ReturnType<typeof aWorld>) => world.withTraffic({ conflict: 'two splits' }), 'SplitNotOurs'],
  ])('waits %s', (_, change, reason) => expect(reasonOf(change(aWorld().atStep(0)))).toBe(reason));
  test('waits until the weight before it is confirmed', () => {
    const unconfirmed = aWorld()
      .atStep(2)
      .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 - 1000 });
    expect(running(unconfirmed).status?.weight?.desired).toBe(10);
  });
});

describe('evidence', () => {
  const held = (evidence: Parameters<typeof passedAt>, over = {}) =>
    aWorld()
      .withCanarySpec({ analysis: { ...analysis, ...over } })
      .atStep(2)
      .withWeight(10)
      .withRuns({ evidence: [passedAt(...evidence)] });
  test('PerStep: a raise needs a Pass whose window began after the weight was confirmed', () => {
    expect(reasonOf(held([-21_000]))).toBe('AwaitingAnalysis');
    expect(running(held([-19_000])).status?.weight?.desired).toBe(50);
  });
  test('PerStep: of several metrics each needs one of its own', () => {
    const some = held([-19_000]).withRuns({
      evidence: [passedAt(-19_000), { metric: 'latency', passedWindowStartedAtMs: t0 - 21_000, isExempt: false }],
    });
    expect(running(some).status?.weight?.desired).toBe(10);
    expect(running(some).status?.message).toContain('"latency"');
    const all = held([-19_000]).withRuns({
      evidence: [passedAt(-19_000), { metric: 'latency', passedWindowStartedAtMs: t0 - 18_000, isExempt: false }],
    });
    expect(running(all).status?.weight?.desired).toBe(50);
  });
  test('PerStep: a metric in its initialDelay is left aside', () =>
    expect(running(held([undefined, true])).status?.weight?.desired).toBe(50));
  test('Running: steps go on without one', () =>
    expect(running(held([undefined], { evidence: 'Running' })).status?.weight?.desired).toBe(50));
  test('is not asked before startingStep', () => expect(running(held([undefined], { startingStep: 3 })).status?.weight?.desired).toBe(50));
  test('is not asked of the first raise from 0', () =>
    expect(running(aWorld().withCanarySpec({ analysis }).atStep(0)).status?.weight?.desired).toBe(10));
  test('the analysis begins with the first confirmed traffic of its starting step', () => {
    const next = running(aWorld().withCanarySpec({ analysis }).atStep(1).withWeight(10));
    expect(effectsOf(next, 'createRun')).toMatchObject([{ run: { name: `web-${canaryRevision}-1-bg`, kind: 'Background' } }]);
    expect(effectsOf(running(aWorld().withCanarySpec({ analysis }).atStep(0)), 'createRun')).toEqual([]);
  });
  test('with sugar a startingStep beyond the steps begins at 100 %', () => {
    const sugar = { steps: undefined, stepWeights: [10], interval: '1s', analysis: { ...analysis, startingStep: 9 } };
    const next = running(aWorld().withCanarySpec(sugar).atStep(2).withWeight(100));
    expect(effectsOf(next, 'createRun')).toHaveLength(1);
  });
});

describe('promotion', () => {
  const through = (world = aWorld()) => world.atStep(4).withWeight(100);
  test('steps that end below 100 are followed by weight 100', () => {
    expect(running(aWorld().atStep(4).withWeight(50)).status).toMatchObject({
      phase: 'Progressing',
      weight: { desired: 100, written: 50 },
    });
  });
  test('the canary becomes stable where it stands, the root Service selects it, the old one stays warm', () => {
    const next = running(through());
    expect(next.status).toMatchObject({
      phase: 'Healthy',
      stableRevision: canaryRevision,
      warm: [{ revision: stableRevision, until: at(minutes(5)) }],
      history: [{ revision: canaryRevision, outcome: 'Promoted' }],
    });
    expect(next.status?.canaryRevision).toBeUndefined();
    expect(effectsOf(next, 'pinSelector')).toMatchObject([{ revision: canaryRevision }]);
    expect(effectsOf(next, 'scaleDeployment')).toEqual([]);
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 100 });
  });
  test('keeps its confirmation, though the split names the old one no more', () => {
    const next = running(through());
    expect(effectsOf(next, 'writeSplit')[0]?.sinceMs).toBe(t0 - 30_000);
    expect(next.status?.weight).toMatchObject({ desired: 0, confirmedBy: 'Elapsed' });
  });
  test('keeps the old pods at least as long as the data plane lags', () =>
    expect(running(through(aWorld().withCanarySpec({ scaleDownDelay: '0s' }))).status?.warm?.[0]?.until).toBe(at(seconds(10))));
  test('keeps the last runs to be seen', () => {
    const runs = { phase: 'Running' as const, evidence: [passedAt(-1000)] };
    const next = running(
      through(aWorld().withCanarySpec({ analysis }))
        .withRuns(runs)
        .withStatus({ analysis: [{ run: `web-${canaryRevision}-1-bg`, kind: 'Background', phase: 'Running' }] }),
    );
    expect([next.status?.phase, next.status?.analysis]).toMatchObject(['Healthy', [{ kind: 'Background' }]]);
  });
  test.each([
    ['no Pass', passedAt(undefined)],
    ['no Pass, and an initialDelay', passedAt(undefined, true)],
  ])('needs a Pass of each metric: %s', (_, evidence) => {
    const world = through(aWorld().withCanarySpec({ analysis: { ...analysis, evidence: 'Running' } })).withRuns({ evidence: [evidence] });
    expect(reasonOf(world)).toBe('AwaitingAnalysis');
  });
  test('waits for a canary that lost a pod', () => expect(reasonOf(through().withCanary({ replicas: 4, ready: 3 }))).toBe('AwaitingPods'));
  test('waits while paused, and while the template is unknown', () => {
    expect(running(through().withSpec({ paused: true })).status).toMatchObject({ phase: 'Paused', stableRevision });
    expect(reasonOf(through().withTarget({ kind: 'unknown', reason: 'WorkloadNotFound', message: '' }))).toBe('WorkloadNotFound');
  });
  test('is not held by a change window', () =>
    expect(running(through().with({ window: { kind: 'closed', untilMs: undefined } })).status?.phase).toBe('Healthy'));
  test('with afterPromotion bakes first, then needs a Pass of its analysis', () => {
    const baking = through(aWorld().withCanarySpec({ afterPromotion: { duration: '1m', analysis } }));
    const next = running(baking);
    expect(next.status).toMatchObject({ phase: 'Baking', stableRevision, step: { kind: 'bake', until: at(minutes(1)) } });
    expect(effectsOf(next, 'createRun')).toMatchObject([{ run: { kind: 'AfterPromotion' } }]);
    const run = { kind: 'AfterPromotion' as const, name: 'bake' };
    expect(
      reasonOf(
        baking
          .recorded(next)
          .after(minutes(2))
          .withRuns({ ...run, evidence: [passedAt(undefined)] }),
      ),
    ).toBe('AwaitingAnalysis');
    expect(
      running(
        baking
          .recorded(next)
          .after(minutes(2))
          .withRuns({ ...run, evidence: [passedAt(1)] }),
      ).status?.phase,
    ).toBe('Healthy');
  });
});

describe('a failed analysis', () => {
  test.each([
    ['a step', aWorld().atStep(1).withWeight(10)],
    ['a pause', aWorld().atStep(3).withWeight(50)],
    ['spec.paused', aWorld().withSpec({ paused: true }).atStep(1).withWeight(10)],
    [
      'a change window',
      aWorld()
        .atStep(1)
        .withWeight(10)
        .with({ window: { kind: 'closed', untilMs: undefined } }),
    ],
    [
      'the bake',
      aWorld()
        .withCanarySpec({ afterPromotion: { duration: '1m' } })
        .atStep(4)
        .withWeight(100),
    ],
  ])('aborts at once in %s, status before split', (_, world) => {
    const next = running(world.withRuns({ phase: 'Failed', message: 'too many errors' }));
    expect(next.status).toMatchObject({ phase: 'Aborting', abort: { reason: 'AnalysisFailed' }, weight: { desired: 0 } });
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(effectsOf(next, 'writeSplit')[0]?.isCut).toBe(true);
  });
  test('of another attempt, or of another revision, says nothing', () => {
    const world = aWorld().atStep(1).withWeight(10).withRuns({ phase: 'Failed', attempt: 2 }, { phase: 'Failed', revision: nextRevision });
    expect(running(world).status?.abort).toBeUndefined();
  });
  test('without a verdict it waits for a person', () =>
    expect(running(aWorld().atStep(2).withWeight(10).withRuns({ phase: 'Inconclusive' })).status).toMatchObject({
      phase: 'Paused',
      weight: { desired: 10 },
    }));
});

describe('a background analysis without a verdict, together with a cut', () => {
  const inconclusive = { phase: 'Inconclusive' as const, message: 'no data' };
  const lowering = aWorld().withSteps({ setWeight: 50 }, { setWeight: 20 }, { pause: {} }).atStep(1).withWeight(50).withRuns(inconclusive);
  test('the step that lowers the weight does so first, then a person is waited for', () => {
    const next = running(lowering);
    expect(next.status?.weight).toEqual({ desired: 20, written: 50 });
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 20, [stableRevision]: 80 });
    const cut = lowering.recorded(next).withSplit(splitWith({ [canaryRevision]: 20, [stableRevision]: 80 }, {}, t0));
    expect(running(cut.after(seconds(11))).status).toMatchObject({ phase: 'Paused', weight: { desired: 20 } });
  });
  test('a cut that was recorded and not written yet is written', () => {
    const recorded = lowering.withStatus({ weight: { desired: 20, written: 50 } });
    expect(writtenShares(running(recorded))).toEqual({ [canaryRevision]: 20, [stableRevision]: 80 });
  });
  test('an outage, another template and a failed run beside it cut to nothing', () => {
    const paused = aWorld().atStep(3).withWeight(50).withRuns(inconclusive);
    const failed = { phase: 'Failed' as const, kind: 'Step' as const, step: 1, name: 'web-s1' };
    for (const world of [
      paused.withCanary({ replicas: 2, ready: 0 }),
      paused.withTarget(nextRevision),
      paused.withRuns(inconclusive, failed),
    ])
      expect(writtenShares(running(world))).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
  });
});

describe('a canary without a single ready pod while it has weight', () => {
  const down = aWorld().atStep(3).withWeight(50).withCanary({ replicas: 2, ready: 0 });
  test('loses it at once, also while paused', () => {
    for (const world of [down, down.withSpec({ paused: true })])
      expect(running(world).status).toMatchObject({
        weight: { desired: 0, written: 50 },
        canaryUnavailableSince: at(0),
        run: { outages: 1 },
      });
  });
  test('counts one outage, however often it is looked at', () => {
    const once = down.recorded(running(down)).after(seconds(5));
    expect(running(once).status?.run?.outages ?? 1).toBe(1);
  });
  test('gets the weight of its step back when it is ready again', () => {
    const cut = down
      .recorded(running(down))
      .after(seconds(20))
      .withSplit(splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }, {}, t0))
      .withCanary({ replicas: 2 });
    const next = running(cut);
    expect(next.status).toMatchObject({ weight: { desired: 50 } });
    expect(next.status?.canaryUnavailableSince).toBeUndefined();
  });
  test('aborts after 30 s', () => {
    const late = down.recorded(running(down)).after(seconds(30));
    expect(running(late).status).toMatchObject({ phase: 'Aborting', abort: { reason: 'CanaryUnavailable' } });
  });
  test('aborts at the third outage', () =>
    expect(running(down.withStatus({ run: { startedAt: at(0), replicasFloor: 4, outages: 2 } })).status?.abort?.reason).toBe(
      'CanaryUnavailable',
    ));
});

describe('steps', () => {
  test('a pause lasts from when its step was entered, over restarts', () => {
    const paused = aWorld().atStep(1).withWeight(10);
    expect(running(paused).wakeAtMs).toBe(t0 + minutes(5));
    expect(running(paused.after(minutes(5) - 1)).status?.step?.index).toBe(1);
    expect(running(paused.after(minutes(5))).status?.step?.index).toBe(2);
  });
  test('an open pause waits for a decision', () => {
    const next = running(aWorld().atStep(3).withWeight(50));
    expect(next.status?.phase).toBe('Paused');
    expect([conditionOf(next, 'Reconciling')?.reason, conditionOf(next, 'Stalled')]).toEqual(['AwaitingDecision', undefined]);
  });
  describe('setCanaryScale of one pod, in a Rollout of twenty', () => {
    const few = (index: number, weight: number) =>
      aWorld()
        .withSpec({ replicas: 20 })
        .withSteps({ setCanaryScale: { replicas: 1 } }, { setWeight: 10 }, { setWeight: 100 }, { pause: { duration: '1h' } })
        .withStable({ replicas: 20 })
        .atStep(index)
        .withWeight(weight)
        .withCanary({ replicas: 1 });
    test('is obeyed where it is less than the weight would ask for', () => {
      const next = running(few(1, 0));
      expect(next.status?.weight?.desired).toBe(10);
      expect(effectsOf(next, 'scaleDeployment')).toEqual([]);
    });
    test('does not send all traffic to that pod: the full count is ready first', () => {
      const next = running(few(2, 10));
      expect(next.status?.weight?.desired).toBe(10);
      expect(conditionOf(next, 'Ready')?.reason).toBe('AwaitingPods');
      expect(effectsOf(next, 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 20 }]);
      expect(running(few(2, 10).withCanary({ replicas: 20, ready: 19 })).status?.weight?.desired).toBe(10);
      expect(running(few(2, 10).withCanary({ replicas: 20 })).status?.weight?.desired).toBe(100);
    });
    test('takes no pod away while all traffic is there', () =>
      expect(effectsOf(running(few(3, 100).withCanary({ replicas: 20 })), 'scaleDeployment')).toEqual([]));
  });
  test('an analysis whose template is missing says so', () => {
    const world = aWorld().withSteps({ setWeight: 10 }, { analysis }).atStep(1).withWeight(10);
    const problem = {
      kind: 'Step' as const,
      step: 1,
      reason: 'AnalysisTemplateNotFound' as const,
      message: 'AnalysisTemplate success-rate does not exist',
    };
    expect(reasonOf(world.with({ templateProblems: [problem] }))).toBe('AnalysisTemplateNotFound');
  });
  test('a Rollout that is scaled to zero still tries its canary on a pod', () => {
    const world = aWorld()
      .withSpec({ replicas: 0 })
      .atStep(1)
      .withStatus({ run: { startedAt: at(0), replicasFloor: 0 } })
      .withWeight(10)
      .withStable({ replicas: 0 })
      .withCanary({ replicas: 1 });
    expect(effectsOf(running(world), 'scaleDeployment')).toEqual([]);
  });
  test('a weight lowered twice before it was confirmed remembers the most that may still come through', () => {
    const world = aWorld()
      .withSteps({ setWeight: 50 }, { setWeight: 20 }, { setWeight: 5 })
      .atStep(2)
      .withWeight(20, { isConfirmed: false, written: 50, writtenAtMs: t0 });
    expect(running(world).status?.weight).toMatchObject({ desired: 5, written: 50 });
  });
  test('an autoscaler raises the floor of stable, and never lowers it while a canary is on its way', () => {
    const up = running(aWorld().withSpec({ replicas: 6 }).atStep(1).withWeight(10));
    expect(up.status?.run?.replicasFloor).toBe(6);
    const down = running(aWorld().withSpec({ replicas: 2 }).atStep(1).withWeight(10));
    expect(effectsOf(down, 'scaleDeployment').filter(({ revision }) => revision === stableRevision)).toEqual([]);
  });
});
