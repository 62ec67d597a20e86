// The command line as people and pipelines use it: the shipped program, as a process, as alice, on a release under load.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import type { User } from './kit/layout.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { applyRbac } from './support/rbac.ts';
import { aRelease } from './support/release.ts';
import { successRate } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

/** The roles for people, and the policy that asks for their verbs. */
beforeAll(async () => {
  await applyRbac(bed);
});

const program = resolve(import.meta.dirname, '../../dist/sluice.js');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `sluice` as a user of the bed. */
function sluice(user: User, namespace: string, ...args: readonly string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', KUBECONFIG: bed.info.kubeconfigs[user] };
  const child = spawn(process.execPath, [program, ...args, '-n', namespace], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((ended) => child.once('close', (code) => ended({ code, out, err })));
}

/** alice may approve, and look at what runs. */
async function admit(namespace: string): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const rules = [{ apiGroups: ['', 'apps'], resources: ['pods', 'deployments', 'configmaps'], verbs: ['get', 'list', 'watch'] }];
  await bed.admin.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { namespace, name: 'looks' }, rules }, { manager: 'user' });
  for (const [kind, name] of [['ClusterRole', 'sluice-approver'] as const, ['Role', 'looks'] as const]) {
    await bed.admin.apply(
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { namespace, name } },
        ...{ roleRef: { apiGroup: rbac, kind, name }, subjects: [{ kind: 'User', apiGroup: rbac, name: 'alice' }] },
      },
      { manager: 'user' },
    );
  }
}

/** What the API server would say to alice if she made a Decision of bob's. */
async function pretend(namespace: string): Promise<number> {
  const spec = { rollout: { name: 'web', uid: 'x' }, revision: 'x', attempt: 1, action: 'Resume', subject: 'bob' };
  const decision = { apiVersion: 'sluice.dev/v1alpha1', kind: 'Decision', metadata: { name: 'x', namespace }, spec };
  return (await bed.as('alice').raw('POST', `${pathOf('decisions', namespace)}?dryRun=All`, decision)).status;
}

describe('the command line', () => {
  test('waits for a release right after its template, shows it as a tree, and makes decisions as who calls it', async ({
    onTestFinished,
  }) => {
    const name = 'cli-release';
    const release = await aRelease(bed, name, {
      cleanup: onTestFinished,
      metrics: [successRate()],
      steps: [{ setWeight: 20 }, { pause: { duration: '20s' } }],
    });
    await admit(name);
    await waitFor('alice to be admitted', async () => {
      const looked = await sluice('alice', name, 'get', 'web');
      if (looked.code !== 0) throw new Error(looked.err);
      return true;
    });
    await waitFor('the policy to be at work', async () => (await pretend(name)) === 403);
    expect(await sluice('alice', name, 'status', 'web')).toMatchObject({ code: 0, err: '' });

    await release.write({ image: 'example/app:2' });
    // Whatever the status says at this very moment, it is of the version before.
    const waited = sluice('alice', name, 'status', 'web', '--timeout', '3m');
    const canary =
      (
        await release.until(
          'has a canary with traffic',
          ({ canaryRevision, weight }) => canaryRevision !== undefined && (weight?.desired ?? 0) > 0,
        )
      ).canaryRevision ?? '';

    const tree = await sluice('alice', name, 'get', 'web');
    expect([tree.code, tree.err]).toEqual([0, '']);
    expect(tree.out).toContain(`${name}/web  Progressing`);
    expect(tree.out).toMatch(new RegExp(`${canary} +Canary .* 20 % .*ready`));
    expect(tree.out).toMatch(new RegExp(`${release.stable} +Stable .* 80 % .*ready`));
    expect(tree.out).toMatch(new RegExp(`web-${canary}-\\S+ +Running +1/1`));

    // Neither may alice abort, nor does anybody notice that she tried.
    expect(await sluice('alice', name, 'abort', 'web')).toEqual({
      ...{ code: 1, out: '' },
      err: 'cannot abort web: alice needs the verb abort on rollouts/decision of web (roles for people: sluice render rbac)\n',
    });
    // She may resume: whatever becomes of it, the Decision is hers, and about what she saw.
    const resumed = await sluice('alice', name, 'resume', 'web', '--reason', 'looks good');
    expect([0, 1], resumed.err).toContain(resumed.code);
    const { items } = await bed.admin.list(pathOf('decisions', name));
    const uid = (await release.get()).metadata.uid;
    expect(items.map((item) => (item as KubeObject & { spec?: unknown }).spec)).toEqual([
      {
        ...{ rollout: { name: 'web', uid }, revision: canary, attempt: 1, action: 'Resume', subject: 'alice', channel: 'cli' },
        reason: 'looks good',
      },
    ]);

    const { code, out, err } = await waited;
    expect([code, err], out).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines.at(-1)).toBe(`web: Healthy: ${canary} has all traffic`);
    expect(lines.slice(0, -1).some((line) => line.includes(`20 % to ${canary}`))).toBe(true);
    await release.holds();
  });

  test('tells a release that failed from one that is through', async ({ onTestFinished }) => {
    const name = 'cli-bad';
    const release = await aRelease(bed, name, { cleanup: onTestFinished, metrics: [successRate()] });
    await release.write({ image: 'example/app:2', behaviour: { 'error-rate': '0.4' } });
    const { code, out } = await sluice('admin', name, 'status', 'web', '--wait');
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([1, expect.stringMatching(/^web: RolledBack: rolled back to /)]);
    const wrong = await sluice('admin', name, 'status', 'wep');
    expect(wrong).toEqual({ code: 4, out: '', err: `there is no Rollout wep in namespace ${name}; did you mean web?\n` });
    await release.holds();
  });
});
