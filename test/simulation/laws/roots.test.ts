import { expect, test } from 'vitest';
import { safeWithoutSplit } from './roots.ts';
import { atRest, must, ref, resources, rolloutResource, stable, stageFor } from './testing/stage.ts';

test('of two Rollouts with one root Service it is pinned for the one that has it', () => {
  const stage = stageFor(safeWithoutSplit);
  const scene = atRest(stage);
  const { apiVersion, kind, spec } = scene.rollout;
  const second = { ...ref('second'), labels: {} };
  must(stage.people.create(rolloutResource, { apiVersion, kind, metadata: second, spec: { ...(spec as object), replicas: 0 } }));
  const claimed = { type: 'Ready', status: 'False', reason: 'ServiceClaimed', message: 'second is older', lastTransitionTime: scene.now() };
  scene.status({ phase: 'Degraded', stableRevision: null, conditions: [claimed] });
  const other = 'cccccccccc';
  must(stage.controller.patch(rolloutResource, ref('second'), { status: { stableRevision: other } }, { subresource: 'status' }));
  const pin = (revision: string) => scene.change(resources.services, 'web', { spec: { selector: { 'sluice.dev/revision': revision } } });
  pin(other);
  expect(stage.reports).toEqual([]);
  pin(stable);
  expect(stage.reports).toEqual([`web selects ${stable}, and stable is ${other}`]);
});
