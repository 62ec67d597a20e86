import { expect, it } from 'vitest';
import { changed, fullRollout } from '../../test/cluster/kinds.cases.ts';
import { goodTemplate } from '../../test/cluster/kinds.other-cases.ts';
import { unknownFields } from './unknown.ts';

const pathsOf = (object: unknown) => unknownFields(object).map(({ path }) => path);

it('finds every member that the API server would drop', () => {
  expect(pathsOf(changed(fullRollout(), { extra: 1, 'spec.servce': {}, 'spec.strategy.canary.steps.0': { setWieght: 1 } })).sort()).toEqual(
    ['extra', 'spec.servce', 'spec.strategy.canary.steps[0].setWieght'],
  );
});

it('finds nothing in what is right, nor in a pod template', () => {
  expect(
    [
      fullRollout(),
      goodTemplate(),
      changed(fullRollout(), { 'spec.template': { spec: { containers: [{ name: 'a', anything: {} }], anything: 1 } } }),
    ].flatMap(pathsOf),
  ).toEqual([]);
});
