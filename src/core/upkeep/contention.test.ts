import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  minutes,
  revisionWith,
  splitWith,
  stableRevision,
  t0,
  writtenShares,
} from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

const stamp = splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }).stamp;
const edit = (version: string) =>
  splitWith({ [canaryRevision]: 70, [stableRevision]: 30 }, { stamp, resourceVersion: version, lastManager: 'argocd' });
const edited = aWorld().atStep(1).withWeight(10).withSplit(edit('7'));
const thrice = (object: 'Split' | 'Replicas' | 'Selector') =>
  [3, 2, 1].map((n) => ({ object, at: at(-minutes(n)), version: `v${n}`, by: 'argocd' }));
/** The stable Deployment as somebody left it. */
const handScaled = (replicas: number) => {
  const { deployment } = revisionWith(stableRevision, { replicas });
  return deployment === undefined ? undefined : { ...deployment, replicasManager: 'kubectl' };
};

describe('a foreign edit of the split', () => {
  test('is put right at once, and noted with who did it', () => {
    const next = plan(edited.build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 10, [stableRevision]: 90 });
    expect(next.status?.corrections).toEqual([{ object: 'Split', at: at(0), version: '7', by: 'argocd' }]);
  });
  test('that takes from the canary is put right once that has the pods for it: an autoscaler may have asked for more meanwhile', () => {
    const taken = aWorld()
      .withSpec({ replicas: 40 })
      .atStep(1)
      .withWeight(10)
      .withSplit(splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }, { stamp, resourceVersion: '7', lastManager: 'argocd' }));
    const short = plan(taken.withCanary({ replicas: 4, ready: 3 }).build());
    expect(effectsOf(short, 'writeSplit')).toEqual([]);
    expect(short.status?.corrections).toBeUndefined();
    expect(short.status?.message).toContain('4 canary pods have to be ready');
    const whole = plan(taken.withCanary({ replicas: 6, ready: 4 }).build());
    expect(writtenShares(whole)).toEqual({ [canaryRevision]: 10, [stableRevision]: 90 });
  });
  test('is counted once, however often its correction is lost', () => {
    const again = edited.recorded(plan(edited.build())).after(250);
    expect(plan(again.build()).status?.corrections ?? again.build().rollout.status.corrections).toHaveLength(1);
    expect(writtenShares(plan(again.build()))).toBeDefined();
  });
  test('is left alone after three in five minutes; Contended names the writer; no raise', () => {
    const contended = edited.withStatus({ corrections: thrice('Split') });
    const next = plan(contended.build());
    expect(effectsOf(next, 'writeSplit')).toEqual([]);
    expect(conditionOf(next, 'Contended')?.message).toContain('argocd');
    const raise = plan(
      aWorld()
        .atStep(2)
        .withWeight(10)
        .withStatus({ corrections: thrice('Split') })
        .build(),
    );
    expect(raise.status?.weight?.desired).toBe(10);
    expect(conditionOf(raise, 'Stalled')?.reason).toBe('Contended');
  });
  test('at rest is left alone as well', () => {
    const rest = aWorld()
      .withSplit(splitWith({ other: 50, [stableRevision]: 50 }, { stamp: splitWith({ [stableRevision]: 100 }).stamp }))
      .withStatus({ corrections: thrice('Split') });
    expect(plan(rest.build()).effects).toEqual([]);
    expect(conditionOf(plan(rest.build()), 'Ready')?.status).toBe('True');
  });
  test('that sends to an old revision is left alone while that one has pods, and put right however often where it has none', () => {
    const back = splitWith({ [canaryRevision]: 30, [stableRevision]: 70 }, { stamp: splitWith({ [stableRevision]: 100 }).stamp });
    const promoted = (pods: number) =>
      aWorld()
        .withRevision(canaryRevision, { replicas: pods })
        .withSplit(back)
        .withStatus({ corrections: thrice('Split') });
    expect(writtenShares(plan(promoted(2).build()))).toBeUndefined();
    const next = plan(promoted(0).build());
    expect(writtenShares(next)).toEqual({ [stableRevision]: 100 });
    expect(conditionOf(next, 'Contended')?.message).toContain('argocd');
    expect(next.status?.corrections ?? thrice('Split')).toHaveLength(3);
  });
  test('is put right again when the five minutes are over; it wakes for that', () => {
    const contended = edited.withStatus({ corrections: thrice('Split') });
    expect(plan(contended.build()).wakeAtMs).toBe(t0 + minutes(2));
    const later = plan(contended.after(minutes(2)).build());
    expect(effectsOf(later, 'writeSplit')).toHaveLength(1);
    expect(conditionOf(later, 'Contended')?.status).toBe('True');
    expect(conditionOf(plan(contended.withWeight(10).after(minutes(5)).build()), 'Contended')).toBeUndefined();
  });
  test('that takes our stamp away, or the whole split, is one, too', () => {
    for (const split of [splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }, { stamp: undefined }), 'absent' as const]) {
      const next = plan(aWorld().atStep(1).withWeight(10).withSplit(split).build());
      expect(next.status?.corrections).toHaveLength(1);
      expect(effectsOf(next, 'writeSplit')).toHaveLength(1);
    }
  });
  test('never counts as progress', () => {
    const next = plan(
      aWorld()
        .atStep(2)
        .withWeight(10)
        .withSplit(splitWith({ [canaryRevision]: 50, [stableRevision]: 50 }, { stamp }))
        .build(),
    );
    expect(next.status).toMatchObject({ step: { index: 2 }, weight: { desired: 10 } });
  });
});

