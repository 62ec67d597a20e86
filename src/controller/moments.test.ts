import { expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  minutes,
  revisionWith,
  seconds,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
} from '../../test/support/worlds.ts';
import { plan } from '../core/index.ts';
import { Moments } from './moments.ts';

/** Everything was written down, and then the clocks of the whole cluster went back. */
const back = -minutes(60);
const planned = (moments: Moments, world: WorldBuilder) => plan(moments.settle('shop/web', world.build()));

test('nothing that lies behind, or ahead by what leaders may be apart, is touched', () => {
  const moments = new Moments();
  for (const world of [aWorld().atStep(1).withWeight(10), aWorld().atStep(1).withWeight(10).after(-seconds(8))])
    expect(moments.settle('shop/web', world.build())).toEqual(world.build());
});

test('a pause lasts as long as it is to last from when it was first seen, and is not begun anew with each look', () => {
  const moments = new Moments();
  const paused = aWorld().atStep(1).withWeight(10).after(back);
  expect(planned(moments, paused).wakeAtMs).toBe(t0 + back + minutes(5));
  expect(planned(moments, paused.after(minutes(4))).wakeAtMs).toBe(t0 + back + minutes(5));
  expect(planned(moments, paused.after(minutes(5))).status).toMatchObject({ step: { index: 2 } });
});

test('when the clock has caught up with what was written down, it counts from where it did', () => {
  const moments = new Moments();
  const long = aWorld()
    .withSteps({ setWeight: 10 }, { pause: { duration: '90m' } })
    .atStep(1)
    .withWeight(10)
    .after(back);
  for (const passed of [0, 59, 61, 89]) expect(planned(moments, long.after(minutes(passed))).wakeAtMs).toBe(t0 + back + minutes(90));
});

test('clocks that are set back a second time begin it once more', () => {
  const moments = new Moments();
  const paused = aWorld().atStep(1).withWeight(10).after(back);
  planned(moments, paused);
  expect(planned(moments, paused.after(back)).wakeAtMs).toBe(t0 + 2 * back + minutes(5));
});

test('a weight that was written is confirmed by the lag from when it was first seen', () => {
  const moments = new Moments();
  const written = aWorld().atStep(0).withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 }).after(back);
  expect(planned(moments, written).status?.weight?.confirmedBy).toBeUndefined();
  expect(planned(moments, written.after(seconds(11))).status?.weight).toMatchObject({ desired: 10, confirmedBy: 'Elapsed' });
});

test('the first traffic of a canary waits for the lag, not for an hour', () => {
  const moments = new Moments();
  const { deployment } = revisionWith(canaryRevision);
  const up = aWorld()
    .atStep(0)
    .withWeight(0)
    .withCanary({ replicas: 4 }, deployment === undefined ? {} : { deployment: { ...deployment, availableSinceMs: t0 - seconds(1) } })
    .after(back);
  expect(planned(moments, up).status?.weight?.desired ?? 0).toBe(0);
  expect(planned(moments, up.after(seconds(12))).status?.weight?.desired).toBe(10);
});

test('an old revision stays warm for its delay, not for an hour', () => {
  const moments = new Moments();
  const warm = aWorld()
    .withRevision(canaryRevision, { replicas: 4 })
    .withSplit(splitWith({ [stableRevision]: 100 }))
    .withStatus({ warm: [{ revision: canaryRevision, until: at(minutes(5)) }] })
    .after(back);
  expect(planned(moments, warm).effects.filter(({ kind }) => kind === 'scaleDeployment')).toEqual([]);
  expect(planned(moments, warm.after(minutes(5))).effects).toMatchObject([
    { kind: 'scaleDeployment', revision: canaryRevision, replicas: 0 },
  ]);
});

test('what is over is forgotten', () => {
  const moments = new Moments();
  planned(moments, aWorld().atStep(1).withWeight(10).after(back));
  moments.forget('shop/web');
  const later = aWorld()
    .atStep(1)
    .withWeight(10)
    .after(back + minutes(3));
  expect(planned(moments, later).wakeAtMs).toBe(t0 + back + minutes(8));
});
