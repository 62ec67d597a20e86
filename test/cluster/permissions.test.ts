// The rendered roles are enough, and no more is asked for: a release under exactly the output of `sluice render rbac`.
import { afterAll, describe, expect, inject, test } from 'vitest';
import { controllerRules, leaseRules } from '../../src/api/index.ts';
import type { Deployment } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { pathOf } from './kit/paths.ts';
import type { Scenario } from './kit/scenario.ts';
import { sleep, waitFor, waitForObject } from './kit/wait.ts';
import { answered, decide } from './support/decisions.ts';
import { applyRbac } from './support/rbac.ts';
import { aRelease } from './support/release.ts';
import { type Rollout, type RolloutStatus, rollout, successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

/** A service account of the namespace that may do what the rendered role says, but for these. Cluster-wide, by the name of the namespace. */
async function mayAllBut(namespace: string, resource: string, verbs: readonly string[]): Promise<{ namespace: string; name: string }> {
  const rules = controllerRules.flatMap((rule) => {
    const without = rule.resources.filter((each) => each !== resource);
    const left = rule.verbs.filter((verb) => !verbs.includes(verb));
    const others = without.length === 0 ? [] : [{ ...rule, resources: without }];
    return rule.resources.includes(resource) && left.length > 0 ? [...others, { ...rule, resources: [resource], verbs: left }] : others;
  });
  await setRules(namespace, rules);
  const rbac = 'rbac.authorization.k8s.io';
  const account = { namespace, name: 'limited' };
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: namespace },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: namespace },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
  await bed.admin.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, { manager: 'user' });
  await bed.admin.apply(binding, { manager: 'user' });
  return account;
}

const setRules = async (name: string, rules: typeof controllerRules) => {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
  await bed.admin.apply(role, { manager: 'user' });
};

const stalled = ({ conditions = [] }: RolloutStatus) => conditions.find(({ type }) => type === 'Stalled');

/** Waits until the Rollout says Forbidden about this, and stands there; then for a while, in which it must not be written again. */
async function saysForbidden(scenario: Scenario, what: RegExp, stands: (status: RolloutStatus) => boolean = () => true): Promise<void> {
  const path = pathOf('rollouts', scenario.name, 'web');
  const seen = await waitForObject<Rollout>(
    bed.admin,
    path,
    `Forbidden in ${scenario.name}`,
    (object) => object?.status !== undefined && stalled(object.status)?.reason === 'Forbidden' && stands(object.status),
  );
  expect(stalled(seen?.status ?? {})?.message).toMatch(what);
  expect(stalled(seen?.status ?? {})?.message).toContain('sluice render rbac');
  await sleep(15_000);
  const now = await bed.admin.get<Rollout>(path);
  expect(now.metadata.resourceVersion).toBe(seen?.metadata.resourceVersion);
}

describe.concurrent('a permission that is missing', () => {
  test.for([
    ['r-no-splits', 'trafficsplits', /trafficsplits\.split\.smi-spec\.io/],
    ['r-no-slices', 'endpointslices', /endpointslices\.discovery\.k8s\.io/],
  ] as const)(
    'to read (%s): said in status in one write, nothing is touched, and it goes on when it is granted',
    async ([name, resource, what], { onTestFinished }) => {
      const granted: Promise<void>[] = [];
      const release = await aRelease(bed, name, {
        cleanup: onTestFinished,
        prepare: async (scenario) => {
          const account = await mayAllBut(name, resource, ['list', 'watch']);
          const grant = async () => {
            await saysForbidden(scenario, what);
            const workload = await bed.admin.get<Deployment & { spec: { paused?: boolean } }>(pathOf('deployments', name, 'web'));
            expect([workload.spec.paused ?? false, workload.spec.replicas]).toEqual([false, 2]);
            await setRules(name, controllerRules);
          };
          granted.push(grant());
          return { account };
        },
      });
      await Promise.all(granted);
      const canary = await release.change({ image: 'example/app:2' });
      const done = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
      expect(stalled(done)).toBeUndefined();
      await release.holds();
    },
  );

  test('to write the split: said in status in one write; the release goes through when it is granted', async ({ onTestFinished }) => {
    const name = 'r-no-patch';
    const release = await aRelease(bed, name, {
      cleanup: onTestFinished,
      prepare: async () => ({ account: await mayAllBut(name, 'trafficsplits', ['patch', 'update']) }),
    });
    const canary = await release.change({ image: 'example/app:2' });
    // Its pods come, and the weight is recorded; then there is nothing more to say.
    await saysForbidden(release.scenario, /cannot patch resource "trafficsplits"/, ({ weight }) => weight?.desired === 20);
    expect(release.weights(canary)).toEqual([0]);
    await setRules(name, controllerRules);
    const done = await release.until('promoted', (status) => status.phase === 'Healthy' && status.stableRevision === canary);
    expect(stalled(done)).toBeUndefined();
    expect(release.weights(canary)).toEqual([0, 20, 50, 100]);
    await release.serves(canary);
    await release.holds();
  });
});