describe('a cut of a canary’s last share is never given up', () => {
  const corrections = thrice('Split');
  const cutStamp = splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }).stamp;
  const back = { stamp: cutStamp, resourceVersion: '9', lastManager: 'argocd' };
  const given = aWorld()
    .atStep(3)
    .withStatus({ corrections, weight: { desired: 0, written: 50 } })
    .withSplit(splitWith({ [canaryRevision]: 50, [stableRevision]: 50 }, back));
  const abort = { reason: 'AnalysisFailed', message: '', at: at(-5000) };
  test.each([
    ['in an outage', given.withStatus({ canaryUnavailableSince: at(-5000) }).withCanary({ replicas: 2, ready: 0 })],
    ['of one that is overtaken', given.withTarget('8e1a3b52cc')],
    ['in an abort', given.withStatus({ phase: 'Aborting', abort })],
    ['after the rollback, when its pods are gone', given.withStatus({ phase: 'RolledBack', abort }).withCanary({ replicas: 0 })],
    [
      'before its first weight',
      given
        .atStep(0)
        .withStatus({ corrections, weight: { desired: 0, written: 0 } })
        .withSplit(splitWith({ [canaryRevision]: 50, [stableRevision]: 50 }, back)),
    ],
    ['in a deletion', given.deleting()],
  ])('%s', (_, world) => {
    const next = plan(world.build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(next.status?.corrections ?? corrections).toHaveLength(3);
    expect(conditionOf(next, 'Contended')?.status).toBe('True');
  });
});

describe('a split that is deleted again and again before it is confirmed', () => {
  /** Somebody deletes it two seconds after each time it was made. */
  function fought(from: ReturnType<typeof aWorld>): { readonly made: number; readonly last: ReturnType<typeof aWorld> } {
    let [world, made] = [from, 0];
    for (let round = 0; round < 40; round += 1) {
      const next = plan(world.withSplit('absent').build());
      const [write] = effectsOf(next, 'writeSplit');
      made += write === undefined ? 0 : 1;
      const there = splitWith(writtenShares(next) ?? {}, {}, world.build().nowMs);
      world = world.recorded(next).withSplit(write === undefined ? 'absent' : there);
      world = world.recorded(plan(world.build())).after(2000);
    }
    return { made, last: world.withSplit('absent') };
  }
  test('is made three times in five minutes, then the deleter is let have his way, and no raise happens', () => {
    const { made, last } = fought(aWorld().atStep(3).withWeight(50));
    expect(made).toBe(3);
    expect(conditionOf(plan(last.withSpec({ replicas: 5 }).build()), 'Contended')?.status).toBe('True');
  });
  test('in an adoption it is made once more: the first time is no correction', () => {
    const splitting = aWorld().withStatus({ phase: 'Initializing', weight: { desired: 0 }, stage: { name: 'Splitting', since: at(0) } });
    const first = plan(splitting.withSplit('absent').build());
    expect([first.status?.corrections, first.status?.weight?.written]).toEqual([undefined, 0]);
    expect(fought(splitting).made).toBe(4);
  });
  test('whose making was lost is made again a little later', () => {
    const gone = aWorld().atStep(3).withWeight(50).withSplit('absent');
    const lost = gone.recorded(plan(gone.build())).after(100);
    expect(plan(lost.build())).toMatchObject({ effects: [], wakeAtMs: t0 + 5000 });
    expect(effectsOf(plan(lost.after(5000).build()), 'writeSplit')).toHaveLength(1);
  });
  test('is made as often as it takes in a rollback', () => {
    const abort = { reason: 'AnalysisFailed', message: '', at: at(-5000) };
    const aborting = aWorld().atStep(3, { phase: 'Aborting', abort }).withWeight(0, { isConfirmed: false, written: 50 });
    expect(fought(aborting).made).toBe(40);
  });
});

