import { expect, test } from 'vitest';
import { promotedAsAnalysed } from './evidence.ts';
import { canary, must, nameOf, promote, raise, ref, resources, type Stage, stageFor, throughSteps } from './testing/stage.ts';

/** What the law says of a promotion of what one of them removed and the controller made again. */
function madeAgain(by: (stage: Stage) => Stage['people'], change: object = {}): readonly string[] {
  const stage = stageFor(promotedAsAnalysed);
  const scene = throughSteps(stage);
  const { metadata, ...rest } = stage.people.get(resources.deployments, ref(nameOf(canary))) ?? {};
  const { uid, labels, ownerReferences } = metadata ?? {};
  by(stage).delete(resources.deployments, ref(nameOf(canary)), { preconditions: { uid }, propagationPolicy: 'Background' });
  const { apiVersion, kind, spec } = rest as { apiVersion: string; kind: string; spec: object };
  const written = { ...ref(nameOf(canary)), labels, ownerReferences };
  must(stage.controller.create(resources.deployments, { apiVersion, kind, metadata: written, spec: { ...spec, ...change } } as never));
  promote(scene);
  return stage.reports;
}

const another = [expect.stringContaining('is promoted, and is not what was analysed')];

test('a canary that somebody removed, made again of the same template, is what was analysed', () => {
  expect(madeAgain(({ people }) => people)).toEqual([]);
});

test('of another template it is not, nor where the controller itself removed it', () => {
  const template = { metadata: { labels: {} }, spec: { containers: [{ name: 'web', image: 'web:c' }] } };
  const labels = { 'sluice.dev/rollout': 'web', 'sluice.dev/revision': canary };
  expect(madeAgain(({ people }) => people, { template: { ...template, metadata: { labels: { ...labels, app: 'web' } } } })).toEqual(
    another,
  );
  expect(madeAgain(({ controller }) => controller)).toEqual(another);
});

/** A run that ended without promotion; its revision is removed, made again, and analysed in a run of its own. */
function runAgain(between: (stage: Stage) => void): readonly string[] {
  const stage = stageFor(promotedAsAnalysed);
  const scene = throughSteps(stage);
  scene.status({ phase: 'Healthy', canaryRevision: null, attempt: null, run: null, step: null, weight: { desired: 0 } });
  for (const resource of [resources.deployments, resources.services]) scene.remove(resource, nameOf(canary));
  stage.pass(5_000);
  scene.status({ phase: 'Progressing', canaryRevision: canary, attempt: 1, weight: { desired: 0 } });
  scene.revision(canary, 3);
  raise(scene, 20, 0);
  between(stage);
  raise(scene, 100, 20);
  promote(scene);
  return stage.reports;
}

test('a revision that was removed and is released again is what its own run analysed', () => {
  expect(runAgain(() => {})).toEqual([]);
});

test('and no other than that one', () => {
  const spec = { template: { metadata: { annotations: { a: 'b' } } } };
  expect(runAgain(({ people }) => void must(people.patch(resources.deployments, ref(nameOf(canary)), { spec })))).toEqual(another);
});
