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
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

const first = aWorld().neverSeen();
const claimed = first.with({ rollout: { ...first.build().rollout, hasFinalizer: true } });
const stage = (name: string, sinceMs = 0) =>
  claimed.withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name, since: at(sinceMs) } });
const up = (name: string, sinceMs = 0) => stage(name, sinceMs).withStable({ replicas: 4 });

describe('adoption', () => {
  test('claims the Rollout before it touches anything of the user’s, and writes replicas only where they were left out', () => {
    expect(kindsOf(plan(first.build()))).toEqual(['claimRollout']);
    expect(plan(first.withSpec({ replicas: undefined }).build()).effects).toEqual([{ kind: 'claimRollout', replicas: 4 }]);
    expect(plan(first.build()).effects).toEqual([{ kind: 'claimRollout' }]);
  });
  test('pauses the workload, and makes the first revision of its template', () => {
    const next = plan(claimed.build());
    expect(next.status).toMatchObject({ phase: 'Initializing', stableRevision, stage: { name: 'Starting' } });
    expect(effectsOf(next, 'patchWorkload')).toMatchObject([{ isPaused: true }]);
    expect(effectsOf(next, 'createDeployment')).toMatchObject([{ revision: stableRevision, replicas: 4 }]);
    expect([...effectsOf(next, 'pinSelector'), ...effectsOf(next, 'writeSplit')]).toEqual([]);
  });
  test('points the root Service at it when its pods are ready, not before', () => {
    expect(kindsOf(plan(stage('Starting').withStable({ replicas: 4, ready: 3 }).build()))).not.toContain('pinSelector');
    const next = plan(up('Starting').build());
    expect(next.status?.stage?.name).toBe('Pinning');
    expect(effectsOf(next, 'pinSelector')).toMatchObject([{ revision: stableRevision }]);
    expect(effectsOf(next, 'writeSplit')).toEqual([]);
  });
  test('that cannot begin is Degraded; one that is held up in the middle goes on being one', () => {
    expect(plan(first.withRootService('absent').build()).status?.phase).toBe('Degraded');
    const unknown = { kind: 'unknown', reason: 'WorkloadNotFound', message: 'gone' } as const;
    const none = plan(claimed.withTarget(unknown).build());
    expect([none.status?.phase, conditionOf(none, 'Stalled')?.reason, none.effects]).toEqual(['Degraded', 'WorkloadNotFound', []]);
    expect(plan(up('Pinning').withRootService('absent').build()).status?.phase).toBe('Initializing');
  });
  test('goes on where it was after a spec that could not be read, which made it Degraded', () => {
    const ofNew = plan(claimed.withStatus({ phase: 'Degraded' }).build());
    expect(ofNew.status).toMatchObject({ phase: 'Initializing', stableRevision, stage: { name: 'Starting' } });
    const begun = up('Starting').withStatus({ phase: 'Degraded' }).withTarget(canaryRevision);
    expect(plan(begun.build()).status).toMatchObject({ phase: 'Initializing', stableRevision, stage: { name: 'Pinning' } });
  });
  test('gives the data plane its lag before the split names it', () => {
    const pinned = up('Pinned').withRootService({ selector: { app: 'web', 'sluice.dev/revision': stableRevision } });
    expect(plan(pinned.build())).toMatchObject({ effects: [], wakeAtMs: t0 + seconds(10) });
    expect(effectsOf(plan(pinned.after(seconds(10)).build()), 'writeSplit')).toMatchObject([{ split: { backends: [{ weight: 100 }] } }]);
  });
  test('gives it to an unpinned one as well: its pods have only just come up', () => {
    const unpinned = up('Starting').withSpec({ service: { name: 'web', pinSelector: 'Never' } });
    const next = plan(unpinned.build());
    expect(next.status?.stage?.name).toBe('Pinned');
    expect(effectsOf(next, 'writeSplit')).toEqual([]);
    const waiting = unpinned.recorded(next);
    expect(effectsOf(plan(waiting.after(seconds(9)).build()), 'writeSplit')).toEqual([]);
    expect(effectsOf(plan(waiting.after(seconds(10)).build()), 'writeSplit')).toMatchObject([{ split: { backends: [{ weight: 100 }] } }]);
  });
  test('and where no workload serves: until it has had that lag since the first pods were available', () => {
    const first = up('Starting').withWorkload({ replicas: 0, readyReplicas: 0 });
    const { deployment } = first.build().revisions.find(({ revision }) => revision === stableRevision) ?? {};
    if (deployment === undefined) throw new Error('the first revision has a Deployment');
    const ready = first
      .withRootService({ selector: { app: 'web', 'sluice.dev/revision': stableRevision } })
      .withStable({ replicas: 4 }, { deployment: { ...deployment, availableSinceMs: t0 } });
    // The condition's time is cut to whole seconds.
    expect(plan(ready.build())).toMatchObject({ status: { stage: { name: 'Pinning' } }, wakeAtMs: t0 + seconds(11) });
    expect(effectsOf(plan(ready.build()), 'writeSplit')).toEqual([]);
    const known = plan(ready.after(seconds(11)).build());
    expect(known.status?.stage?.name).toBe('Splitting');
    expect(effectsOf(known, 'writeSplit')).toMatchObject([{ split: { backends: [{ weight: 100 }] } }]);
  });
  test('waits for pods that went again, and then for the data plane, before the split names them', () => {
    const pinned = up('Pinned').withRootService({ selector: { app: 'web', 'sluice.dev/revision': stableRevision } });
    for (const ready of [0, 3]) {
      const lost = pinned.withStable({ replicas: 4, ready }).after(seconds(10));
      const next = plan(lost.build());
      expect(next.status?.stage?.name).toBe('Starting');
      expect(effectsOf(next, 'writeSplit')).toEqual([]);
      const back = lost.recorded(next).withStable({ replicas: 4 });
      expect(plan(back.build())).toMatchObject({ status: { stage: { name: 'Pinned' } }, wakeAtMs: t0 + seconds(20) });
    }
  });
  test('scales the workload to zero when the split is confirmed, and unpauses it', () => {
    const split = splitWith({ [stableRevision]: 100 }, {}, t0 - 11_000);
    const next = plan(up('Splitting').withSplit(split).withWorkload({ isPaused: true }).build());
    expect(effectsOf(next, 'patchWorkload')).toMatchObject([{ replicas: 0, isPaused: false }]);
    const unconfirmed = splitWith({ [stableRevision]: 100 }, {}, t0 - 9_000);
    expect(kindsOf(plan(up('Splitting').withSplit(unconfirmed).build()))).not.toContain('patchWorkload');
  });
  test('gives the data plane its lag to follow what the adapter has taken over, before the workload’s pods go', () => {
    const weight = { desired: 0, written: 0, confirmedBy: 'Adapter', confirmedAt: at(-9_000) } as const;
    const taken = up('Splitting')
      .withSplit(splitWith({ [stableRevision]: 100 }, {}, t0 - 9_000))
      .withTraffic({ adapter: { kind: 'agrees', object: 'profile' } })
      .withStatus({ weight });
    expect(plan(taken.build()).wakeAtMs).toBe(t0 + seconds(1));
    expect(effectsOf(plan(taken.build()), 'patchWorkload')).toEqual([]);
    expect(effectsOf(plan(taken.after(seconds(1)).build()), 'patchWorkload')).toMatchObject([{ replicas: 0 }]);
  });
  test('is Healthy when the workload is at zero and unpaused', () => {
    const done = up('Draining').withWorkload({ replicas: 0, isPaused: false });
    expect(plan(done.build()).status?.phase).toBe('Healthy');
  });
  test('never pins to a first revision without a ready pod', () =>
    expect(kindsOf(plan(stage('Splitting').withStable({ replicas: 4, ready: 0 }).build()))).not.toContain('pinSelector'));
});