describe('a backend without weight', () => {
  const ofStable = splitWith({ [stableRevision]: 100 });
  const withOther = (version: string) => ({
    ...ofStable,
    resourceVersion: version,
    split: { root: 'web', backends: [{ service: 'other', weight: 0 }, ...ofStable.split.backends] },
    lastManager: 'argocd',
  });
  test('that somebody adds again and again is taken out three times, then he is named', () => {
    let [world, writes] = [aWorld(), 0];
    for (let round = 0; round < 50; round += 1) {
      world = world.withSplit(withOther(String(100 + round))).after(2000);
      const next = plan(world.build());
      writes += effectsOf(next, 'writeSplit').length;
      world = world.recorded(next);
    }
    expect(writes).toBe(3);
    expect(conditionOf(plan(world.withSpec({ replicas: 5 }).build()), 'Contended')?.message).toContain('argocd');
  });
  test('of ours that somebody takes out is put back as a correction', () => {
    const named = aWorld().atStep(0).withWeight(0).withSpec({ paused: true });
    const { stamp: wrote } = splitWith({ [canaryRevision]: 0, [stableRevision]: 100 });
    const next = plan(named.withSplit(splitWith({ [stableRevision]: 100 }, { stamp: wrote })).build());
    expect([effectsOf(next, 'writeSplit').length, next.status?.corrections?.length]).toEqual([1, 1]);
  });
  test('that we name for the first time is no correction', () => {
    const next = plan(aWorld().atStep(0).withWeight(0).withSpec({ paused: true }).withSplit(ofStable).build());
    expect([effectsOf(next, 'writeSplit').length, next.status?.corrections]).toEqual([1, undefined]);
  });
});

test('news of our own are written though somebody fights', () => {
  const lowered = aWorld()
    .withSteps({ setWeight: 50 }, { setWeight: 20 }, { pause: {} })
    .atStep(1)
    .withWeight(50)
    .withStatus({ corrections: thrice('Split') })
    .withSplit(
      splitWith({ [canaryRevision]: 70, [stableRevision]: 30 }, { stamp: splitWith({ [canaryRevision]: 50, [stableRevision]: 50 }).stamp }),
    );
  expect(writtenShares(plan(lowered.build()))).toEqual({ [canaryRevision]: 20, [stableRevision]: 80 });
});

describe('an abort whose split is gone, while another one has the root', () => {
  const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
  const taken = aWorld()
    .atStep(3, { phase: 'Aborting', abort })
    .withWeight(0, { isConfirmed: false, written: 50 })
    .withSplit('absent')
    .withTraffic({ conflict: 'TrafficSplit other splits Service web as well' });
  test('says so', () => {
    const next = plan(taken.build());
    expect(conditionOf(next, 'Stalled')).toMatchObject({ reason: 'SplitNotOurs' });
    expect(next.status?.message).toContain('TrafficSplit other');
    expect(next.notices).toMatchObject([{ severity: 'Warning', reason: 'SplitNotOurs' }]);
  });
  test('makes its own and goes on when the other is gone', () =>
    expect(writtenShares(plan(taken.withTraffic({ conflict: undefined }).build()))).toEqual({
      [canaryRevision]: 0,
      [stableRevision]: 100,
    }));
});

describe('a foreign edit of the workload’s replicas', () => {
  const scaled = aWorld().withWorkload({ replicas: 3, generation: 5, replicasManager: 'flux' });
  test('is put right, and counted by generation', () => {
    const next = plan(scaled.build());
    expect(next.effects).toMatchObject([{ kind: 'patchWorkload', replicas: 0 }]);
    expect(next.status?.corrections).toMatchObject([{ object: 'Replicas', version: '5', by: 'flux' }]);
  });
  test('is left alone after three', () => expect(plan(scaled.withStatus({ corrections: thrice('Replicas') }).build()).effects).toEqual([]));
});

