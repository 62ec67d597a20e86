import { describe, expect, test } from 'vitest';
import { at, aWorld, t0 } from '../../test/support/worlds.ts';
import { plan } from './planner.ts';

describe('the hash of the steps', () => {
  const world = (steps: string | undefined, weight = 30) =>
    aWorld()
      .withSteps({ setWeight: 30 }, { setWeight: 60 })
      .atStep(1)
      .withWeight(weight)
      .withStatus({ run: { startedAt: at(t0), replicasFloor: 4, ...(steps === undefined ? {} : { steps }) } });

  test('of other steps begins the run again at the first', () =>
    expect(plan(world('0000000000', 60).build()).status).toMatchObject({ step: { label: '1/2' }, weight: { desired: 30 } }));

  test('that is missing is no sign of an edit: a CRD that drops the field must not send the weight back and forth', () => {
    const { status } = plan(world(undefined).build());
    expect(status?.step).toMatchObject({ index: 1, label: '2/2' });
    expect(status?.weight?.desired).toBe(60);
    expect(status?.run?.steps).toMatch(/^[0-9a-f]{10}$/);
  });
});
