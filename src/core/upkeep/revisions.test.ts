import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  effectsOf,
  kindsOf,
  nextRevision,
  splitWith,
  stableRevision,
  t0,
  writtenShares,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

describe('pods', () => {
  test('of the canary grow before its weight does, and shrink only when the smaller weight is confirmed', () => {
    const growing = plan(aWorld().atStep(2).withWeight(10).withCanary({ replicas: 1 }).build());
    expect(effectsOf(growing, 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 2 }]);
    const unconfirmed = aWorld().atStep(1).withWeight(10, { isConfirmed: false, written: 100, writtenAtMs: t0 });
    expect(effectsOf(plan(unconfirmed.build()), 'scaleDeployment')).toEqual([]);
  });
  test('are no fewer than minPodsPerRevision of any revision that has traffic, stable included; a Rollout at zero has none', () => {
    const scaled = (replicas: number) => {
      const world = aWorld().withSpec({ replicas }).withCanarySpec({ minPodsPerRevision: 6 }).withStable({ replicas: 4 });
      return effectsOf(plan(world.build()), 'scaleDeployment').map(({ revision, replicas: to }) => ({ revision, to }));
    };
    expect(scaled(2)).toEqual([{ revision: stableRevision, to: 6 }]);
    expect(scaled(9)).toEqual([{ revision: stableRevision, to: 9 }]);
    expect(scaled(0)).toEqual([{ revision: stableRevision, to: 0 }]);
  });
  test('of the canary and of others shrink a lag after an adapter’s object said so: the data plane is still to follow it', () => {
    const smaller = aWorld()
      .atStep(1)
      .withWeight(10)
      .withStatus({ weight: { desired: 10, written: 10, confirmedBy: 'Adapter', confirmedAt: at(-1000) } })
      .withRevision(nextRevision);
    const early = plan(smaller.build());
    expect(effectsOf(early, 'scaleDeployment')).toEqual([]);
    expect(early.wakeAtMs).toBe(t0 + 9000);
    expect(effectsOf(plan(smaller.after(9000).build()), 'scaleDeployment')).toMatchObject([
      { revision: canaryRevision, replicas: 1 },
      { revision: nextRevision, replicas: 0 },
    ]);
  });
  test('of any revision stay while the adapter’s object says otherwise than the split, though it was confirmed once', () => {
    const left = aWorld()
      .withRevision(canaryRevision)
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'profile still sends there' } });
    expect(effectsOf(plan(left.build()), 'scaleDeployment')).toEqual([]);
    const follows = left.withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
    expect(effectsOf(plan(follows.build()), 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 0 }]);
  });
  test('of a warm revision whose time is over stay until the data plane has followed', () => {
    const hasty = aWorld()
      .withRevision(canaryRevision)
      .withStatus({
        warm: [{ revision: canaryRevision, until: at(-1) }],
        weight: { desired: 0, written: 0, confirmedBy: 'Adapter', confirmedAt: at(-1000) },
      });
    expect(effectsOf(plan(hasty.build()), 'scaleDeployment')).toEqual([]);
    expect(plan(hasty.build()).wakeAtMs).toBe(t0 + 9000);
  });
  test('of a warm revision that is asked for again stay as well until then, and it is a canary like any other afterwards', () => {
    const again = aWorld()
      .withTarget(canaryRevision)
      .withRevision(canaryRevision)
      .withStatus({ warm: [{ revision: canaryRevision, until: at(1000) }] });
    const begun = plan(again.build());
    expect(begun.status).toMatchObject({ canaryRevision, warm: [{ revision: canaryRevision }] });
    expect(effectsOf(begun, 'scaleDeployment')).toEqual([]);
    const under = again.recorded(begun).withWeight(10);
    expect(effectsOf(plan(under.build()), 'scaleDeployment')).toEqual([]);
    const over = plan(under.after(1000).build());
    expect(over.status).toMatchObject({ canaryRevision, warm: undefined });
    expect(effectsOf(over, 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 1 }]);
  });
  test('of a warm revision stay until its time is over', () => {
    const warm = aWorld()
      .withRevision(canaryRevision)
      .withStatus({ warm: [{ revision: canaryRevision, until: at(1000) }] });
    expect(plan(warm.build()).effects).toEqual([]);
    expect(effectsOf(plan(warm.after(1000).build()), 'scaleDeployment')).toMatchObject([{ revision: canaryRevision, replicas: 0 }]);
  });
  test('of what was stable stay while the root Service is seen to select them', () => {
    const late = aWorld()
      .withRevision(canaryRevision)
      .withRootService({ selector: { 'sluice.dev/revision': canaryRevision } })
      .withStatus({ warm: [{ revision: canaryRevision, until: at(-1) }] });
    const next = plan(late.build());
    expect(effectsOf(next, 'scaleDeployment')).toEqual([]);
    expect(next.status?.warm?.[0]?.until).toBe(at(20_000));
  });
  test('selected by a root Service that is not ours to move now: no write for each lag', () => {
    const obstacle = { reason: 'Forbidden', message: 'services "web" is forbidden' } as const;
    const left = aWorld()
      .withCanary({ replicas: 4 })
      .withRootService({ selector: { 'sluice.dev/revision': canaryRevision } })
      .withStatus({ warm: [{ revision: canaryRevision, until: at(-1) }] })
      .with({ obstacle });
    const writes = Array.from({ length: 62 }).reduce<{ world: typeof left; count: number }>(
      ({ world, count }) => {
        const next = plan(world.build());
        return { world: world.recorded(next).after(10_000), count: count + (next.status === undefined ? 0 : 1) };
      },
      { world: left, count: 0 },
    );
    expect(writes.count).toBeLessThanOrEqual(2);
    expect(effectsOf(plan(writes.world.build()), 'scaleDeployment')).toEqual([]);
  });
});