describe.concurrent('the namespace of the lease is not there', () => {
  const mayMake = { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] } as const;
  const rules = [...controllerRules, ...leaseRules];

  /** Whoever has made it, or let it be made. */
  const help = {
    granted: (name: string) => setRules(name, [...rules, mayMake]),
    made: async (name: string) => {
      await bed.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${name}-home` } });
    },
  };

  test.for(['granted', 'made'] as const)(
    'and may not be made: said in readiness and log, nothing is touched; it leads once that is %s',
    async (how, { onTestFinished }) => {
      const name = `r-home-${how}`;
      const scenario = await bed.namespace(name, { cleanup: onTestFinished });
      await scenario.deploy({ name: 'web', replicas: 2 });
      await scenario.ready('web');
      await bed.admin.apply(rollout(name), { manager: 'user' });
      const account = await mayAllBut(name, 'namespaces', []);
      await setRules(name, rules);
      const home = `${name}-home`;
      onTestFinished(() => bed.admin.remove(`/api/v1/namespaces/${home}`));
      const { only } = await scenario.controller({ account, leaderElection: true, args: ['--lease-namespace', home] });
      const readyz = async () => (await fetch(`${only.url}/readyz`, { signal: AbortSignal.timeout(5_000) })).text();
      await waitFor('readiness to say so', async () => (await readyz()).includes(`the namespace ${home} of the lease does not exist`));
      expect(only.log()).toContain('the namespace of the lease does not exist; apply the output of `sluice render rbac`');
      await waitFor('all else to be in order', async () => !/not synced|not discovered/.test(await readyz()));
      const path = pathOf('rollouts', name, 'web');
      expect((await bed.admin.get<Rollout>(path)).status?.phase).toBeUndefined();
      await help[how](name);
      await only.waitReady();
      await waitForObject<Rollout>(bed.admin, path, `Rollout ${name}/web adopted`, (it) => it?.status?.phase === 'Healthy');
      const lease = await bed.admin.get<KubeObject & { spec: { holderIdentity: string } }>(pathOf('leases', home, 'sluice-controller'));
      expect(lease.spec.holderIdentity).toContain(only.identity);
    },
  );

  test('nor to be seen: the lease is what is refused, and said so; it leads once both are there', async ({ onTestFinished }) => {
    const name = 'r-home-unseen';
    const scenario = await bed.namespace(name, { cleanup: onTestFinished });
    const account = await mayAllBut(name, 'namespaces', []);
    const home = `${name}-home`;
    onTestFinished(() => bed.admin.remove(`/api/v1/namespaces/${home}`));
    const { only } = await scenario.controller({ account, leaderElection: true, args: ['--lease-namespace', home] });
    const readyz = async () => (await fetch(`${only.url}/readyz`, { signal: AbortSignal.timeout(5_000) })).text();
    await waitFor('readiness to say so', async () => /the lease cannot be taken \(forbidden.*leases/.test(await readyz()));
    expect(only.log()).toContain('lease not acquired');
    await bed.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } });
    await setRules(name, rules);
    await only.waitReady();
    await waitFor('it to lead', () => only.log().includes('"msg":"leadership acquired"'));
  });
});

test('a release, its analysis, a rollback, the decisions of people and the deletion need nothing but the rendered roles', async ({
  onTestFinished,
}) => {
  await applyRbac(bed, 'r-rbac-system', 'user');
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
  for (const action of ['Restart', 'Undo', 'Approve'])
    await answered(bed, await decide(bed, release, action, action === 'Approve' ? { gate: 'qa' } : {}));
  const refused = release.scenario.audit({ user: release.controller.user }).filter(({ code }) => code === 401 || code === 403);
  expect(refused.map(({ verb, resource, subresource, name }) => `${verb} ${resource}/${subresource} ${name}`)).toEqual([]);
  await release.holds();
});
