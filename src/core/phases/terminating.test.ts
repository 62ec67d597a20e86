import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  kindsOf,
  minutes,
  seconds,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
  writtenShares,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

const served = { replicas: 4, readyReplicas: 4 };
const atRest = aWorld().deleting();
const outage = aWorld()
  .atStep(3, { canaryUnavailableSince: at(-5000) })
  .withWeight(0, { isConfirmed: false, written: 50, writtenAtMs: t0 - 5000 })
  .withCanary({ replicas: 2, ready: 0 });
const doubts = ['ProviderAmbiguous', 'TrafficSplitVersion'] as const;

describe('deletion', () => {
  test.each([
    ['Progressing', aWorld().atStep(3).withWeight(50)],
    [
      'Aborting',
      aWorld()
        .atStep(3, { phase: 'Aborting', abort: { reason: 'AnalysisFailed', message: '', at: '' } })
        .withWeight(50),
    ],
    ['Paused', aWorld().atStep(3, { phase: 'Paused' }).withWeight(50)],
    [
      'in an outage, the split given back by somebody',
      outage.withSplit(splitWith({ [canaryRevision]: 50, [stableRevision]: 50 }, { resourceVersion: '9' })),
    ],
    ['Baking', aWorld().atStep(4, { phase: 'Baking' }).withWeight(100)],
    ['superseded', aWorld().atStep(3).withWeight(50).withTarget('8e1a3b52cc')],
    ['rivalled', aWorld().atStep(3).withWeight(50).with({ rival: 'shop/older' })],
    ['without its Service', aWorld().atStep(3).withWeight(50).withRootService('absent')],
  ])('while %s: weight to stable first, and no pod goes', (_, world) => {
    const next = plan(world.deleting().build());
    expect(next.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Returning' }, weight: { desired: 0 } });
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(effectsOf(next, 'scaleDeployment')).toEqual([]);
  });
  test('in an outage: it waits for the cut alone, and no longer for the pods', () => {
    const first = plan(outage.deleting().build());
    expect(first.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Returning' }, weight: { desired: 0 } });
    const later = plan(outage.deleting().recorded(first).after(minutes(5)).build());
    expect(later.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Restoring' } });
    expect(later.status?.abort).toBeUndefined();
    expect(effectsOf(later, 'restoreWorkload')).toMatchObject([{ fromRevision: stableRevision }]);
  });
  test.each<[string, WorldBuilder]>([
    ['its Service is gone', aWorld().withRootService('absent')],
    ['stable is short of pods', aWorld().withStable({ ready: 0 })],
    ['the workload’s template cannot be used', aWorld().withTarget({ kind: 'unknown', reason: 'ConfigNotFound', message: '' })],
    ['a mesh is in doubt', aWorld().withTraffic({ held: { reason: 'ProviderAmbiguous', message: '' } })],
  ])('from Degraded, because %s: the workload gets the stable template back', (_, world) => {
    const degraded = world.withStatus({ phase: 'Degraded' }).deleting();
    const next = plan(degraded.build());
    expect(next.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Restoring' } });
    expect(effectsOf(next, 'restoreWorkload')).toMatchObject([{ fromRevision: stableRevision, replicas: 4 }]);
  });
  test('confirmed, the canary’s pods go before the workload comes back', () => {
    const back = aWorld().atStep(0).withWeight(0).deleting('Restoring', -seconds(10));
    const next = plan(back.build());
    expect(effectsOf(next, 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 0 }]);
    expect(kindsOf(next)).not.toContain('restoreWorkload');
  });
  test('the workload gets the stable revision’s template and count', () =>
    expect(effectsOf(plan(atRest.build()), 'restoreWorkload')).toMatchObject([{ fromRevision: stableRevision, replicas: 4 }]));
  test('an unapproved template is not what is left running', () =>
    expect(effectsOf(plan(atRest.withWorkload({ ...served, templateHash: canaryRevision }).build()), 'restoreWorkload')).toHaveLength(1));
  test('the selector is unpinned when the workload is ready', () => {
    expect(
      kindsOf(
        plan(
          atRest
            .deleting('Restoring')
            .withWorkload({ ...served, readyReplicas: 3 })
            .build(),
        ),
      ),
    ).toEqual([]);
    expect(effectsOf(plan(atRest.deleting('Restoring').withWorkload(served).build()), 'pinSelector')).toMatchObject([
      { revision: undefined },
    ]);
  });
  test('people are told what the workload reads in place of a configuration that nobody approved', () => {
    const back = atRest.deleting('Restoring').withWorkload({ ...served, kept: [{ kind: 'ConfigMap', name: 'colors' }] });
    const next = plan(back.build());
    expect(next.notices).toContainEqual({
      severity: 'Warning',
      reason: 'ConfigKept',
      message: expect.stringContaining(`reads ConfigMap colors-kept-${stableRevision} in place of colors`) as string,
    });
    expect(plan(back.recorded(next).build()).notices).toEqual([]);
  });
  test('the split goes a lag later, the revisions another lag later, the finalizer last', () => {
    const unpinned = atRest.withWorkload(served).withRootService({ selector: { app: 'web' } });
    expect(kindsOf(plan(unpinned.deleting('Unsplitting').build()))).toEqual([]);
    expect(kindsOf(plan(unpinned.deleting('Unsplitting', -10_000).build()))).toEqual(['deleteSplit']);
    const unsplit = unpinned.withSplit('absent');
    expect(kindsOf(plan(unsplit.deleting('Draining').build()))).toEqual([]);
    expect(kindsOf(plan(unsplit.deleting('Draining', -10_000).build()))).toEqual(['deleteRevision']);
    expect(kindsOf(plan(unsplit.deleting('Removing').with({ revisions: [] }).build()))).toEqual(['removeFinalizer']);
  });
  test('neither the split nor a revision goes while the workload is not ready any more', () => {
    const unpinned = atRest.withWorkload({ ...served, readyReplicas: 3 }).withRootService({ selector: { app: 'web' } });
    expect(kindsOf(plan(unpinned.deleting('Unsplitting', -10_000).build()))).toEqual([]);
    expect(kindsOf(plan(unpinned.withSplit('absent').deleting('Draining', -10_000).build()))).toEqual([]);
  });
  describe('nothing is taken away that the mesh is seen to send to', () => {
    const served4 = atRest.withWorkload(served).withRootService({ selector: { app: 'web' } });
    const unsplit = served4.withSplit('absent');
    const leftover = { kind: 'contradicts' as const, object: 'profile', message: 'profile still sends' };
    const agrees = { kind: 'agrees' as const, object: 'profile' };
    test('the adapter’s object: it is waited for, then the lag', () => {
      const behind = unsplit.withTraffic({ adapter: leftover });
      const first = plan(behind.deleting('Unsplitting', -10_000).build());
      expect(first.status?.stage).toEqual({ name: 'Releasing', since: at(0) });
      const later = plan(behind.recorded(first).after(59_000).build());
      expect(kindsOf(later)).toEqual([]);
      expect(later.wakeAtMs).toBe(t0 + 60_000);
      const released = behind.recorded(first).withTraffic({ adapter: agrees }).after(20_000);
      const followed = plan(released.build());
      expect(followed.status?.stage?.name).toBe('Draining');
      expect(kindsOf(followed)).toEqual([]);
      expect(kindsOf(plan(released.recorded(followed).after(10_000).build()))).toEqual(['deleteRevision']);
    });
    test('an adapter that was away is told again, until it follows, and status says so without a change between', () => {
      const overdue = unsplit.withTraffic({ adapter: leftover }).deleting('Releasing', -60_000);
      const told = plan(overdue.build());
      expect(writtenShares(told)).toEqual({ [stableRevision]: 100 });
      expect(effectsOf(told, 'writeSplit')).toMatchObject([{ uid: undefined }]);
      expect(conditionOf(told, 'Stalled')).toMatchObject({
        reason: 'WeightNotApplied',
        message: expect.stringContaining('profile still sends') as string,
      });
      const made = overdue.recorded(told).withSplit(splitWith({ [stableRevision]: 100 }, {}, t0));
      const untold = plan(made.build());
      expect(kindsOf(untold)).toEqual(['deleteSplit']);
      expect(untold.status?.message ?? told.status?.message).toBe(told.status?.message);
      const waiting = overdue.recorded(told).recorded(untold);
      expect(kindsOf(plan(waiting.after(59_000).build()))).toEqual([]);
      expect(kindsOf(plan(waiting.after(60_000).build()))).toEqual(['writeSplit']);
    });
    test('not by a split beside another one of that Service', () => {
      const conflict = unsplit.withTraffic({ adapter: leftover, conflict: 'TrafficSplit other has that root' });
      expect(kindsOf(plan(conflict.deleting('Releasing', -60_000).build()))).toEqual([]);
    });
    test.each(['Draining', 'Removing'])('one that sends there again, or is made again, in %s', (stage) => {
      const again = unsplit.withTraffic({ adapter: leftover }).deleting(stage, -10_000);
      expect(plan(again.build()).status?.stage?.name).toBe('Releasing');
      expect(kindsOf(plan(again.build()))).toEqual([]);
      expect(kindsOf(plan(served4.deleting(stage, -10_000).build()))).toEqual(['deleteSplit']);
    });
    test('somebody else’s split: it is said, and waited for', () => {
      const theirs = served4.withSplit(splitWith({ [stableRevision]: 100 }, { ownership: { kind: 'plain' }, stamp: undefined }));
      const next = plan(theirs.deleting('Draining', -10_000).build());
      expect(kindsOf(next)).toEqual([]);
      expect(conditionOf(next, 'Stalled')).toMatchObject({ reason: 'SplitNotOurs' });
      const elsewhere = served4.withSplit(splitWith({ other: 100 }, { ownership: { kind: 'plain' }, stamp: undefined }));
      expect(kindsOf(plan(elsewhere.deleting('Draining', -10_000).build()))).toEqual(['deleteRevision']);
    });
    const edited = splitWith({ [canaryRevision]: 40, [stableRevision]: 60 }, { stamp: splitWith({ [stableRevision]: 100 }).stamp });
    test.each(['Restoring', 'Unpinning', 'Unsplitting'])('a split that somebody edits in %s is put right, and no pod goes', (stage) => {
      const next = plan(served4.withCanary({}).withSplit(edited).deleting(stage, -1000).build());
      expect(writtenShares(next)).toEqual({ [stableRevision]: 100 });
      expect(effectsOf(next, 'scaleDeployment')).toEqual([]);
    });
    test('pods go once the split that was put right is followed', () => {
      const put = served4
        .withCanary({})
        .withStatus({ weight: { desired: 0, written: 0, confirmedBy: 'Adapter', confirmedAt: at(0) } })
        .deleting('Restoring', -20_000);
      expect(effectsOf(plan(put.after(9000).build()), 'scaleDeployment')).toEqual([]);
      expect(effectsOf(plan(put.after(10_000).build()), 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 0 }]);
    });
    test('a mesh that does not follow back to stable is said, and waited for', () => {
      const behind = aWorld()
        .atStep(3)
        .withWeight(0, { isConfirmed: false, written: 50, writtenAtMs: t0 - 60_000 })
        .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'profile says 50' } });
      const next = plan(behind.deleting('Returning', -60_000).build());
      expect(next.status?.stage?.name).toBe('Returning');
      expect(conditionOf(next, 'Stalled')).toMatchObject({ reason: 'WeightNotApplied' });
    });
  });
  test('nothing is done when the finalizer is gone', () =>
    expect(
      plan(
        aWorld()
          .with({ rollout: { ...atRest.build().rollout, hasFinalizer: false } })
          .build(),
      ),
    ).toEqual({ effects: [], notices: [] }));
  test('a Rollout that took nothing over goes at once', () => {
    const never = aWorld().neverSeen({ isDeleting: true, hasFinalizer: true });
    expect(kindsOf(plan(never.build()))).toEqual(['removeFinalizer']);
  });
  test('without the mesh it goes on after the lag', () => {
    const world = aWorld().atStep(3).withWeight(50).withoutMesh().deleting('Returning');
    expect(plan(world.build()).status?.stage?.name).toBe('Returning');
    expect(plan(world.after(seconds(10)).build()).status?.stage?.name).toBe('Restoring');
  });
  test('where a split may be there and cannot be read it waits and says so: the split may still send to the canary', () => {
    const reason = 'Forbidden';
    const hidden = { traffic: { kind: 'unusable' as const, reason, message: 'not to be read' } as const };
    const world = aWorld().atStep(3).withWeight(50).with(hidden);
    const first = plan(world.deleting().build());
    expect(first.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Returning' }, weight: { desired: 0, written: 50 } });
    const later = plan(world.deleting().recorded(first).after(minutes(5)).build());
    const status = later.status ?? first.status;
    expect(status?.stage?.name).toBe('Returning');
    expect(status?.conditions.find(({ type }) => type === 'Stalled')).toMatchObject({ reason, message: 'not to be read' });
    expect(kindsOf(later)).toEqual([]);
    const unpinned = atRest
      .withRootService({ selector: { app: 'web' } })
      .withWorkload(served)
      .with(hidden);
    expect(kindsOf(plan(unpinned.deleting('Unsplitting', -minutes(1)).build()))).toEqual([]);
  });
  test.each(doubts)('where it is not sure who follows the split (%s) it cuts, and goes on', (reason) => {
    const held = { reason, message: 'two meshes' };
    const world = aWorld().atStep(3).withWeight(50).withTraffic({ held });
    const first = plan(world.deleting().build());
    expect(writtenShares(first)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    const cut = splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }, {}, t0);
    const later = plan(world.deleting().recorded(first).withSplit(cut).after(seconds(20)).build());
    expect(later.status).toMatchObject({ stage: { name: 'Restoring' } });
    const unpinned = atRest.withWorkload(served).withRootService({ selector: { app: 'web' } });
    expect(kindsOf(plan(unpinned.withTraffic({ held }).deleting('Unsplitting', -10_000).build()))).toEqual(['deleteSplit']);
  });
  describe('where the Deployment of the stable revision is gone', () => {
    const lost = aWorld().withoutRevision(stableRevision).withWorkload({ replicas: 0, templateHash: canaryRevision }).deleting('Restoring');
    test('another template is not rolled out; status says what is missing', () => {
      for (const target of [lost.withTarget(canaryRevision), lost.withTarget({ kind: 'unknown', reason: 'ConfigNotFound', message: '' })]) {
        const next = plan(target.build());
        expect(kindsOf(next).filter((kind) => kind.endsWith('Workload'))).toEqual([]);
        expect(conditionOf(next, 'Stalled')).toMatchObject({
          reason: 'StableRevisionLost',
          message: expect.stringContaining(stableRevision) as string,
        });
        expect(next.notices).toMatchObject([{ severity: 'Warning', reason: 'StableRevisionLost' }]);
      }
    });
    test('the stable template in the workload itself is as good', () =>
      expect(effectsOf(plan(lost.withTarget(stableRevision).build()), 'patchWorkload')).toMatchObject([{ isPaused: false, replicas: 4 }]));
    test('it goes on when somebody has made the workload serve', () =>
      expect(plan(lost.withWorkload(served).withTarget(canaryRevision).build()).status?.stage?.name).not.toBe('Restoring'));
  });
  test('without a workload everything goes', () => {
    const inline = atRest
      .withWorkload('absent')
      .withSplit('absent')
      .withRootService({ selector: { app: 'web' } });
    expect(kindsOf(plan(inline.deleting('Restoring').build()))).toContain('deleteRevision');
  });
});

