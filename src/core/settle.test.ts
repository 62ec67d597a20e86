import { describe, expect, test } from 'vitest';
import { aWorld, canaryRevision, splitWith, stableRevision, t0 } from '../../test/support/worlds.ts';
import { draftOf } from './draft.ts';
import { plan } from './planner.ts';
import { settleWeight } from './settle.ts';

const settled = (world: ReturnType<typeof aWorld>) => settleWeight(world.build(), draftOf(world.build().rollout.status)).status.weight;
const at10 = { [canaryRevision]: 10, [stableRevision]: 90 };

describe('a confirmed weight', () => {
  test('stays confirmed while the split says it', () => expect(settled(aWorld().atStep(1).withWeight(10))?.confirmedBy).toBe('Elapsed'));
  test('is no more after a foreign edit, nor when the split is gone', () => {
    const edited = aWorld()
      .atStep(1)
      .withWeight(10)
      .withSplit(splitWith({ [canaryRevision]: 60, [stableRevision]: 40 }));
    expect(settled(edited)).toEqual({ desired: 10, written: 10 });
    expect(settled(aWorld().atStep(1).withWeight(10).withSplit('absent'))).toEqual({ desired: 10, written: 10 });
  });
  test('is no more while the adapter’s object says otherwise: the data plane has to follow it once it agrees again', () => {
    const slow = aWorld()
      .atStep(1)
      .withWeight(10)
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'profile sends 0 %' } });
    const doubted = plan(slow.build());
    expect(doubted.status?.weight).toEqual({ desired: 10, written: 10 });
    const follows = slow.recorded(doubted).withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
    expect(settled(follows)).toMatchObject({ confirmedBy: 'Adapter', confirmedAt: new Date(t0).toISOString() });
  });
  test('is not when the same shares were written again since', () =>
    expect(
      settled(
        aWorld()
          .atStep(1)
          .withWeight(10)
          .withSplit(splitWith(at10, {}, t0 - 1000)),
      )?.confirmedBy,
    ).toBeUndefined());
  test('is confirmed once, not with each look, where somebody has made the split without our stamp', () => {
    const unstamped = aWorld()
      .atStep(1)
      .withWeight(10)
      .withSplit(splitWith(at10, { stamp: undefined }))
      .withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
    expect(settled(unstamped)).toEqual(unstamped.build().rollout.status.weight);
  });
  test('outlives a new leader, which claims the split and keeps its age', () => {
    const next = plan(aWorld().atStep(1).withWeight(10).with({ epoch: 2 }).build());
    expect(next.effects).toContainEqual(expect.objectContaining({ kind: 'writeSplit', sinceMs: t0 - 30_000 }));
    expect(next.status).toMatchObject({ epoch: 2, weight: { confirmedBy: 'Elapsed' } });
  });
});

test('while unconfirmed, confirmedBy, confirmedAt and observed are absent', () => {
  const weight = settled(
    aWorld()
      .atStep(1)
      .withStatus({ weight: { desired: 10, written: 10, observed: 9, confirmedBy: 'Metrics', confirmedAt: '' } })
      .withSplit('absent'),
  );
  expect(Object.keys(weight ?? {})).toEqual(['desired', 'written']);
});
test('a clock behind the one that stamped the write does not confirm again and again', () => {
  const world = aWorld()
    .atStep(1)
    .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 + 5000 })
    .withTraffic({ adapter: { kind: 'agrees', object: 'profile' } });
  const next = plan(world.build());
  expect(next.status?.weight?.confirmedAt).toBe(new Date(t0 + 5000).toISOString());
  expect(plan(world.recorded(next).after(1000).build()).status?.weight?.confirmedAt ?? next.status?.weight?.confirmedAt).toBe(
    next.status?.weight?.confirmedAt,
  );
});