describe('objects', () => {
  test('that are missing are made again, those of a rolled back canary are not', () => {
    expect(kindsOf(plan(aWorld().withoutRevision(stableRevision).build()))).toContain('createDeployment');
    const gone = aWorld()
      .atStep(1, { phase: 'RolledBack', abort: { reason: 'x', message: '', at: at(0) } })
      .withoutRevision(canaryRevision);
    expect(kindsOf(plan(gone.build()))).not.toContain('createDeployment');
  });
  test('beyond the history limit go, the oldest first, none that the split still names', () => {
    const old = aWorld()
      .withSpec({ revisionHistoryLimit: 1 })
      .withRevision('old0000001', { replicas: 0, createdAt: at(-3) })
      .withRevision('old0000002', { replicas: 0, createdAt: at(-2) });
    expect(effectsOf(plan(old.build()), 'deleteRevision')).toEqual([{ kind: 'deleteRevision', revision: 'old0000001' }]);
    const named = plan(old.withSplit(splitWith({ old0000001: 0, [stableRevision]: 100 })).build());
    expect(effectsOf(named, 'deleteRevision')).toEqual([]);
    expect(writtenShares(named)).toEqual({ [stableRevision]: 100 });
  });
  test('a port that is added to the root Service is added to each backend; a targetPort that fits the pods stays', () => {
    const ports = [
      { port: 80, protocol: 'TCP', targetPort: 9999 },
      { name: 'admin', port: 9000, protocol: 'TCP' },
    ];
    const next = plan(aWorld().withRootService({ ports }).build());
    expect(effectsOf(next, 'updateServicePorts')).toMatchObject([
      {
        revision: stableRevision,
        ports: [
          { port: 80, targetPort: 80 },
          { name: 'admin', port: 9000 },
        ],
      },
    ]);
    expect(
      plan(
        aWorld()
          .withRootService({ ports: ports.slice(0, 1) })
          .build(),
      ).effects,
    ).toEqual([]);
  });
});

describe('the split', () => {
  test('names the canary at 0 as soon as its Service is there, stable last', () => {
    const next = plan(
      aWorld()
        .atStep(0)
        .withCanary({ ready: 0 })
        .withSplit(splitWith({ [stableRevision]: 100 }))
        .build(),
    );
    expect(effectsOf(next, 'writeSplit')[0]?.split.backends).toEqual([
      { service: `web-${canaryRevision}`, weight: 0 },
      { service: `web-${stableRevision}`, weight: 100 },
    ]);
  });
  test('does not, where zero weights are not to be named', () =>
    expect(
      effectsOf(
        plan(
          aWorld()
            .atStep(0)
            .withCanary({ ready: 0 })
            .withTraffic({ namesZeroWeights: false, split: splitWith({ [stableRevision]: 100 }) })
            .build(),
        ),
        'writeSplit',
      ),
    ).toEqual([]));
  test('loses a superseded revision', () =>
    expect(
      writtenShares(
        plan(
          aWorld()
            .withRevision(nextRevision, { replicas: 0 })
            .withSplit(splitWith({ [nextRevision]: 0, [stableRevision]: 100 }))
            .build(),
        ),
      ),
    ).toEqual({ [stableRevision]: 100 }));
});
