import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
  writtenShares,
} from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
const inMidRun = aWorld().atStep(1).withWeight(10);
const aborting = aWorld()
  .atStep(1, { phase: 'Aborting', abort })
  .withWeight(0, { isConfirmed: false, written: 10, writtenAtMs: t0 - 1000 });

function entryOf(revision: string) {
  return { revision, startedAt: at(-60_000), finishedAt: at(-1000) };
}

const reasonOf = (world: WorldBuilder) => {
  const next = plan(world.build());
  return [conditionOf(next, 'Ready')?.reason, conditionOf(next, 'Stalled')?.reason];
};

const rolledBack = aWorld()
  .atStep(1, { phase: 'RolledBack', abort, history: [{ ...entryOf(canaryRevision), outcome: 'RolledBack' }] })
  .withWeight(0);

describe('what stands in the way is said at once, in every phase', () => {
  const gone = ['TrafficSplitNotInstalled', 'TrafficSplitNotInstalled'];
  test.each([
    ['Initializing', aWorld().neverSeen({ hasFinalizer: true })],
    ['Progressing, in a pause', inMidRun],
    ['Progressing, before the weight is confirmed', aWorld().atStep(1).withWeight(10, { isConfirmed: false, written: 0 })],
    ['Paused', aWorld().atStep(3).withWeight(50)],
    ['a canary without pods', aWorld().atStep(3).withWeight(50).withCanary({ replicas: 2, ready: 0 })],
    [
      'Baking',
      aWorld()
        .withCanarySpec({ afterPromotion: { duration: '1m' } })
        .atStep(4)
        .withWeight(100),
    ],
    ['Healthy', aWorld()],
    ['Aborting', aborting],
  ])('without the TrafficSplit CRD: %s', (_, world) => expect(reasonOf(world.withoutMesh())).toEqual(gone));

  test.each([
    ['Initializing', aWorld().neverSeen({ hasFinalizer: true })],
    ['Progressing, in a pause', inMidRun],
    ['Healthy', aWorld()],
    ['Aborting', aborting],
    ['Terminating', inMidRun.deleting()],
  ])('where something may not be read, or no longer: %s', (_, world) => {
    const unreadable = 'the controller may not list and watch services';
    const next = plan(world.with({ unreadable }).build());
    expect([conditionOf(next, 'Ready')?.reason, conditionOf(next, 'Stalled')?.reason]).toEqual(['Forbidden', 'Forbidden']);
    expect(next.status?.message).toContain(unreadable);
  });
  test('what is known is old then: nothing is raised or promoted on it, and a cut goes through', () => {
    const blind = (world: WorldBuilder) => plan(world.with({ unreadable: 'blind' }).build());
    expect(blind(aWorld().atStep(2).withWeight(10)).status?.weight?.desired).toBe(10);
    expect(blind(aWorld().atStep(4).withWeight(100)).status?.stableRevision).toBe(stableRevision);
    const failed = blind(aWorld().atStep(3).withWeight(50).withRuns({ phase: 'Failed' }));
    expect(failed.status?.abort?.reason).toBe('AnalysisFailed');
    expect(writtenShares(failed)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
  });
  test('an abort that cannot cut says why it was begun, too', () =>
    expect(plan(aborting.withoutMesh().build()).status?.message).toBe('rolling back: too many errors, no TrafficSplit here'));
  test('an abort is held up by a split of somebody else’s only', () => {
    const foreign = splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }, { ownership: { kind: 'foreign', owner: 'Flagger' } });
    expect(reasonOf(aborting.withSplit(foreign))).toEqual(['SplitNotOurs', 'SplitNotOurs']);
    expect(reasonOf(aborting.withRootService('absent'))).toEqual(['AwaitingWeight', undefined]);
  });
  test('it goes on by itself when the CRD comes back', () => {
    const back = aborting
      .recorded(plan(aborting.withoutMesh().build()))
      .withSplit(splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }));
    const next = plan(back.build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(conditionOf(next, 'Stalled')).toBeUndefined();
  });
});

const warnings = (world: WorldBuilder) => plan(world.build()).notices.filter(({ severity }) => severity === 'Warning');
const lost = (world: WorldBuilder) => world.withoutRevision(stableRevision);
const without = (world: WorldBuilder) => world.withStable({ ready: 0 });
const baking = aWorld()
  .withCanarySpec({ afterPromotion: { duration: '1m' } })
  .atStep(4)
  .withWeight(100);

