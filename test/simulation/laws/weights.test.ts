import { expect, test } from 'vitest';
import { abort, begun, canary, midCanary, nameOf, resources, stable, stageFor } from './testing/stage.ts';
import { namesItsBackends, neverAgain } from './weights.ts';

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

/** One process takes the canary back, and so long afterwards another one writes the split that it had ready. */
function namedStill(afterMs: number, isElected: boolean, split: Readonly<Record<string, number>>): readonly string[] {
  const stage = stageFor(namesItsBackends);
  const scene = begun(stage);
  const { client } = stage.join('sluice-b', { isStandby: true, isElected });
  scene.status({ phase: 'Healthy', canaryRevision: null });
  scene.split({ [stable]: 100 });
  stage.pass(afterMs);
  scene.split(split, client);
  return stage.reports;
}

test('a process without an election that had not heard of it may name the canary that status had until then, and no other', () => {
  const before = { [canary]: 0, [stable]: 100 };
  const names = [expect.stringMatching(/the split names web-\w+,web-aaaaaaaaaa, and status web-aaaaaaaaaa/)];
  expect(namedStill(100, false, before)).toEqual([]);
  expect(namedStill(1_000, false, before)).toEqual(names);
  expect(namedStill(100, true, before)).toEqual(names);
  expect(namedStill(100, false, { cccccccccc: 0, [stable]: 100 })).not.toEqual([]);
});
