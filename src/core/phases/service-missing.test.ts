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

/** Somebody deletes the Service of a revision from under its pods. */

const planned = (world: WorldBuilder) => plan(world.build());
const reasonOf = (world: WorldBuilder) => conditionOf(planned(world), 'Ready')?.reason;
/** What is left of its endpoints is still listed. */
const lost = { service: undefined };
const withoutCanaryService = (world: WorldBuilder) => world.withCanary({ replicas: 2 }, lost);
const withoutStableService = (world: WorldBuilder) => world.withStable({}, lost);
const made = (revision: string) => [{ kind: 'createRevisionService', revision }];

describe('the canary’s Service is gone', () => {
  test('with weight on it: weight 0 first, then the Service is made again, and somebody is told', () => {
    const next = planned(withoutCanaryService(aWorld().atStep(3).withWeight(50)));
    expect(kindsOf(next)).toEqual(['writeSplit', 'createRevisionService']);
    expect(writtenShares(next)).toEqual({ [stableRevision]: 100 });
    expect(next.status).toMatchObject({ weight: { desired: 0, written: 50 }, canaryUnavailableSince: at(0), run: { outages: 1 } });
    expect([conditionOf(next, 'Ready')?.reason, conditionOf(next, 'Stalled')]).toEqual(['RevisionServiceMissing', undefined]);
    expect(next.notices).toMatchObject([{ severity: 'Warning', reason: 'RevisionServiceMissing' }]);
    expect(next.status?.message).toContain(`web-${canaryRevision}`);
  });
  test('back within 30 s, the step’s weight comes back when the data plane has had its lag to hear of the new one', () => {
    const cut = withoutCanaryService(aWorld().atStep(3).withWeight(50));
    const service = { uid: 'svc-new', resourceVersion: '9', ports: [{ port: 80, protocol: 'TCP' }], createdAtMs: t0 };
    const pods = { replicas: 2 };
    const available = cut
      .withCanary(pods)
      .build()
      .revisions.find(({ revision }) => revision === canaryRevision)?.deployment;
    if (available === undefined) throw new Error('the canary has a Deployment');
    const deployment = { ...available, availableSinceMs: t0 - minutes(5) };
    const back = cut
      .recorded(planned(cut))
      .withCanary(pods, { service, deployment })
      .withSplit(splitWith({ [stableRevision]: 100 }, {}, t0));
    const waits = planned(back.after(seconds(10)));
    expect(waits.status?.weight?.desired).toBe(0);
    expect([conditionOf(waits, 'Ready')?.reason, waits.wakeAtMs]).toEqual(['AwaitingPods', t0 + seconds(11)]);
    expect(planned(back.after(seconds(11))).status?.weight?.desired).toBe(50);
  });
  test('not back within 30 s, it is rolled back', () => {
    const cut = withoutCanaryService(aWorld().atStep(3).withWeight(50));
    const late = cut.recorded(planned(cut)).after(seconds(30));
    expect(planned(late).status?.abort).toMatchObject({ reason: 'CanaryUnavailable' });
  });
  test('before it had weight: the raise is held', () => {
    const next = planned(withoutCanaryService(aWorld().atStep(0)));
    expect(next.status?.weight?.desired).toBe(0);
    expect(conditionOf(next, 'Ready')?.reason).toBe('RevisionServiceMissing');
    expect(effectsOf(next, 'createRevisionService')).toEqual(made(canaryRevision));
  });
  test('while it is rolled back, it is there until weight 0 is confirmed; then it is left away', () => {
    const abort = { reason: 'AnalysisFailed', message: '', at: at(-5000) };
    const leaving = (phase: 'Aborting' | 'RolledBack', isConfirmed: boolean) =>
      withoutCanaryService(
        aWorld()
          .atStep(3, { phase, abort })
          .withWeight(0, { isConfirmed, written: 50, writtenAtMs: t0 - 1000 }),
      );
    expect(effectsOf(planned(leaving('Aborting', false)), 'createRevisionService')).toEqual(made(canaryRevision));
    expect(effectsOf(planned(leaving('RolledBack', true)), 'createRevisionService')).toEqual([]);
  });
  test('beside an older rival: it is cut, and made again', () => {
    const next = planned(withoutCanaryService(aWorld().atStep(3).withWeight(50)).with({ rival: 'shop/older' }));
    expect(kindsOf(next)).toEqual(['writeSplit', 'createRevisionService']);
  });
  test('in a deletion: it is there while traffic may still come', () =>
    expect(effectsOf(planned(withoutCanaryService(aWorld().atStep(3).withWeight(50)).deleting()), 'createRevisionService')).toEqual(
      made(canaryRevision),
    ));
});

describe('the stable Service is gone', () => {
  test.each([
    ['a raise waits', aWorld().atStep(2).withWeight(10)],
    ['a pause says so', aWorld().atStep(1).withWeight(10)],
    ['nothing is promoted', aWorld().atStep(4).withWeight(100)],
  ])('in mid-run: made again at once, no weight moves; %s', (_, world) => {
    const next = planned(withoutStableService(world));
    expect(kindsOf(next).filter((kind) => kind === 'writeSplit' || kind === 'pinSelector')).toEqual([]);
    expect(effectsOf(next, 'createRevisionService')).toEqual(made(stableRevision));
    expect(next.status?.weight).toEqual(world.build().rollout.status.weight);
    expect(next.status).toMatchObject({ stableRevision, canaryRevision });
    expect(conditionOf(next, 'Ready')?.reason).toBe('RevisionServiceMissing');
    expect(next.notices).toMatchObject([{ severity: 'Warning', reason: 'RevisionServiceMissing' }]);
  });
  test('at rest: Degraded until it is back', () => {
    const gone = withoutStableService(aWorld());
    const next = planned(gone);
    expect([next.status?.phase, next.effects]).toEqual(['Degraded', made(stableRevision)]);
    expect([conditionOf(next, 'Ready')?.status, conditionOf(next, 'Ready')?.reason]).toEqual(['False', 'RevisionServiceMissing']);
    expect(planned(gone.recorded(next).withStable({})).status?.phase).toBe('Healthy');
  });
  test('without a root Service there are no ports to make it with: that is said first', () =>
    expect(reasonOf(withoutStableService(aWorld().atStep(2).withWeight(10)).withRootService('absent'))).toBe('ServiceNotFound'));
});
