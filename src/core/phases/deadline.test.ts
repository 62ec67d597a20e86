import { describe, expect, test } from 'vitest';
import { at, aWorld, conditionOf, minutes, seconds, t0 } from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

const short = (ready: number, world = aWorld()) => world.atStep(2).withWeight(10).withCanary({ replicas: 2, ready });

describe('the progress deadline', () => {
  test('aborts when pods make no progress within it', () => {
    const first = short(1);
    const waiting = first.recorded(plan(first.build()));
    expect(waiting.build().rollout.status.waiting).toEqual({ for: 'Pods', since: at(0), best: 1 });
    expect(plan(waiting.after(minutes(10)).build()).status?.abort?.reason).toBe('ProgressDeadlineExceeded');
  });
  test('starts anew with more ready pods than ever before, and not with a crash loop', () => {
    const began = short(0)
      .withStatus({ waiting: { for: 'Pods', since: at(-minutes(9)), best: 0 } })
      .withCanary({ replicas: 2, ready: 1 });
    const better = began.recorded(plan(began.build()));
    expect(better.build().rollout.status.waiting?.since).toBe(at(0));
    const worse = better.after(minutes(5)).withCanary({ replicas: 2, ready: 0 }, { readyEndpoints: 1 });
    expect((plan(worse.build()).status ?? worse.build().rollout.status).waiting?.since).toBe(at(0));
  });
  test('notes early progress a quarter of it later, so that it is no news when the time is over', () => {
    const early = short(1)
      .withStatus({ waiting: { for: 'Pods', since: at(0), best: 0 } })
      .after(seconds(5));
    expect(plan(early.build())).toMatchObject({ wakeAtMs: t0 + minutes(2.5) });
    expect(early.recorded(plan(early.build())).build().rollout.status.waiting?.best).toBe(0);
    const quarter = early.after(minutes(2.5) - seconds(5));
    const noted = quarter.recorded(plan(quarter.build()));
    expect(noted.build().rollout.status.waiting).toEqual({ for: 'Pods', since: at(minutes(2.5)), best: 1 });
    expect(plan(noted.after(minutes(10)).build()).status?.abort?.reason).toBe('ProgressDeadlineExceeded');
  });
  test('stands while something else is waited for, and goes on where it stood: flapping does not reset it', () => {
    const paused = short(1)
      .withStatus({ waiting: { for: 'Pods', since: at(-minutes(9)), best: 1 } })
      .withSpec({ paused: true });
    const stood = paused.recorded(plan(paused.build()));
    expect(stood.build().rollout.status.waiting?.stoppedAt).toBe(at(0));
    const again = stood.withSpec({ paused: false }).after(minutes(30));
    expect(plan(again.build()).status).toMatchObject({ waiting: { since: at(minutes(21)) } });
    expect(plan(again.recorded(plan(again.build())).after(minutes(1)).build()).status?.abort?.reason).toBe('ProgressDeadlineExceeded');
  });
  test('starts anew with a leader that has to ask for the pods, since the one before it did not: nobody led, and none could come', () => {
    const left = aWorld()
      .atStep(2)
      .withWeight(10)
      .withStatus({ waiting: { for: 'Pods', since: at(-minutes(9)), best: 1 } });
    const sinceOf = (world: ReturnType<typeof aWorld>) => plan(world.build()).status?.waiting?.since;
    expect(sinceOf(left.withCanary({ replicas: 1, ready: 1 }).with({ epoch: 2 }))).toBe(at(0));
    expect(sinceOf(left.withCanary({ replicas: 2, ready: 1 }).with({ epoch: 2 }))).toBe(at(-minutes(9)));
    expect(sinceOf(left.withCanary({ replicas: 1, ready: 1 }))).toBe(at(-minutes(9)));
  });
  test('counts while a weight is not applied, from the timeout on', () => {
    const lost = aWorld()
      .atStep(1)
      .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 - seconds(61) })
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'it says 0' } });
    const next = plan(lost.build());
    expect(conditionOf(next, 'WeightConfirmed')).toMatchObject({ status: 'False', reason: 'WeightNotApplied' });
    expect(next.notices).toMatchObject([{ reason: 'WeightNotApplied' }]);
    expect(plan(lost.recorded(next).after(minutes(10)).build()).status?.abort?.reason).toBe('ProgressDeadlineExceeded');
  });
  test('only reports where the spec says so', () => {
    const late = short(1, aWorld().withSpec({ progressDeadlineAction: 'Report' })).withStatus({
      waiting: { for: 'Pods', since: at(-minutes(11)), best: 1 },
    });
    const next = plan(late.build());
    expect(next.status?.abort).toBeUndefined();
    expect(conditionOf(next, 'Stalled')?.reason).toBe('ProgressDeadlineExceeded');
    expect(next.wakeAtMs).toBeUndefined();
  });
  test('is not consumed by a pause', () => {
    const next = plan(aWorld().atStep(3).withWeight(50).after(minutes(60)).build());
    expect([next.status?.abort, next.status?.waiting]).toEqual([undefined, undefined]);
  });
});
