import { describe, expect, test } from 'vitest';
import { at, aWorld, canaryRevision, splitWith, stableRevision } from '../../test/support/worlds.ts';
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

describe('a pause that somebody has to end is told when it begins and when it is over', () => {
  const told = (world: ReturnType<typeof aWorld>) => plan(world.build()).notices.map(({ reason, message }) => `${reason}: ${message}`);
  const stored = (world: ReturnType<typeof aWorld>) => world.recorded(plan(world.build()));

  test('one without a duration', () => {
    const begun = aWorld().atStep(3).withWeight(50);
    expect(told(begun)).toEqual([`AwaitingDecision: step 4/4: 50 % to ${canaryRevision}, paused until somebody resumes it`]);
    expect(told(stored(begun))).toEqual([]);
    const over = stored(begun).withSteps(
      { setWeight: 10 },
      { pause: { duration: '5m' } },
      { setWeight: 50 },
      { pause: { duration: '1m' } },
    );
    expect(told(over)).toEqual([expect.stringMatching(/^Progressing: the pause is over, step /)]);
  });
  test('spec.paused, through whatever else is waited for meanwhile', () => {
    const running = stored(aWorld().atStep(1).withWeight(10));
    const begun = running.withSpec({ paused: true });
    expect(told(begun)).toEqual([expect.stringMatching(/^Paused: step 2\/4: .*paused by spec\.paused/)]);
    const outage = stored(begun).withCanary({ replicas: 1, ready: 0 });
    expect(told(outage)).toEqual([]);
    expect(told(stored(begun).withSpec({ paused: false }))).toEqual([
      expect.stringMatching(/^Progressing: the pause is over, step 2\/4: 10 % .*, waiting until /),
    ]);
  });
  test('an analysis without a verdict, as a warning', () => {
    const open = aWorld().atStep(1).withWeight(10).withRuns({ phase: 'Inconclusive', message: 'no data' });
    expect(plan(open.build()).notices).toMatchObject([{ severity: 'Warning', reason: 'AnalysisInconclusive' }]);
  });
  test('but not a timed one, nor what ends with the release', () => {
    expect(told(aWorld().atStep(1).withWeight(10))).toEqual([]);
    const paused = stored(aWorld().atStep(3).withWeight(50));
    expect(told(paused.withRuns({ phase: 'Failed', message: 'bad' })).map((line) => line.split(':')[0])).toEqual(['AnalysisFailed']);
  });
});

/** The messages of an adoption or a deletion, all stages gone through one after the other as the worlds say. */
const journey = (...worlds: readonly ReturnType<typeof aWorld>[]) =>
  worlds.map((world) => plan(world.build()).notices.map(({ severity, reason, message }) => `${severity} ${reason}: ${message}`));

test('an adoption tells of each thing that it takes over', () => {
  const claimed = aWorld().neverSeen({ hasFinalizer: true });
  const stage = (name: string, selector: Record<string, string> = { app: 'web', 'sluice.dev/revision': stableRevision }) =>
    claimed
      .withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name, since: at(-60_000) } })
      .withStable({})
      .withRootService({ selector });
  const split = splitWith({ [stableRevision]: 100 });
  expect(
    journey(
      claimed,
      stage('Starting', { app: 'web' }),
      stage('Pinning'),
      stage('Pinned'),
      stage('Splitting').withSplit(split),
      stage('Draining').withSplit(split).withWorkload({ replicas: 0 }),
    ),
  ).toEqual([
    [`Normal Initializing: revision ${stableRevision} of Deployment web comes up`],
    [],
    [`Normal Adopted: Service web selects revision ${stableRevision}`],
    [],
    [`Normal Adopted: TrafficSplit web gives all traffic to revision ${stableRevision}`],
    [`Normal Adopted: Deployment web is scaled to 0: revision ${stableRevision} serves in its place`],
  ]);
  expect(journey(stage('Pinning', { app: 'web' }).withSpec({ service: { name: 'web', pinSelector: 'Never' } }))).toEqual([[]]);
});

test('a deletion tells of each thing that it gives back', () => {
  const served = { replicas: 4, readyReplicas: 4 };
  const removing = aWorld().deleting('Draining', -60_000).withSplit('absent').withWorkload(served);
  expect(journey(aWorld().deleting(), aWorld().deleting('Restoring', -60_000).withWorkload(served), removing)).toEqual([
    ['Normal Terminating: the Rollout is being deleted: traffic goes back to Deployment web'],
    ['Normal Terminating: Deployment web serves again, with 4 pods'],
    ['Normal Terminating: Service web is given back, the TrafficSplit is gone; the revisions are removed'],
  ]);
});
