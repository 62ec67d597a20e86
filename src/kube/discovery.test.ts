import { expect, test } from 'vitest';
import { fail, ok } from '../lib/result.ts';
import { discover } from './discovery.ts';
import { localFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';

const serving = (answers: Record<string, unknown>): Pick<KubeClient, 'raw'> => ({
  raw: async (_method, path) => (path in answers ? ok(answers[path]) : fail(localFailure('notFound', path))),
});

test('groups come with their versions, the core group among them; odd entries are skipped', async () => {
  const groups = [
    { name: 'split.smi-spec.io', versions: [{ version: 'v1alpha4' }, { version: 'v1alpha2' }], preferredVersion: { version: 'v1alpha2' } },
    { name: 7 },
    null,
  ];
  expect(await discover(serving({ '/apis': { groups } }))).toEqual({
    ok: true,
    value: [
      { name: '', versions: ['v1'], preferredVersion: 'v1' },
      { name: 'split.smi-spec.io', versions: ['v1alpha4', 'v1alpha2'], preferredVersion: 'v1alpha2' },
    ],
  });
});
