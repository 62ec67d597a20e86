// A gate from end to end: people are told, one of them approves in Slack and a bot over HTTP, and the release goes on. The messages are signed as the vendors document it.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { waitFor } from './kit/wait.ts';
import { operators } from './support/decisions.ts';
import { applyRbac, sparePolicy } from './support/rbac.ts';
import { aRelease, type Release } from './support/release.ts';
import { isPromoted, type RolloutStatus } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
beforeAll(() => applyRbac(bed));
afterAll(() => bed.close());

const secrets = { slack: 'a-signing-secret', audit: 'an-audit-secret' };
const seconds = () => String(Math.floor(Date.now() / 1000));
const mac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');

interface Told {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Whoever is told of what becomes of Rollouts. */
async function aReceiver(): Promise<{ readonly url: string; readonly told: readonly Told[]; close(): void }> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      told.push({ headers: request.headers, text: Buffer.concat(chunks).toString() });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told, close: () => void server.close() };
}

async function command(release: Release, user: string, text: string, key = secrets.slack): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams({ team_id: 'T01', channel_id: 'C1', user_id: user, command: '/sluice', text }).toString();
  const at = seconds();
  const response = await fetch(`${release.controller.only.url}/hooks/slack/commands`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${mac(key, `v0:${at}:${body}`)}`,
    },
    body,
  });
  return { status: response.status, text: await response.text() };
}

/** What `kubectl create token` gives to a bot that may approve. */
async function botToken(namespace: string): Promise<string> {
  const account = { namespace, name: 'bot' };
  await bed.admin.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
  await bed.admin.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { namespace, name: 'bot' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'sluice-approver' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  } as unknown as KubeObject);
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const answer = await bed.admin.raw('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/bot/token`, request);
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}

const gateOf = ({ gates = [] }: RolloutStatus) => gates.at(-1);

test('a gate is told of, approved by a signed Slack command and by a token over HTTP, and the release goes on', async ({
  onTestFinished,
}) => {
  const receiver = await aReceiver();
  onTestFinished(() => receiver.close());
  const release = await aRelease(bed, 'chat', {
    cleanup: onTestFinished,
    steps: [{ setWeight: 20 }, { gate: { name: 'qa', minApprovals: 2, message: 'Did QA sign off?' } }, { setWeight: 60 }],
    prepare: async ({ name }) => {
      await sparePolicy(bed, name);
      const data = { 'slack.T01.U02': 'alice', 'slack.T01.U03': 'carol' };
      await bed.admin.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: name, name: 'accounts' }, data } as KubeObject);
      return {
        leaderElection: true,
        args: ['--lease-namespace', name],
        env: {
          SLUICE_CHANNELS: JSON.stringify({ slack: { signingSecretEnv: 'SLACK_SECRET' } }),
          SLUICE_ACCOUNTS_CONFIG_MAP: `${name}/accounts`,
          SLUICE_NOTIFICATIONS: JSON.stringify([{ name: 'audit', sink: 'webhook', url: receiver.url, secretEnv: 'AUDIT_SECRET' }]),
          SLACK_SECRET: secrets.slack,
          AUDIT_SECRET: secrets.audit,
        },
      };
    },
  });
  const namespace = release.scenario.name;
  await operators(bed, namespace, ['alice']);
  const canary = await release.change({ image: 'example/app:2' });
  await release.until('at the gate', (status) => gateOf(status)?.state === 'Open');

  const said = (kind: string) =>
    receiver.told.map(({ text }) => JSON.parse(text) as Record<string, unknown>).filter((one) => one.kind === kind);
  await waitFor('the gate to be told of', () => said('gate').length > 0, { deadlineMs: 60_000 });
  expect(said('gate')[0]).toMatchObject({ state: 'Open', gate: 'qa', revision: canary, attempt: 1, rollout: { namespace, name: 'web' } });
  for (const { headers, text } of receiver.told)
    expect(headers['x-sluice-signature']).toBe(`v1=${mac(secrets.audit, `${String(headers['x-sluice-timestamp'])}.${text}`)}`);

  const wish = `approve ${namespace}/web qa looks good`;
  expect((await command(release, 'U02', wish, 'another-secret')).status).toBe(401);
  expect((await command(release, 'U99', wish)).text).toContain('slack.T01.U99');
  // In the map, and without a role.
  expect((await command(release, 'U03', wish)).text).toContain('approve');
  expect(gateOf((await release.get()).status ?? {})?.approvals).toEqual([]);
  await waitFor(
    'alice to be counted',
    async () => {
      const answer = await command(release, 'U02', wish);
      expect(answer.status).toBe(200);
      return gateOf((await release.get()).status ?? {})?.approvals?.length === 1;
    },
    { deadlineMs: 30_000 },
  );
  expect(gateOf((await release.get()).status ?? {})).toMatchObject({ state: 'Open', approvals: [{ subject: 'alice', channel: 'slack' }] });

  const token = await botToken(namespace);
  await waitFor(
    'the bot to be allowed',
    async () => {
      const response = await fetch(`${release.controller.only.url}/api/v1/namespaces/${namespace}/rollouts/web/gates/qa/approve`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'build-7' },
        body: JSON.stringify({ revision: canary, attempt: 1, reason: 'tests are green' }),
      });
      return response.status === 201;
    },
    { deadlineMs: 30_000 },
  );
  const promoted = await release.until('promoted', isPromoted(canary));
  expect(gateOf(promoted) ?? { state: 'Approved' }).toMatchObject({ state: 'Approved' });
  await waitFor('the promotion to be told of', () => said('promoted').length > 0, { deadlineMs: 60_000 });
  expect(release.weights(canary)).toEqual([0, 20, 60, 100]);
  await release.holds();
});
