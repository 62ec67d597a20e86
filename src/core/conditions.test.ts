import { describe, expect, test } from 'vitest';
import { at, aWorld, conditionOf, minutes } from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
const told = (world: ReturnType<typeof aWorld>) => {
  const { conditions } = plan(world.build()).status ?? world.build().rollout.status;
  return conditions.filter(({ type }) => type !== 'WeightConfirmed').map(({ type, status, reason }) => `${type}=${status} ${reason}`);
};

describe('conditions, as kstatus reads them', () => {
  test.each([
    ['Healthy', aWorld(), ['Ready=True Healthy']],
    ['in a timed pause', aWorld().atStep(1).withWeight(10), ['Ready=False Progressing', 'Reconciling=True Progressing']],
    ['in an open pause', aWorld().atStep(3).withWeight(50), ['Ready=False AwaitingDecision', 'Reconciling=True AwaitingDecision']],
    ['RolledBack', aWorld().atStep(1, { phase: 'Aborting', abort }), ['Ready=False AnalysisFailed', 'Stalled=True AnalysisFailed']],
    ['Degraded', aWorld().withRootService('absent'), ['Ready=False ServiceNotFound', 'Stalled=True ServiceNotFound']],
    ['paused by its spec', aWorld().withSpec({ paused: true }).atStep(0), ['Ready=False Paused', 'Reconciling=True Paused']],
    ['being deleted', aWorld().deleting(), ['Ready=False Terminating', 'Reconciling=True Terminating']],
  ])('%s', (_, world, wanted) => expect(told(world)).toEqual(wanted));

  test('carry the generation that was seen', () => {
    const { rollout } = aWorld().build();
    const next = plan(
      aWorld()
        .with({ rollout: { ...rollout, generation: 7 } })
        .build(),
    );
    expect(next.status?.observedGeneration).toBe(7);
    expect(next.status?.conditions.every(({ observedGeneration }) => observedGeneration === 7)).toBe(true);
  });
  test('move their time only when they flip', () => {
    const first = aWorld().recorded(plan(aWorld().build()));
    const later = plan(first.after(minutes(5)).withTarget('7c9d2f41aa').build());
    expect(conditionOf(later, 'WeightConfirmed')?.lastTransitionTime).toBe(at(0));
    expect(conditionOf(later, 'Ready')?.lastTransitionTime).toBe(at(minutes(5)));
  });
  test('an unconfirmed weight is Unknown until its timeout, then False, whatever else is waited for', () => {
    const lost = (ageMs: number) =>
      aWorld()
        .atStep(2)
        .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: Date.parse(at(-ageMs)) })
        .withCanary({ replicas: 2, ready: 1 })
        .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'it says 0' } });
    expect(conditionOf(plan(lost(1000).build()), 'WeightConfirmed')?.status).toBe('Unknown');
    expect(conditionOf(plan(lost(61_000).build()), 'WeightConfirmed')).toMatchObject({ status: 'False', reason: 'WeightNotApplied' });
  });
});

describe('templates that are missing, or cannot be used', () => {
  const missing = {
    kind: 'Background',
    step: undefined,
    reason: 'AnalysisTemplateNotFound',
    message: 'AnalysisTemplate smoke does not exist',
  } as const;
  const later = {
    kind: 'Step',
    step: 1,
    reason: 'AnalysisTemplateInvalid',
    message: 'web: metrics[0].successCondition: comes with a later version',
  } as const;

  test('are said at rest: by a condition, the message and an Event, and nothing is held up', () => {
    const next = plan(
      aWorld()
        .with({ templateProblems: [missing, later, missing] })
        .build(),
    );
    expect(next.status).toMatchObject({ phase: 'Healthy' });
    expect(conditionOf(next, 'Ready')).toMatchObject({ status: 'True', reason: 'Healthy' });
    const words = `${missing.message}; ${later.message}; until that is mended no release gets more traffic`;
    expect(conditionOf(next, 'AnalysisReady')).toMatchObject({ status: 'False', reason: missing.reason, message: words });
    expect(next.status?.message).toContain(words);
    expect(next.notices).toEqual([{ severity: 'Warning', reason: missing.reason, message: words }]);
    expect(next.effects).toEqual([]);
  });

  test('are said during an adoption, which goes on', () => {
    const next = plan(
      aWorld()
        .neverSeen({ hasFinalizer: true })
        .with({ templateProblems: [later] })
        .build(),
    );
    expect(conditionOf(next, 'AnalysisReady')?.reason).toBe('AnalysisTemplateInvalid');
    expect(next.effects.map(({ kind }) => kind)).toContain('createDeployment');
  });

  test('are told once, and the condition goes when they are there', () => {
    const world = aWorld().with({ templateProblems: [missing] });
    const said = world.recorded(plan(world.build()));
    expect(plan(said.build())).toEqual({ effects: [], notices: [] });
    const mended = plan(said.with({ templateProblems: [] }).build());
    expect(conditionOf(mended, 'AnalysisReady')).toBeUndefined();
    expect([conditionOf(mended, 'Ready')?.status, mended.notices]).toEqual(['True', []]);
  });
});

describe('spec.paused', () => {
  const paused = aWorld().withSpec({ paused: true });
  const said = (world: ReturnType<typeof aWorld>) => {
    const { phase, conditions, message = '' } = plan(world.build()).status ?? world.build().rollout.status;
    return [phase, conditions[0]?.reason, message.slice(message.indexOf(', ') + 2)];
  };

  test('is shown at once in a timed pause, which goes on', () => {
    const world = paused.atStep(1).withWeight(10);
    expect(said(world)).toEqual(['Paused', 'Paused', `paused by spec.paused; the pause lasts until ${at(minutes(5))}`]);
    const over = plan(world.recorded(plan(world.build())).after(minutes(5)).build());
    expect(over.status).toMatchObject({ phase: 'Paused', step: { index: 2 }, weight: { desired: 10 } });
    expect(said(aWorld().atStep(1).withWeight(10))).toEqual(['Progressing', 'Progressing', `waiting until ${at(minutes(5))}`]);
  });
  test('is shown beside what else is waited for', () => {
    expect(said(paused.atStep(3).withWeight(50))).toEqual([
      'Paused',
      'AwaitingDecision',
      'paused until somebody resumes it; paused by spec.paused',
    ]);
    const bake = paused
      .withCanarySpec({ afterPromotion: { duration: '1m' } })
      .atStep(4)
      .withWeight(100);
    expect(said(bake)).toEqual(['Baking', 'Paused', `watched, paused by spec.paused; the bake lasts until ${at(minutes(1))}`]);
  });
  test('says nothing where nothing is held: at rest, and in a rollback', () => {
    expect(said(paused)[1]).toBe('Healthy');
    expect(said(paused.atStep(1, { phase: 'Aborting', abort }).withWeight(0))[1]).toBe('AnalysisFailed');
  });
});
