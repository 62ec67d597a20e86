import { describe, expect, test } from 'vitest';
import {
  aWorld,
  canaryRevision,
  conditionOf,
  effectsOf,
  kindsOf,
  stableRevision,
  type WorldBuilder,
  writtenShares,
} from '../../test/support/worlds.ts';
import { plan } from './planner.ts';
import { withTaken } from './taken.ts';

/** The Rollout as it is read after its spec was edited: what was taken over keeps its name. */
function renamed(world: WorldBuilder, service: string, splitName?: string): WorldBuilder {
  const edited = world.withSpec({ service: { name: service }, traffic: { smi: splitName === undefined ? {} : { splitName } } }).build();
  return world.with({ rollout: { ...edited.rollout, ...withTaken(edited.rollout.spec, edited.rollout.status) } });
}

describe.each([
  ['the root Service', (world: WorldBuilder) => renamed(world, 'web2')],
  ['the split', (world: WorldBuilder) => renamed(world, 'web', 'web2')],
])('the name of %s, changed after it was taken over', (_, edit) => {
  test('changes nothing of where traffic is sent', () => {
    const { spec } = edit(aWorld()).build().rollout;
    expect([spec.service.name, spec.traffic.smi?.splitName]).toEqual(['web', 'web']);
  });
  test('holds every raise, at rest and in mid-run, and says what to do', () => {
    for (const world of [aWorld().withTarget(canaryRevision), aWorld().atStep(2).withWeight(10)]) {
      const next = plan(edit(world).build());
      expect(conditionOf(next, 'Stalled')).toMatchObject({ reason: 'NameChanged', message: expect.stringContaining('web2') as string });
      expect(next.status?.weight?.desired ?? 0).toBe(world.build().rollout.status.weight?.desired);
      expect(kindsOf(next).filter((kind) => kind !== 'scaleDeployment')).toEqual([]);
    }
  });
  test('lets no canary keep its share: a failed verdict cuts the split that is there', () => {
    const next = plan(edit(aWorld().atStep(3).withWeight(50).withRuns({ phase: 'Failed' })).build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(effectsOf(next, 'writeSplit')[0]).toMatchObject({ uid: 'uid-split', split: { root: 'web' } });
  });
  test('does not keep a deletion from giving the old one back', () => {
    const next = plan(edit(aWorld().atStep(3).withWeight(50)).deleting().build());
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
  });
});

test('the split’s own name, said or left out, is the same name', () =>
  expect(renamed(aWorld(), 'web', 'web').build().rollout.renamed).toBeUndefined());

test('names are taken with the first revision; before, a slip can be mended', () => {
  expect(plan(aWorld().neverSeen().withRootService('absent').build()).status?.taken).toBeUndefined();
  const begun = aWorld()
    .neverSeen({ hasFinalizer: true })
    .withSpec({ traffic: { smi: { splitName: 'other' } } });
  expect(plan(begun.build()).status).toMatchObject({ stableRevision, taken: { service: 'web', split: 'other' } });
});
