import { expect, test } from 'vitest';
import { obstacleOf } from './obstacle.ts';

test('a write without permission says which role to apply', () => {
  const message =
    'trafficsplits.split.smi-spec.io "web" is forbidden: User "sluice" cannot patch resource "trafficsplits" in API group "split.smi-spec.io"';
  expect(obstacleOf({ kind: 'forbidden', message })).toEqual({
    reason: 'Forbidden',
    message: `${message}; apply the output of: sluice render rbac`,
  });
});

test.each([
  ['forbidden', 'deployments.apps "web" is forbidden: exceeded quota: objects, requested: count/deployments.apps=1'],
  ['forbidden', 'pods "web" is forbidden: violates PodSecurity "restricted:latest"'],
  ['forbidden', 'admission webhook "policy.example" denied the request: not on Fridays'],
  ['invalid', 'Deployment.apps "web" is invalid'],
  ['alreadyExists', 'services "web" already exists'],
] as const)('a write that is refused otherwise (%s: %s) is no matter of roles', (kind, message) =>
  expect(obstacleOf({ kind, message })).toEqual({ reason: 'WriteRefused', message }),
);

test.each(['conflict', 'unavailable', 'network', 'unknownOutcome', 'timeout'] as const)('%s is worth another try and no word', (kind) =>
  expect(obstacleOf({ kind, message: 'later' })).toBeUndefined(),
);
