// The rendered roles are enough, and no more is asked for: a release under exactly the output of `sluice render rbac`.
import { afterAll, expect, inject, test } from 'vitest';
import { renderRbac } from '../../src/api/index.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { aRelease } from './support/release.ts';
import { successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

test('a release, its analysis, a rollback and the deletion need nothing but the rendered roles', async ({ onTestFinished }) => {
  for (const object of renderRbac('r-rbac-system')) await bed.admin.apply(object as unknown as KubeObject, { manager: 'user' });
  const account = { namespace: 'r-rbac-system', name: 'sluice' };
  const args = ['--lease-namespace', account.namespace];
  const controllerOptions = { account, leaderElection: true, args };
  const release = await aRelease(bed, 'r-rbac', {
    cleanup: onTestFinished,
    metrics: [successRate()],
    controllerOptions,
    steps: [{ setWeight: 50 }],
  });
  const promoted = await release.change({ image: 'example/app:2' });
  await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === promoted);
  await release.change({ image: 'example/app:3', behaviour: { 'error-rate': '0.5' } });
  await release.until('rolled back', (status) => status.phase === 'RolledBack');
  const refused = release.scenario.audit({ user: release.controller.user }).filter(({ code }) => code === 401 || code === 403);
  expect(refused.map(({ verb, resource, subresource, name }) => `${verb} ${resource}/${subresource} ${name}`)).toEqual([]);
  await release.holds();
});
