import { describe, expect, test } from 'vitest';
import { at, aWorld, canaryRevision, conditionOf, effectsOf, minutes, runWith, t0 } from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

test('at rest nothing is done and nothing is written', () => {
  const settled = aWorld().recorded(plan(aWorld().build()));
  expect(plan(settled.build())).toEqual({ effects: [], notices: [] });
  expect(plan(settled.with({ epoch: 2 }).build())).toEqual({ effects: [], notices: [] });
});
test('a newer leader’s Rollout is left alone', () => expect(plan(aWorld().withStatus({ epoch: 2 }).build()).effects).toEqual([]));

describe('a new template', () => {
  const next = plan(aWorld().withTarget(canaryRevision).build());
  test('begins at weight 0, step 0, attempt 1, with its objects', () => {
    expect(next.status).toMatchObject({ phase: 'Progressing', canaryRevision, attempt: 1, step: { index: 0 }, weight: { desired: 0 } });
    expect(next.effects.map(({ kind }) => kind)).toEqual(['createRevisionService', 'createDeployment']);
    expect(next.notices).toMatchObject([{ reason: 'Progressing' }]);
  });
  test('that was stable once is scaled, not made anew', () => {
    const warm = aWorld()
      .withTarget(canaryRevision)
      .withCanary({ replicas: 0 })
      .withStatus({ warm: [{ revision: canaryRevision, until: at(minutes(1)) }] });
    const again = plan(warm.build());
    expect(again.effects).toMatchObject([{ kind: 'scaleDeployment', revision: canaryRevision, replicas: 1 }, { kind: 'writeSplit' }]);
  });
  test('that failed before is judged by runs of its own', () => {
    const old = aWorld()
      .withTarget(canaryRevision)
      .with({ runs: [runWith({ phase: 'Failed', attempt: 1 })] });
    const begun = plan(old.build());
    expect(begun.status?.attempt).toBe(2);
    expect(plan(old.recorded(begun).withCanary({ replicas: 1 }).build()).status?.abort).toBeUndefined();
  });
  test('begins in a change window too: only raises wait', () =>
    expect(
      plan(
        aWorld()
          .withTarget(canaryRevision)
          .with({ window: { kind: 'closed', untilMs: undefined } })
          .build(),
      ).status?.canaryRevision,
    ).toBe(canaryRevision));
  test('that lacks a named port of the Service is refused', () => {
    const ports = [{ port: 80, targetPort: 'http' }];
    expect(conditionOf(plan(aWorld().withTarget(canaryRevision).withRootService({ ports }).build()), 'Stalled')?.reason).toBe(
      'PortMismatch',
    );
  });
});

describe('stable short of pods', () => {
  const short = aWorld().withStable({ replicas: 4, ready: 2 });
  test('is Healthy until the progress deadline, then Degraded, with an alarm', () => {
    const first = plan(short.build());
    expect([first.status?.phase, first.wakeAtMs]).toEqual(['Healthy', t0 + minutes(10)]);
    const late = plan(short.recorded(first).after(minutes(10)).build());
    expect(late.status?.phase).toBe('Degraded');
    expect(conditionOf(late, 'Stalled')?.reason).toBe('StableNotReady');
    expect(late.notices).toMatchObject([{ severity: 'Warning' }]);
  });
  test('none left of those that served: Degraded at once', () => {
    const served = aWorld().recorded(plan(aWorld().build())).withStable({ ready: 0 });
    const next = plan(served.build());
    expect([next.status?.phase, conditionOf(next, 'Ready')?.status]).toEqual(['Degraded', 'False']);
    expect(next.notices).toEqual([{ severity: 'Warning', reason: 'StableNotReady', message: 'stable has none of its 4 pods ready' }]);
  });
  test('scaled from zero, it has until the progress deadline', () => {
    const none = aWorld().withSpec({ replicas: 0 }).withStable({ replicas: 0 });
    const scaled = none.recorded(plan(none.build())).withSpec({ replicas: 4 }).withStable({ ready: 0 });
    const first = plan(scaled.build());
    expect(first.status?.phase).toBe('Healthy');
    expect(plan(scaled.recorded(first).after(minutes(10)).build()).status?.phase).toBe('Degraded');
  });
  test('without its Service it is Degraded, and Stalled as Degraded always is', () => {
    const next = plan(aWorld().withStable({ ready: 0 }, { service: undefined }).build());
    expect([next.status?.phase, conditionOf(next, 'Stalled')?.reason]).toEqual(['Degraded', 'RevisionServiceMissing']);
    expect(conditionOf(next, 'Reconciling')).toBeUndefined();
  });
  test('Degraded always says why', () =>
    expect(conditionOf(plan(short.withStatus({ phase: 'Degraded' }).build()), 'Stalled')?.reason).toBe('StableNotReady'));
});

test('an unknown target is Degraded and keeps the traffic where it is', () => {
  const next = plan(aWorld().withTarget({ kind: 'unknown', reason: 'WorkloadNotFound', message: 'gone' }).build());
  expect([next.status?.phase, next.effects]).toEqual(['Degraded', []]);
});
test('a younger rival touches nothing', () => {
  const next = plan(aWorld().withTarget(canaryRevision).with({ rival: 'shop/older' }).build());
  expect([next.status?.phase, next.effects]).toEqual(['Degraded', []]);
});
test('autoscalers move stable', () =>
  expect(effectsOf(plan(aWorld().withSpec({ replicas: 7 }).build()), 'scaleDeployment')).toMatchObject([{ replicas: 7 }]));