describe('a template that changes during adoption', () => {
  test('becomes a canary afterwards', () => {
    expect(plan(up('Splitting').withTarget(canaryRevision).build()).status?.stableRevision ?? stableRevision).toBe(stableRevision);
    const done = up('Draining').withTarget(canaryRevision).withWorkload({ replicas: 0 });
    const next = plan(done.build());
    expect(next.status).toMatchObject({ phase: 'Healthy', stableRevision });
    expect(plan(done.recorded(next).build()).status).toMatchObject({ canaryRevision, attempt: 1 });
  });
  test('takes the place of a first revision that can no longer be made', () =>
    expect(plan(stage('Starting').withTarget(canaryRevision).build()).status?.stableRevision).toBe(canaryRevision));
  test('takes the place of one that did not come up in time', () => {
    const bad = stage('Starting')
      .withStable({ replicas: 4, ready: 0 })
      .withTarget(canaryRevision)
      .withStatus({ waiting: { for: 'Pods', since: at(0), best: 0 } });
    expect(plan(bad.after(minutes(9)).build()).status?.stableRevision ?? stableRevision).toBe(stableRevision);
    expect(plan(bad.after(minutes(10)).build()).status?.stableRevision).toBe(canaryRevision);
  });
});

test('a first revision that never gets ready is reported, and nothing moves', () => {
  const bad = stage('Starting')
    .withStable({ replicas: 4, ready: 0 })
    .withStatus({ waiting: { for: 'Pods', since: at(-minutes(11)), best: 0 } });
  expect(conditionOf(plan(bad.build()), 'Stalled')?.reason).toBe('ProgressDeadlineExceeded');
});
test('a split of somebody else keeps everything as it is', () => {
  const foreign = claimed.withSplit(splitWith({ other: 100 }, { ownership: { kind: 'plain' }, stamp: undefined }));
  expect(plan(foreign.build()).effects).toEqual([]);
  expect(conditionOf(plan(foreign.build()), 'Stalled')?.reason).toBe('SplitNotOurs');
});
