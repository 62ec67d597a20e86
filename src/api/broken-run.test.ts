import { expect, test } from 'vitest';
import type { KubeObject } from '../kube/object.ts';
import { readBrokenRun } from './broken-run.ts';

const errors = [{ path: 'spec.metrics', message: 'is required (array)' }];
const anObject = (name: string, spec: object): KubeObject => ({
  metadata: { name, namespace: 'shop', uid: 'u1', resourceVersion: '1' },
  spec,
});
const rollout = { name: 'web', uid: 'r1', kind: 'Step', revision: '7c9d2f41aa', attempt: 2, step: 3 };

test('whose it is, its spec says; or else its name, where it has an owner', () => {
  expect(readBrokenRun(anObject('x', { rollout }), errors, 'web').rollout).toEqual(rollout);
  const named = { name: 'web', kind: 'Step', revision: '7c9d2f41aa', attempt: 2, step: 3 };
  expect(readBrokenRun(anObject('web-7c9d2f41aa-2-s3', { rollout: { ...rollout, attempt: 'first' } }), errors, 'web').rollout).toEqual(
    named,
  );
  expect(readBrokenRun(anObject('web-7c9d2f41aa-2-s3', {}), errors, undefined).rollout).toBeUndefined();
});

test('every error is told, as much as status holds of them', () => {
  const many = Array.from({ length: 200 }, (_, index) => ({ path: `spec.metrics[${index}].name`, message: 'is required (string)' }));
  const { problem } = readBrokenRun(anObject('x', {}), many, undefined);
  expect(problem).toMatch(/^does not decode: spec\.metrics\[0\]\.name: is required \(string\); .*and \d+ more$/);
  expect(problem.length).toBeLessThanOrEqual(2048);
});
