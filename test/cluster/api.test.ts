// The HTTP API on the real API server, as a process of its own with no more rights than `sluice render rbac` gives it: real tokens, real reviews, real Decisions.
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { apiRules, renderRbac } from '../../src/api/index.ts';
import { openBed } from './kit/bed.ts';
import { ApiError, type KubeObject } from './kit/client.ts';
import type { Controller } from './kit/controller.ts';
import { pathOf } from './kit/paths.ts';
import type { Scenario } from './kit/scenario.ts';
import { waitFor } from './kit/wait.ts';
import { policyIn, sparePolicy } from './support/rbac.ts';
import { aRelease } from './support/release.ts';
import { rollout } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
const [home, abroad] = ['api', 'api-abroad'];
const opened: { scenario?: Scenario; other?: Scenario; api?: Controller } = {};
const rbac = 'rbac.authorization.k8s.io';
const tokens: Record<string, string | undefined> = {};
const web = `/api/v1/namespaces/${home}/rollouts/web`;
const seen = { revision: 'bbbbbbbbbb', attempt: 2 };

type Decision = KubeObject & { readonly spec: Readonly<Record<string, unknown>> };
const apply = (object: KubeObject | Readonly<Record<string, unknown>>) => bed.admin.apply(object as KubeObject, { manager: 'user' });

/** Of `sluice render rbac`, under names of this test's: the policy holds in its namespaces alone. */
async function permissions(): Promise<void> {
  const roles = renderRbac().filter(
    ({ kind, metadata }) => kind === 'ClusterRole' && /viewer|approver|operator/.test((metadata as { name: string }).name),
  );
  await Promise.all(roles.map(apply));
  const account = { namespace: home, name: 'sluice-api' };
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
  await apply({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'test-sluice-api' }, rules: apiRules });
  await apply({
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'test-sluice-api' } },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'test-sluice-api' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
  await policyIn(bed, 'test-decisions', [home, abroad], home);
}

async function bind(namespace: string, role: string, subject: Readonly<Record<string, string>>): Promise<void> {
  const metadata = { namespace, name: `${role}-${subject.name}` };
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: role };
  await apply({ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects: [subject] });
}

/** What `kubectl create token` gives. */
async function tokenOf(namespace: string, name: string, audiences?: readonly string[]): Promise<string> {
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } });
  const spec = { expirationSeconds: 3600, ...(audiences === undefined ? {} : { audiences }) };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const answer = await bed.admin.raw('POST', path, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}

