import { expect, test } from 'vitest';
import { at, aWorld, canaryRevision } from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

const reasonsOf = (world: ReturnType<typeof aWorld>) => plan(world.build()).notices.map(({ reason }) => reason);

test('a person is told once of a beginning, a rollback, a promotion', () => {
  const begun = aWorld().withTarget(canaryRevision);
  expect(reasonsOf(begun)).toEqual(['Progressing']);
  expect(reasonsOf(begun.recorded(plan(begun.build())))).toEqual([]);
  const failed = aWorld().atStep(1).withWeight(10).withRuns({ phase: 'Failed', message: 'bad' });
  expect(reasonsOf(failed)).toEqual(['AnalysisFailed']);
  const cut = failed.recorded(plan(failed.build())).withWeight(0);
  expect(reasonsOf(cut)).toEqual([]);
  expect(reasonsOf(aWorld().atStep(4).withWeight(100))).toEqual(['Promoted']);
});
test('of what cannot go on by itself, once', () => {
  const stalled = aWorld().withRootService('absent');
  expect(reasonsOf(stalled)).toEqual(['ServiceNotFound']);
  expect(reasonsOf(stalled.recorded(plan(stalled.build())))).toEqual([]);
});
test('of a superseded canary', () => {
  expect(
    reasonsOf(
      aWorld()
        .atStep(1, { run: { startedAt: at(0), replicasFloor: 4 } })
        .withTarget('8e1a3b52cc'),
    ),
  ).toEqual(['Progressing', 'Superseded']);
});
