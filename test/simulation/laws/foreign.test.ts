import { expect, test } from 'vitest';
import { fewFights } from './foreign.ts';
import { atRest, must, ref, resources, rolloutResource, stageFor } from './testing/stage.ts';

/** Three edits of the workload put right after `refusedMs`, and a fourth so long after the first edit. */
function fought(fourthMs: number, refusedMs: number): readonly string[] {
  const stage = stageFor(fewFights);
  const scene = atRest(stage);
  const edit = (replicas: number) => must(stage.people.patch(resources.deployments, ref('web'), { spec: { replicas } }));
  for (let each = 0; each < 3; each += 1) {
    edit(3);
    stage.pass(refusedMs);
    scene.change(resources.deployments, 'web', { spec: { replicas: 0 } });
  }
  edit(3);
  stage.pass(fourthMs - 3 * refusedMs);
  scene.change(resources.deployments, 'web', { spec: { replicas: 0 } });
  return stage.reports;
}

const fourth = [expect.stringContaining('Deployment shop/web is put right 4 times within five minutes')];

test('a correction counts from its edit on, since its first write may have been refused', () => {
  expect(fought(300_010, 50)).toEqual([]);
  expect(fought(299_990, 50)).toEqual(fourth);
});

test('but from a minute before its write at the earliest', () => {
  expect(fought(300_010, 80_000)).toEqual(fourth);
});

/** Four times in an adoption its workload is given replicas, and scaled to zero again, beside a second Rollout that claims it. */
function adopted(phase: string): readonly string[] {
  const stage = stageFor(fewFights);
  const scene = atRest(stage);
  const { apiVersion, kind, spec } = scene.rollout;
  must(stage.people.create(rolloutResource, { apiVersion, kind, metadata: ref('second'), spec } as never));
  scene.change(rolloutResource, 'second', { status: { phase: 'Degraded' } }, stage.controller, { subresource: 'status' });
  scene.status({ phase });
  for (let each = 0; each < 4; each += 1) {
    must(stage.people.patch(resources.deployments, ref('web'), { spec: { replicas: 3 } }));
    stage.pass(2_000);
    scene.change(resources.deployments, 'web', { spec: { replicas: 0 } });
  }
  return stage.reports;
}

test('an adoption that scales its workload to zero puts nothing right, whoever else claims it', () => {
  expect(adopted('Initializing')).toEqual([]);
  expect(adopted('Healthy')).toEqual(fourth);
});