/** The same token as the API server made it, with other times: signed by the server's own key. */
function withTimes(token: string, over: Readonly<Record<string, number>>): string {
  const [head = '', payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const signed = `${head}.${Buffer.from(JSON.stringify({ ...claims, ...over })).toString('base64url')}`;
  const key = createPrivateKey(readFileSync(join(dirname(bed.info.caFile), 'service-account.key')));
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(
  method: string,
  path: string,
  token: string | undefined,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
  replica = 0,
): Promise<Answer> {
  const response = await fetch(`${opened.api?.replicas[replica]?.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // A stream that opens is enough.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (isStream) await response.body?.cancel();
  const text = isStream ? '{}' : await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Answer['body'] };
}

beforeAll(async () => {
  opened.scenario = await bed.namespace(home, { mode: 'strict' });
  opened.other = await bed.namespace(abroad, { mode: 'strict' });
  await permissions();
  for (const namespace of [home, abroad]) {
    await apply(rollout(namespace));
    const gates = [{ name: 'qa', id: 'qa-1', state: 'Open', openedAt: '2026-03-01T12:00:00.000Z', needs: 1, approvals: [] }];
    const status = {
      phase: 'Paused',
      observedGeneration: 1,
      conditions: [],
      stableRevision: 'aaaaaaaaaa',
      canaryRevision: seen.revision,
      attempt: 2,
      gates,
    };
    await bed.admin.patch(`${pathOf('rollouts', namespace, 'web')}/status`, { status });
  }
  for (const [namespace, name, role] of [
    [home, 'viewer', 'sluice-viewer'],
    [home, 'operator', 'sluice-operator'],
    [abroad, 'stranger', 'sluice-operator'],
  ] as const) {
    tokens[name] = await tokenOf(namespace, name);
    await bind(namespace, role, { kind: 'ServiceAccount', namespace, name });
  }
  await bind(home, 'sluice-operator', { apiGroup: rbac, kind: 'User', name: 'alice' });
  await bind(home, 'sluice-viewer', { apiGroup: rbac, kind: 'User', name: 'bob' });
  const operator = tokens.operator ?? '';
  const now = Math.floor(Date.now() / 1000);
  Object.assign(tokens, {
    ...{ none: undefined, garbage: 'garbage', nobody: await tokenOf(home, 'nobody') },
    ...{
      expired: withTimes(operator, { iat: now - 7200, nbf: now - 7200, exp: now - 3600 }),
      resigned: withTimes(operator, { exp: now + 1800 }),
    },
    ...{ forOthers: await tokenOf(home, 'operator', ['vault']), forUs: await tokenOf(home, 'operator', ['sluice']) },
    ...{ alice: bed.info.tokens.alice, bob: bed.info.tokens.bob },
  });
  opened.api = await opened.scenario.controller({
    ...{ namespaces: [home, abroad], replicas: 2, account: { namespace: home, name: 'sluice-api' }, args: ['--mode', 'api'] },
    env: { SLUICE_API_RATE_PER_CALLER: '5000', SLUICE_API_RATE_PER_ADDRESS: '5000' },
  });
  await Promise.all(opened.api.replicas.map((replica) => replica.waitReady()));
});
afterAll(async () => {
  await opened.scenario?.dispose();
  await opened.other?.dispose();
  await bed.close();
});

/** Route x subject: what each gets. */
const subjects = [
  'none',
  'garbage',
  'expired',
  'forOthers',
  'nobody',
  'viewer',
  'bob',
  'stranger',
  'operator',
  'forUs',
  'resigned',
  'alice',
] as const;
const [reads, decides] = [
  [401, 401, 401, 401, 403, 200, 200, 403, 200, 200, 200, 200],
  [401, 401, 401, 401, 403, 403, 403, 403, 201, 201, 201, 201],
];
const matrix: Readonly<Record<string, readonly number[]>> = {
  'GET /api/v1/rollouts': [401, 401, 401, 401, 200, 200, 200, 200, 200, 200, 200, 200],
  [`GET ${web}`]: reads,
  [`GET ${web}/events`]: reads,
  ...Object.fromEntries(
    ['gates/qa/approve', 'gates/qa/reject', 'resume', 'skip', 'promote', 'abort', 'retry', 'undo', 'restart'].map((action) => [
      `POST ${web}/${action}`,
      decides,
    ]),
  ),
  'GET /healthz': subjects.map(() => 200),
  'GET /readyz': subjects.map(() => 200),
};

describe('who may', () => {
  test.for(Object.keys(matrix))('%s', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    if (path.endsWith('z')) {
      const statuses = await Promise.all(
        subjects.map(
          async (subject) =>
            (await fetch(`${opened.api?.only.url}${path}`, { headers: { authorization: `Bearer ${tokens[subject]}` } })).status,
        ),
      );
      return expect(statuses).toEqual(matrix[route]);
    }
    const statuses: number[] = [];
    for (const subject of subjects) statuses.push((await ask(method, path, tokens[subject], method === 'POST' ? seen : undefined)).status);
    expect(Object.fromEntries(subjects.map((subject, index) => [subject, statuses[index]]))).toEqual(
      Object.fromEntries(subjects.map((subject, index) => [subject, matrix[route]?.[index]])),
    );
  });

  test('a list has what its reader may get', async () => {
    const placesFor = async (subject: string) => {
      const { body } = await ask('GET', '/api/v1/rollouts', tokens[subject]);
      return (body.items as { namespace: string }[]).map(({ namespace }) => namespace);
    };
    expect(await Promise.all(['nobody', 'viewer', 'stranger', 'alice'].map(placesFor))).toEqual([[], [home], [abroad], [home]]);
  });

  test('a token that is taken away is out within seconds', async () => {
    const token = await tokenOf(home, 'leaver');
    await bind(home, 'sluice-viewer', { kind: 'ServiceAccount', namespace: home, name: 'leaver' });
    await waitFor('the leaver to be let in', async () => (await ask('GET', web, token)).status === 200);
    await bed.admin.remove(pathOf('serviceaccounts', home, 'leaver'));
    await waitFor('the leaver to be out', async () => (await ask('GET', web, token)).status === 401, { deadlineMs: 30_000 });
  });
});

describe('a Decision by HTTP', () => {
  test('is in the name of whoever asked, and written by the account of the API', async () => {
    const made = await ask('POST', `${web}/gates/qa/approve`, tokens.alice, { ...seen, reason: 'looks good' });
    expect(made.status).toBe(201);
    const name = (made.body as unknown as KubeObject).metadata.name;
    const stored = await bed.admin.get<Decision>(pathOf('decisions', home, name));
    expect(stored.spec).toMatchObject({ ...seen, action: 'Approve', gate: 'qa', subject: 'alice', channel: 'api', reason: 'looks good' });
    expect(stored).toEqual(made.body);
    const writers = opened.scenario
      ?.audit({ namespace: home })
      .filter(({ verb, resource, code }) => verb === 'create' && resource === 'decisions' && code === 201);
    expect(new Set(writers?.map(({ user }) => user))).toEqual(new Set([`system:serviceaccount:${home}:sluice-api`]));
  });

  test('which nobody else may do: the API server lets alice decide as alice, and not as bob', async () => {
    const decision = (subject: string) => ({
      ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Decision', metadata: { namespace: home, name: `by-hand-${subject}` } },
      spec: { rollout: { name: 'web', uid: 'x' }, ...seen, action: 'Abort', subject, channel: 'kubectl' },
    });
    await bed.as('alice').create(decision('alice'));
    await expect(bed.as('alice').create(decision('bob'))).rejects.toThrow(ApiError);
  });

  test('hundreds of one key at once, on two replicas, are one', async () => {
    const before = (await bed.admin.list(pathOf('decisions', home))).items.length;
    const key = { 'idempotency-key': 'ci-run-1' };
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) => ask('POST', `${web}/abort`, tokens.operator, seen, key, index % 2)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await bed.admin.list(pathOf('decisions', home))).items.length).toBe(before + 1);
    const other = await ask('POST', `${web}/abort`, tokens.operator, { ...seen, reason: 'other' }, key);
    expect([other.status, other.body.reason]).toEqual([409, 'KeyReused']);
  });

  test('for what is no longer is refused, and not written', async () => {
    const before = (await bed.admin.list(pathOf('decisions', home))).items.length;
    const stale = await ask('POST', `${web}/gates/qa/approve`, tokens.alice, { ...seen, attempt: 1 });
    expect([stale.status, stale.body.reason]).toEqual([409, 'StaleDecision']);
    expect((await bed.admin.list(pathOf('decisions', home))).items.length).toBe(before);
  });
});

test('the live view follows the Rollout', async () => {
  const stop = new AbortController();
  const response = await fetch(`${opened.api?.only.url}${web}/events`, {
    headers: { authorization: `Bearer ${tokens.viewer}` },
    signal: stop.signal,
  });
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
  })().catch(() => {});
  await waitFor('the first view', () => text.includes('event: rollout'));
  await bed.admin.patch(`${pathOf('rollouts', home, 'web')}/status`, { status: { message: 'told to the watchers' } });
  await waitFor('the change', () => text.includes('told to the watchers'));
  stop.abort();
  await reading;
});

test('every replica takes decisions, whoever leads', async ({ onTestFinished }) => {
  const { scenario, controller } = await aRelease(bed, 'api-standby', {
    cleanup: onTestFinished,
    prepare: async (scenario) => {
      // Its controller is cluster administrator here, and no account that the policy knows.
      await sparePolicy(bed, scenario.name);
      return { replicas: 2, leaderElection: true };
    },
  });
  const token = await tokenOf(scenario.name, 'operator');
  await bind(scenario.name, 'sluice-operator', { kind: 'ServiceAccount', namespace: scenario.name, name: 'operator' });
  for (const { url } of controller.replicas) {
    const response = await fetch(`${url}/api/v1/namespaces/${scenario.name}/rollouts/web/restart`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    expect([url, response.status]).toEqual([url, 201]);
    const { metadata } = (await response.json()) as KubeObject;
    expect((await bed.admin.get(pathOf('decisions', scenario.name, metadata.name))).metadata.uid).toBe(metadata.uid);
  }
});