describe('the selector of the root Service', () => {
  const unpinned = aWorld().withRootService({ selector: { app: 'web' } });
  test('is pinned again, three times in five minutes', () => {
    expect(plan(unpinned.build()).effects).toMatchObject([{ kind: 'pinSelector', revision: stableRevision }]);
    expect(plan(unpinned.withStatus({ corrections: thrice('Selector') }).build()).effects).toEqual([]);
  });
  test('is not pinned where the spec, the provider or another applier forbids it', () => {
    expect(plan(unpinned.withSpec({ service: { name: 'web', pinSelector: 'Never' } }).build()).effects).toEqual([]);
    expect(plan(unpinned.withTraffic({ refusesPin: true }).build()).effects).toEqual([]);
    expect(plan(unpinned.withRootService({ selectorApplier: 'flux' }).build()).effects).toEqual([]);
  });
  test('keeps no old pin of ours, also where another applier has taken it in: it is moved, and they are told', () => {
    const old = aWorld()
      .withCanary({ replicas: 4 })
      .withRootService({ selector: { app: 'web', 'sluice.dev/revision': canaryRevision }, selectorApplier: 'flux' });
    const next = plan(old.build());
    expect(effectsOf(next, 'pinSelector')).toMatchObject([{ revision: stableRevision }]);
    expect(next.status?.corrections).toMatchObject([{ object: 'Selector', by: 'flux' }]);
    expect(effectsOf(plan(old.withStatus({ corrections: thrice('Selector') }).build()), 'pinSelector')).toEqual([]);
  });
  test('loses its pin when pinning is forbidden later', () =>
    expect(
      plan(
        aWorld()
          .withSpec({ service: { name: 'web', pinSelector: 'Never' } })
          .build(),
      ).effects,
    ).toMatchObject([{ kind: 'pinSelector', revision: undefined }]));
});

describe('whoever changes what is ours is told so, by an Event for each edit', () => {
  const corrections = (world: ReturnType<typeof aWorld>) => plan(world.build()).notices.filter(({ reason }) => reason === 'Corrected');
  const scaled = aWorld().withWorkload({ replicas: 3, generation: 5, replicasManager: 'kubectl' });

  test.each([
    [
      'the split',
      edited,
      `argocd changed TrafficSplit web to web-${canaryRevision} 70, web-${stableRevision} 30; it is put back to web-${canaryRevision} 10, web-${stableRevision} 90`,
    ],
    [
      'a split that is deleted',
      aWorld().atStep(1).withWeight(10).withSplit('absent'),
      `another writer deleted TrafficSplit web; it is made again, with web-${canaryRevision} 10, web-${stableRevision} 90`,
    ],
    [
      'the workload that is scaled up',
      scaled,
      'kubectl set spec.replicas of Deployment web to 3; it is put back to 0, since the revisions have the pods: scale the Rollout instead',
    ],
    [
      'a revision that is scaled',
      aWorld().withRevision(stableRevision, {}, { deployment: handScaled(9) }),
      `kubectl set spec.replicas of Deployment web-${stableRevision} to 9; it is put back to 4: scale the Rollout instead`,
    ],
    [
      'the selector',
      aWorld().withRootService({ selector: { app: 'web' } }),
      'another writer changed the selector of Service web; it selects the stable revision again',
    ],
  ])('%s', (_, world, message) => expect(corrections(world)).toEqual([{ severity: 'Warning', reason: 'Corrected', message }]));

  test('not the pin that an edit of the spec asks for', () => {
    const unpinned = aWorld().withRootService({ selector: { app: 'web' } });
    const asked = unpinned.withStatus({ observedGeneration: unpinned.build().rollout.generation - 1 });
    expect(corrections(asked)).toEqual([]);
    expect(effectsOf(plan(asked.build()), 'pinSelector')).toHaveLength(1);
  });

  test('once, however often the correction is lost', () => {
    const lost = scaled.recorded(plan(scaled.build()));
    expect(corrections(lost.after(250))).toEqual([]);
  });
  test('not where it is left alone, which is told by itself', () =>
    expect(plan(scaled.withStatus({ corrections: thrice('Replicas') }).build()).notices.map(({ reason }) => reason)).toEqual([
      'Contended',
    ]));
  test('not of what we scale ourselves', () => expect(corrections(aWorld().withSpec({ replicas: 7 }))).toEqual([]));
});
