import { expect, test } from 'vitest';
import { resourcePath } from '../../../src/kube/index.ts';
import { oneLeaderWrites, quickFailOver } from './leadership.ts';
import { atRest, leases, midCanary, nameOf, resources, stable, stageFor } from './testing/stage.ts';

const leasePath = resourcePath(leases, { namespace: 'sluice-system', name: 'sluice-controller' });

test('a process without an election may write beside the leader, and may not lower its epoch', () => {
  const stage = stageFor(oneLeaderWrites);
  const scene = midCanary(stage);
  const { client } = stage.join('sluice-alone', { isStandby: true, isElected: false });
  scene.status({ message: 'by one that was told to lead' }, client);
  scene.change(resources.deployments, nameOf(stable), { spec: { replicas: 4 } }, client);
  expect(stage.reports).toEqual([]);
  scene.status({ epoch: 4 }, client);
  expect(stage.reports).toEqual([expect.stringMatching(/sluice-alone_2 lowers the epoch of Rollout shop\/web from 5 to 4/)]);
});

test('a process that stands still is no candidate, and one that goes is', () => {
  const stage = stageFor(quickFailOver);
  atRest(stage);
  stage.join('sluice-b', { isStandby: true }).freeze();
  stage.pass(2_000);
  stage.leader.end('killed');
  stage.pass(30_000);
  stage.join('sluice-c');
  expect(stage.reports).toEqual([]);
});

/** Asks for the lease at these moments after the end of the leader, and has it 2 s after the last one. */
function askedAt(...moments: readonly number[]): readonly string[] {
  const stage = stageFor(quickFailOver);
  atRest(stage);
  stage.join('sluice-b', { isStandby: true });
  stage.pass(2_000);
  stage.leader.end('killed');
  let passedMs = 0;
  for (const atMs of moments) {
    stage.pass(atMs - passedMs);
    passedMs = atMs;
    stage.call({ method: 'PUT', path: leasePath, body: {} });
  }
  stage.pass(2_000);
  stage.join('sluice-c');
  return stage.reports;
}

test('whoever asks in time and is refused has it soon after it asked last', () => {
  expect(askedAt(16_000, 18_000, 20_000, 22_000)).toEqual([]);
  expect(askedAt(16_000, 18_000, 26_000)).toEqual([expect.stringContaining('has the lease')]);
  expect(askedAt(24_000, 26_000)).toEqual([expect.stringContaining('has the lease')]);
});
