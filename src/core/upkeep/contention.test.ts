import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  minutes,
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

describe('a foreign edit of the split', () => {
  test('is put right at once, and noted with who did it', () => {
    const next = plan(edited.build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 10, [stableRevision]: 90 });
    expect(next.status?.corrections).toEqual([{ object: 'Split', at: at(0), version: '7', by: 'argocd' }]);
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
  test('loses its pin when pinning is forbidden later', () =>
    expect(
      plan(
        aWorld()
          .withSpec({ service: { name: 'web', pinSelector: 'Never' } })
          .build(),
      ).effects,
    ).toMatchObject([{ kind: 'pinSelector', revision: undefined }]));
});
