import { describe, expect, test } from 'vitest';
import { at, aWorld, effectsOf, kindsOf, stableRevision, type WorldBuilder } from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

/** As `kubectl replace` leaves it. */
const replaced = (world: WorldBuilder, over: object = {}) =>
  world.with({ rollout: { ...world.build().rollout, hasFinalizer: false, finalizers: [], ...over } });
const abort = { reason: 'AnalysisFailed', message: '', at: at(-5000) };

describe('the finalizer that a replace took away', () => {
  test.each<[string, WorldBuilder]>([
    ['Healthy', aWorld()],
    ['Progressing', aWorld().atStep(1).withWeight(10)],
    ['Paused', aWorld().atStep(3).withWeight(50)],
    ['RolledBack', aWorld().atStep(2, { phase: 'RolledBack', abort }).withWeight(0)],
    ['Degraded, without its Service', aWorld().withRootService('absent')],
    ['rivalled', aWorld().with({ rival: 'shop/older' })],
    [
      'Initializing, and in doubt about the mesh',
      aWorld()
        .withStatus({ phase: 'Initializing', stage: { name: 'Splitting', since: at(0) } })
        .withTraffic({ held: { reason: 'ProviderAmbiguous', message: '' } }),
    ],
  ])('comes back in every phase: %s', (_, world) =>
    expect(effectsOf(plan(replaced(world).build()), 'claimRollout')).toEqual([{ kind: 'claimRollout' }]),
  );
  test('brings the count back with it, without which /scale cannot be served', () => {
    const { spec } = aWorld().build().rollout;
    const world = replaced(aWorld().withStable({ replicas: 7 }), { spec: { ...spec, replicas: undefined } });
    expect(effectsOf(plan(world.build()), 'claimRollout')).toEqual([{ kind: 'claimRollout', replicas: 7 }]);
  });
  test('goes after a cut, and before everything else', () => {
    const failed = replaced(aWorld().atStep(3).withWeight(50).withCanary({ replicas: 1 }).withRuns({ phase: 'Failed' }));
    expect(kindsOf(plan(failed.build())).slice(0, 2)).toEqual(['writeSplit', 'claimRollout']);
  });
  test('is not put on what is being deleted, or what took nothing over', () => {
    expect(plan(replaced(aWorld().deleting()).build())).toEqual({ effects: [], notices: [] });
    const blocked = aWorld().neverSeen().withRootService('absent');
    expect(kindsOf(plan(blocked.build()))).toEqual([]);
    expect(kindsOf(plan(aWorld().neverSeen().build()))).toEqual(['claimRollout']);
    expect(plan(aWorld().build()).status?.stableRevision ?? stableRevision).toBe(stableRevision);
  });
});
