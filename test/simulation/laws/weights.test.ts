import { expect, test } from 'vitest';
import { abort, canary, midCanary, nameOf, resources, stageFor } from './testing/stage.ts';
import { neverAgain } from './weights.ts';

/** The leader aborts, and so long afterwards another process gives the canary pods. */
function revived(afterMs: number, isElected: boolean): readonly string[] {
  const stage = stageFor(neverAgain);
  const scene = midCanary(stage);
  const { client } = stage.join('sluice-b', { isStandby: true, isElected });
  abort(scene);
  stage.pass(afterMs);
  scene.change(resources.deployments, nameOf(canary), { spec: { replicas: 2 } }, client);
  return stage.reports;
}

const again = [expect.stringContaining('web-bbbbbbbbbb gets pods again (1 to 2) after its abort')];

test('a process without an election that had not heard of the abort may have had pods ready for the canary', () => {
  expect(revived(100, false)).toEqual([]);
  expect(revived(1_000, false)).toEqual(again);
});

test('one that goes by the lease may not', () => {
  expect(revived(100, true)).toEqual(again);
});
