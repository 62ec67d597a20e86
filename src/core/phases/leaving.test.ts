import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  kindsOf,
  nextRevision,
  splitWith,
  stableRevision,
  t0,
  writtenShares,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
const aborting = (weight: number) => aWorld().atStep(2, { phase: 'Aborting', abort }).withWeight(weight);

describe('an abort', () => {
  test('is Aborting until 0 is confirmed', () => {
    const cut = aWorld()
      .atStep(2, { phase: 'Aborting', abort })
      .withWeight(0, { isConfirmed: false, written: 50, writtenAtMs: t0 - 1000 });
    expect(plan(cut.build()).status?.phase).toBe('Aborting');
    expect(effectsOf(plan(cut.build()), 'scaleDeployment')).toEqual([]);
  });
  test('raises the floor of stable with an autoscaler until then: it gets all of the traffic once the cut arrives', () => {
    const cut = aWorld()
      .atStep(2, { phase: 'Aborting', abort })
      .withSpec({ replicas: 6 })
      .withWeight(0, { isConfirmed: false, written: 50, writtenAtMs: t0 - 1000 });
    expect(plan(cut.build()).status?.run?.replicasFloor).toBe(6);
    const again = cut.recorded(plan(cut.build())).withSpec({ replicas: 2 }).withStable({ replicas: 6 });
    expect(effectsOf(plan(again.build()), 'scaleDeployment')).toEqual([]);
  });
  test('is RolledBack then, told once in history; the canary stays named, and drains', () => {
    const next = plan(aborting(0).build());
    expect(next.status).toMatchObject({
      phase: 'RolledBack',
      canaryRevision,
      abort,
      warm: [{ revision: canaryRevision, until: at(30_000) }],
    });
    expect(next.status?.history).toMatchObject([{ outcome: 'RolledBack', reason: 'AnalysisFailed' }]);
    const again = aborting(0).recorded(next).after(60_000);
    expect((plan(again.build()).status ?? again.build().rollout.status).history).toHaveLength(1);
    expect(effectsOf(plan(again.build()), 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 0 }]);
  });
  test('keeps its pods until the data plane has followed what the adapter was told, however short the delay', () => {
    const hasty = aborting(0).withCanarySpec({ abortScaleDownDelay: '1s' });
    const confirmed = (confirmedBy: 'Adapter' | 'Elapsed') =>
      plan(hasty.withStatus({ weight: { desired: 0, written: 0, confirmedBy, confirmedAt: at(-2000) } }).build()).status?.warm;
    expect(confirmed('Adapter')).toEqual([{ revision: canaryRevision, until: at(8000) }]);
    expect(confirmed('Elapsed')).toEqual([{ revision: canaryRevision, until: at(1000) }]);
  });
  test('stays RolledBack, told once, when somebody edits the split afterwards', () => {
    const rolledBack = aborting(0).recorded(plan(aborting(0).build()));
    const edited = rolledBack.withSplit({
      ...splitWith({ [canaryRevision]: 40, [stableRevision]: 60 }),
      stamp: splitWith({ [stableRevision]: 100 }).stamp,
    });
    const next = plan(edited.build());
    expect(next.status).toMatchObject({ phase: 'RolledBack', weight: { desired: 0 } });
    expect(next.status?.history).toHaveLength(1);
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(plan(edited.withTarget(nextRevision).build()).status?.canaryRevision).toBe(canaryRevision);
  });
  test('is never undone by its own template', () => expect(plan(aborting(0).build()).status?.weight?.desired).toBe(0));
  test('gives way to another template, and to stable’s', () => {
    expect(plan(aborting(0).withTarget(nextRevision).build()).status).toMatchObject({
      canaryRevision: nextRevision,
      attempt: 1,
      phase: 'Progressing',
    });
    const reverted = plan(aborting(0).withTarget(stableRevision).build()).status;
    expect([reverted?.phase, reverted?.canaryRevision, reverted?.abort]).toEqual(['Healthy', undefined, undefined]);
  });
  test('cuts though the spec is paused, the window closed, the Service gone and the split contended', () => {
    const corrections = [1, 2, 3].map((version) => ({ object: 'Split' as const, at: at(-1000), version: String(version) }));
    const held = aborting(50)
      .withSpec({ paused: true })
      .withRootService('absent')
      .withStatus({ corrections })
      .with({ window: { kind: 'closed', untilMs: undefined } });
    expect(writtenShares(plan(held.withTraffic({ conflict: 'two splits' }).build()))).toEqual({
      [canaryRevision]: 0,
      [stableRevision]: 100,
    });
  });
  test('frees stable’s count when it is over', () => {
    const over = aWorld().withSpec({ replicas: 2 }).atStep(2, { phase: 'RolledBack', abort }).withWeight(0);
    expect(effectsOf(plan(over.build()), 'scaleDeployment')).toContainEqual(
      expect.objectContaining({ revision: stableRevision, replicas: 2 }),
    );
  });
});

describe('a new template in mid-run', () => {
  test('takes the old canary to 0 first, confirmed', () => {
    const next = plan(aWorld().atStep(3).withWeight(50).withTarget(nextRevision).build());
    expect(next.status).toMatchObject({ canaryRevision, weight: { desired: 0, written: 50 } });
    expect(next.status?.history).toBeUndefined();
    expect(kindsOf(next)).not.toContain('createDeployment');
  });
  test('says so where the data plane does not follow by the deadline: the old canary is on its way out, and not aborted', () => {
    const stuck = aWorld()
      .atStep(0)
      .withWeight(0, { isConfirmed: false, written: 50, writtenAtMs: t0 - 61_000 })
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'profile says 50' } })
      .withTarget(nextRevision);
    const waiting = stuck.recorded(plan(stuck.build()));
    expect(waiting.build().rollout.status.waiting).toEqual({ for: 'Weight', since: at(0), best: 0 });
    const late = plan(waiting.after(600_000).build());
    expect(conditionOf(late, 'Stalled')).toMatchObject({ status: 'True', reason: 'ProgressDeadlineExceeded' });
    expect(late.status).toMatchObject({ canaryRevision, phase: 'Progressing' });
    expect(late.status?.abort).toBeUndefined();
  });
  test('then begins at the first step, attempt 1; the old one is Superseded', () => {
    const next = plan(aWorld().atStep(3).withWeight(0).withTarget(nextRevision).build());
    expect(next.status).toMatchObject({
      canaryRevision: nextRevision,
      attempt: 1,
      step: { index: 0 },
      history: [{ revision: canaryRevision, outcome: 'Superseded', reason: 'Superseded' }],
    });
    expect(effectsOf(next, 'createDeployment')).toMatchObject([{ revision: nextRevision }]);
  });
  test('that is stable’s: Healthy, without a canary, Superseded with reason Reverted', () => {
    const next = plan(aWorld().atStep(3).withWeight(0).withTarget(stableRevision).build());
    expect(next.status).toMatchObject({ phase: 'Healthy', history: [{ outcome: 'Superseded', reason: 'Reverted' }] });
    expect(next.status?.canaryRevision).toBeUndefined();
  });
  test('and back again before the canary was out: it begins at the first step', () => {
    const cut = aWorld().atStep(3).withWeight(50).withTarget(nextRevision);
    const back = cut
      .recorded(plan(cut.build()))
      .withTarget(canaryRevision)
      .withSplit(splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }));
    expect(plan(back.build()).status?.weight?.desired).toBe(10);
  });
});