describe('deletion during adoption', () => {
  const starting = aWorld()
    .neverSeen({ isDeleting: true, hasFinalizer: true })
    .withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name: 'Starting', since: '' } });
  test('moves no traffic to a revision that is not ready', () => {
    for (const stage of ['Returning', 'Restoring']) {
      const kinds = kindsOf(plan(starting.withStable({ replicas: 4, ready: 0 }).deleting(stage).after(seconds(20)).build()));
      expect(kinds.filter((kind) => kind === 'pinSelector' || kind === 'writeSplit')).toEqual([]);
    }
  });
  test('leaves a split that it had not taken over', () => {
    const plain = starting
      .with({ rollout: { ...starting.build().rollout, adoptsSplit: true } })
      .withSplit(splitWith({ other: 100 }, { ownership: { kind: 'plain' }, stamp: undefined }));
    expect(kindsOf(plan(plain.deleting('Returning').after(seconds(20)).build()))).not.toContain('writeSplit');
  });
  test('unpauses the workload, though there is no revision to restore it from', () => {
    const paused = starting.withWorkload({ isPaused: true }).withTarget({ kind: 'unknown', reason: 'ConfigNotFound', message: '' });
    expect(effectsOf(plan(paused.deleting('Restoring', -seconds(20)).build()), 'patchWorkload')).toMatchObject([{ isPaused: false }]);
  });
  test('wakes', () => expect(plan(starting.deleting('Returning').build()).wakeAtMs).toBe(t0 + seconds(10)));
});