describe('stable without its pods is an alarm in every phase, and ends nothing', () => {
  test.each([
    ['a timed pause', inMidRun, 'Progressing'],
    ['an open pause', aWorld().atStep(3).withWeight(50), 'Paused'],
    ['the bake', baking, 'Baking'],
    ['a rollback', aborting, 'Aborting'],
    ['an outage of the canary', aWorld().atStep(3).withWeight(50).withCanary({ replicas: 2, ready: 0 }), 'Progressing'],
  ])('%s', (_, world, phase) => {
    const usual = plan(world.build());
    const next = plan(without(world).build());
    expect(next.status).toMatchObject({
      phase,
      weight: { desired: usual.status?.weight?.desired ?? world.build().rollout.status.weight?.desired },
    });
    expect(conditionOf(next, 'Ready')).toMatchObject({ status: 'False', reason: 'StableNotReady' });
    expect(conditionOf(next, 'Stalled')).toBeUndefined();
    expect(next.status?.message).toContain('stable has none of its 4 pods ready');
    expect(warnings(without(world))).toEqual([expect.objectContaining({ reason: 'StableNotReady' })]);
    expect(warnings(without(world).recorded(next).after(1000))).toEqual([]);
    expect(next.wakeAtMs).toBe(usual.wakeAtMs);
    expect(plan(lost(world).build()).status?.message).toContain('is gone, and its template with it');
    expect(reasonOf(lost(world))).toEqual(['StableRevisionLost', 'StableRevisionLost']);
  });
  test('what is waited for is said beside it, and the pause is no news afterwards', () => {
    const until = plan(inMidRun.build()).status?.step?.until ?? '';
    expect(plan(without(inMidRun).build()).status?.message).toContain(`pods ready; the pause lasts until ${until}`);
    const open = aWorld().atStep(3).withWeight(50);
    const paused = open.recorded(plan(open.build()));
    const alarmed = plan(without(paused).build());
    expect(alarmed.status?.message).toContain('paused until somebody resumes it');
    const back = plan(paused.recorded(alarmed).build());
    expect([conditionOf(back, 'Ready')?.reason, back.notices]).toEqual(['AwaitingDecision', []]);
  });
  test('no write tells of each pod that comes back', () => {
    const first = inMidRun.withStable({ ready: 1 });
    const settled = first.recorded(plan(first.build()));
    expect(plan(settled.withStable({ ready: 2 }).build()).status).toBeUndefined();
    expect(plan(settled.withStable({ ready: 3 }).build()).status).toBeUndefined();
    expect(conditionOf(plan(settled.withStable({ ready: 4 }).build()), 'Ready')?.reason).toBe('Progressing');
  });
  test('what is Stalled stays Stalled', () => {
    const late = aWorld()
      .withSpec({ progressDeadlineAction: 'Report' })
      .atStep(2, { waiting: { for: 'Pods', since: at(-11 * 60_000), best: 1 } })
      .withWeight(10)
      .withCanary({ replicas: 2, ready: 1 });
    expect(reasonOf(late)).toEqual(['ProgressDeadlineExceeded', 'ProgressDeadlineExceeded']);
    expect(reasonOf(without(late))).toEqual(['StableNotReady', 'StableNotReady']);
  });
  test('its Service is named where that is what it lacks', () => {
    const next = plan(aborting.withStable({ ready: 0 }, { service: undefined }).build());
    expect(conditionOf(next, 'Ready')?.reason).toBe('RevisionServiceMissing');
  });
});

describe('after a rollback what stands in the way is said beside the abort', () => {
  const foreign = splitWith({ [stableRevision]: 100 }, { ownership: { kind: 'foreign', owner: 'Flagger' } });
  test.each<[string, WorldBuilder, string]>([
    ['stable without pods', without(rolledBack), 'StableNotReady'],
    ['stable without its Deployment', lost(rolledBack), 'StableRevisionLost'],
    ['stable without its Service', rolledBack.withStable({ ready: 0 }, { service: undefined }), 'RevisionServiceMissing'],
    ['no root Service', rolledBack.withRootService('absent'), 'ServiceNotFound'],
    ['no mesh', rolledBack.withoutMesh(), 'TrafficSplitNotInstalled'],
    ['another split', rolledBack.withTraffic({ conflict: 'TrafficSplit other has that root' }), 'SplitNotOurs'],
    ['somebody else’s split', rolledBack.withSplit(foreign), 'SplitNotOurs'],
    ['a kind that may not be read', rolledBack.with({ unreadable: 'the controller may not list services' }), 'Forbidden'],
    ['a write that is refused', rolledBack.with({ obstacle: { reason: 'WriteRefused', message: 'denied by webhook' } }), 'WriteRefused'],
    [
      'a template that cannot be used',
      rolledBack.withTarget({ kind: 'unknown', reason: 'ConfigNotFound', message: 'ConfigMap web does not exist' }),
      'ConfigNotFound',
    ],
  ])('%s', (_, world, reason) => {
    const next = plan(world.build());
    expect(next.status?.phase).toBe('RolledBack');
    expect(conditionOf(next, 'Stalled')?.reason).toBe('AnalysisFailed');
    const { message = '' } = conditionOf(next, 'Obstructed') ?? {};
    expect(conditionOf(next, 'Obstructed')).toMatchObject({ status: 'True', reason });
    expect(next.status?.message).toBe(`rolled back to ${stableRevision}: too many errors, ${message}`);
    const recorded = rolledBack.recorded(plan(rolledBack.build()));
    const told = plan(world.withStatus(recorded.build().rollout.status).build());
    expect(told.notices).toEqual([{ severity: 'Warning', reason, message }]);
    expect(plan(world.recorded(next).build()).notices.filter(({ reason: of }) => of === reason)).toEqual([]);
  });
  test('and no longer once it is over', () => {
    const over = plan(rolledBack.recorded(plan(rolledBack.withRootService('absent').build())).build());
    expect(conditionOf(over, 'Obstructed')).toBeUndefined();
    expect(over.status?.message).toBe(`rolled back to ${stableRevision}: too many errors`);
  });
});

describe('a write that the API server refuses, at rest', () => {
  test.each(['Forbidden', 'WriteRefused'] as const)('%s: Degraded, in the API server’s own words, until it is taken', (reason) => {
    const message = 'deployments.apps is forbidden: exceeded quota';
    const first = plan(aWorld().with({ obstacle: { reason, message } }).build());
    expect(first.status).toMatchObject({ phase: 'Degraded', message });
    expect(conditionOf(first, 'Ready')).toMatchObject({ status: 'False', reason, message });
    expect(conditionOf(first, 'Stalled')).toMatchObject({ reason, message });
    expect(first.notices).toEqual([{ severity: 'Warning', reason, message }]);
    const mended = plan(aWorld().recorded(first).build());
    expect([mended.status?.phase, conditionOf(mended, 'Ready')?.status]).toEqual(['Healthy', 'True']);
  });
});
