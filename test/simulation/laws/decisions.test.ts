import { describe, expect, test } from 'vitest';
import { promotionIsEarned, stepsLast } from './decisions.ts';
import { must, promote, raise, ref, rolloutResource, type Scene, stageFor, throughSteps } from './testing/stage.ts';

const steps = [{ setWeight: 20 }, { pause: { duration: '20s' } }, { setWeight: 60 }, { pause: { duration: '20s' } }];
const more = [...steps, { analysis: { templates: [{ name: 'checks' }] } }];

const edit = ({ stage }: Scene, spec: object) => must(stage.people.patch(rolloutResource, ref('web'), { spec }));
const numbered = (scene: Scene, index: number, kind: string, startedAt = scene.now()) =>
  scene.status({ step: { index, total: index, label: `${index}/${index}`, kind, startedAt } });

describe('steps that are edited once all are through', () => {
  test('stay behind the canary', () => {
    const stage = stageFor(promotionIsEarned);
    const scene = throughSteps(stage);
    edit(scene, { strategy: { canary: { steps: more } } });
    numbered(scene, 5, 'promotion');
    promote(scene);
    expect(stage.reports).toEqual([]);
  });
  test('do not, where they are edited before', () => {
    const stage = stageFor(promotionIsEarned);
    const scene = throughSteps(stage, { canary: { steps: more } });
    numbered(scene, 5, 'promotion');
    promote(scene);
    expect(stage.reports).toEqual(['promoted without the analysis of step 4']);
  });
});

test('a promotion that nobody confirms waits for maxLag since its split was sent, and no less where that took long', () => {
  function promotedAfter(waitMs: number, underwayMs: number): readonly string[] {
    const stage = stageFor(promotionIsEarned, { isAdapted: true, underwayMs });
    const scene = throughSteps(stage);
    stage.sandbox.faults.adapter('shop').pause();
    raise(scene, 60, 100);
    raise(scene, 100, 60);
    stage.pass(waitMs);
    promote(scene);
    return stage.reports;
  }
  expect(promotedAfter(9_995, 10)).toEqual([]);
  expect(promotedAfter(9_985, 10)).toEqual(['promoted though the data plane has not taken the split over']);
  expect(promotedAfter(9_000, 2_000)).toEqual(['promoted though the data plane has not taken the split over']);
});

describe('a bake in which the steps are edited', () => {
  function baked(firstMs: number, secondMs: number): readonly string[] {
    const stage = stageFor(stepsLast);
    const scene = throughSteps(stage, { canary: { afterPromotion: { duration: '20s' } } });
    const startedAt = scene.now();
    scene.status({ phase: 'Baking' });
    numbered(scene, 4, 'bake', startedAt);
    stage.pass(firstMs);
    edit(scene, { strategy: { canary: { steps: more } } });
    numbered(scene, 5, 'bake', startedAt);
    stage.pass(secondMs);
    promote(scene);
    return stage.reports;
  }
  test('goes on', () => expect(baked(12_000, 8_000)).toEqual([]));
  test('lasts as long as it must', () => expect(baked(12_000, 4_000)).toEqual(['step 5 lasted 16000 of 20000 ms']));
});
