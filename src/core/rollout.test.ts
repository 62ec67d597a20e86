import { describe, expect, test } from 'vitest';
import type { WireCanary } from '../../test/support/worlds.ts';
import { aWorld } from '../../test/support/worlds.ts';
import { stepsOf } from './rollout.ts';
import { weightAt } from './steps/index.ts';

const compiled = (sugar: Partial<WireCanary>) =>
  stepsOf(
    aWorld()
      .withCanarySpec({ steps: undefined, interval: '1m', ...sugar })
      .build().rollout.spec.strategy.canary,
  );

describe('the sugar', () => {
  test('stepWeight and maxWeight: each weight, and a pause after it', () => {
    expect(compiled({ stepWeight: 20, maxWeight: 50 })).toEqual(
      [20, 40, 50].flatMap((config) => [
        { kind: 'setWeight', config },
        { kind: 'pause', config: { duration: 60_000 } },
      ]),
    );
  });
  test('maxWeight is 100 where it is left out', () =>
    expect(
      compiled({ stepWeight: 40 })
        .filter(({ kind }) => kind === 'setWeight')
        .map(({ config }) => config),
    ).toEqual([40, 80, 100]));
  test('stepWeights as they are', () => expect(compiled({ stepWeights: [1, 5] })).toHaveLength(4));
});
test('the weight of a step is the last one set at or before it', () => {
  const steps = compiled({ stepWeights: [10, 50] });
  expect([0, 1, 2, 3].map((index) => weightAt(steps, index))).toEqual([10, 10, 50, 50]);
  expect(weightAt([], 0)).toBe(0);
});
test('what is left out has the contract’s defaults', () => {
  const { spec } = aWorld().build().rollout;
  expect(spec).toMatchObject({
    trackConfig: 'ConfigMaps',
    progressDeadline: 600_000,
    progressDeadlineAction: 'Abort',
    paused: false,
    revisionHistoryLimit: 5,
  });
  expect(spec.strategy.canary).toMatchObject({
    scaleDownDelay: 300_000,
    abortScaleDownDelay: 30_000,
    minPodsPerRevision: 1,
    confirmation: { timeout: 60_000 },
  });
});
