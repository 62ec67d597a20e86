import { describe, expect, test } from 'vitest';
import { configCopyOf, deploymentOf, revisionServiceOf, rootServiceOf } from './objects.ts';

const owner = { namespace: 'shop', name: 'web', uid: 'uid-rollout' };
const withWorkload = { ...owner, workload: { name: 'web', uid: 'uid-workload' } };
const order = { revision: '6d5f0c9b1e', replicas: 2, template: {}, configs: [{ kind: 'ConfigMap', name: 'web', hash: 'h' }] } as const;
const all = (who: typeof owner) => [
  deploymentOf(who, order),
  revisionServiceOf(who, order.revision, [{ port: 80 }]),
  rootServiceOf(who, 'web', order.revision, [{ port: 80 }]),
  configCopyOf(who, order.revision, order.configs[0], {}),
];

describe('what a revision is made of', () => {
  test('belongs to the Rollout, first', () => {
    for (const object of all(owner))
      expect(object).toMatchObject({ metadata: { ownerReferences: [{ kind: 'Rollout', uid: 'uid-rollout', controller: true }] } });
  });
  test('hangs on the workload, too, and says whose it is: the collector takes only our reference away while the Rollout is given back', () => {
    for (const object of all(withWorkload))
      expect(object).toMatchObject({
        metadata: {
          annotations: { 'sluice.dev/rollout-uid': 'uid-rollout' },
          ownerReferences: [{ kind: 'Rollout' }, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-workload' }],
        },
      });
  });
  test('keeps its own annotations', () =>
    expect(deploymentOf(withWorkload, order)).toMatchObject({
      metadata: { annotations: { 'sluice.dev/template-hash': expect.any(String) as string, 'sluice.dev/configs': 'ConfigMap/web' } },
    }));
});