describe('what metrics say of a weight that is under way', () => {
  const writtenAtMs = t0 - 90_000;
  const underWay = aWorld().atStep(1).withWeight(10, { isConfirmed: false, written: 0, writtenAtMs });
  const readingOf = (over: object) => ({
    share: {
      ...{ kind: 'reading' as const, windowStartedAtMs: writtenAtMs, windowMs: 60_000, canaryRequests: 0, stableRequests: 0 },
      ...{ hasSeries: true, ...over },
    },
  });
  type World = ReturnType<typeof aWorld>;
  /** Looks at one world after the other, writes down what is planned, and counts how often. */
  const following = (begin: World, looks: readonly ((world: World) => World)[]) => {
    let [world, writes] = [begin, 0];
    for (const look of looks) {
      const seen = look(world.after(1000));
      const next = plan(seen.build());
      if (next.status !== undefined) writes += 1;
      world = seen.recorded(next);
    }
    const { status } = world.build().rollout;
    return { writes, message: status.message, condition: status.conditions.find(({ type }) => type === 'WeightConfirmed'), world };
  };

  test('costs one status write while it is not followed, with the share that was seen first, however many readings come in', () => {
    const shares = Array.from({ length: 20 }, (_, at) => 30 + at);
    const looks = shares.map((share) => (world: World) => world.withTraffic(readingOf({ canaryRequests: share, stableRequests: 3000 })));
    const { writes, condition, message, world } = following(underWay, looks);
    expect(writes).toBe(1);
    expect(condition).toMatchObject({
      status: 'False',
      message: '10 % was written and is not followed: metrics show 1.0 % instead of 10 %',
    });
    expect(message).toContain('metrics show 1.0 % instead of 10 %');
    // What is another matter is said.
    const adapter = { kind: 'contradicts' as const, object: 'profile', message: 'profile sends 0 %' };
    expect(following(world, [(seen) => seen.withTraffic({ adapter })])).toMatchObject({
      ...{ writes: 1, condition: { message: expect.stringContaining('profile sends 0 %') } },
    });
  });

  const failing = (why: string) => readingOf({ hasSeries: false, failure: why, outage: `Prometheus http://prom cannot be asked: ${why}` });
  const young = aWorld()
    .atStep(1)
    .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 - 1000 });
  const since = (traffic: ReturnType<typeof readingOf>) => ({ share: { ...traffic.share, windowStartedAtMs: t0 - 1000, windowMs: 1000 } });

  test('names the Prometheus that cannot be asked, once, in the words of the first time', () => {
    const { writes, condition, message } = following(young, [
      (world) => world.withTraffic({ share: { kind: 'pending' } }),
      ...['getaddrinfo ENOTFOUND prom', 'connect ECONNREFUSED 10.0.0.1:9090', 'getaddrinfo ENOTFOUND prom'].map(
        (why) => (world: World) => world.withTraffic(since(failing(why))),
      ),
      (world) => world.withTraffic(since(readingOf({ failure: 'the window is too short for the scrape interval' }))),
    ]);
    expect(writes).toBe(2);
    expect(condition).toMatchObject({
      ...{ status: 'Unknown', reason: 'AwaitingWeight' },
      message: '10 % is not confirmed yet: Prometheus http://prom cannot be asked: getaddrinfo ENOTFOUND prom',
    });
    expect(message).toContain(
      'waiting for the data plane to follow 10 %: Prometheus http://prom cannot be asked: getaddrinfo ENOTFOUND prom',
    );
  });

  test('a weight that only time could confirm says why, for as long as it stands', () => {
    const confirmed = following(underWay, [(world) => world.withTraffic(failing('getaddrinfo ENOTFOUND prom'))]);
    const why = 'confirmed by the elapsed bound: Prometheus http://prom cannot be asked: getaddrinfo ENOTFOUND prom';
    expect(confirmed.condition).toMatchObject({ status: 'True', message: why });
    const later = following(confirmed.world, [
      (world) => world,
      (world) => world.withTraffic({ share: { kind: 'pending' } }),
      (world) => world.withTraffic({ share: { kind: 'unavailable' } }),
    ]);
    expect(later).toMatchObject({ condition: { status: 'True', message: why } });
  });

  test('a window that is too short is no trouble of anybody’s', () => {
    const { message } = following(young, [(world) => world.withTraffic(since(readingOf({ failure: 'too short' })))]);
    expect(message).toMatch(/to follow 10 %$/);
  });
});
