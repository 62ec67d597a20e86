import { expect, test } from 'vitest';
import { localFailure } from '../kube/index.ts';
import { anApp, gate, web } from './testing/app.ts';

const approve = `${web}/gates/qa/approve`;
const seen = { revision: 'bbbb', attempt: 2 };
const key = (name: string) => ({ 'idempotency-key': name });

test('a Decision is stored as the reviewed user’s, and the answer is the stored object', async () => {
  const { post, cluster } = anApp();
  const answer = await post(approve, 'alice', { ...seen, reason: 'looks good' });
  expect(answer.status).toBe(201);
  expect(cluster.onlySpec).toEqual({
    ...{ rollout: { name: 'web', uid: 'uid-shop-web' }, revision: 'bbbb', attempt: 2, action: 'Approve', gate: 'qa' },
    ...{ subject: 'alice', channel: 'api', reason: 'looks good' },
  });
  expect(answer.body).toEqual([...cluster.decisions.values()][0]);
  expect(answer.headers.location).toBe(
    `/apis/sluice.dev/v1alpha1/namespaces/shop/decisions/${(answer.body.metadata as { name: string }).name}`,
  );
});

test.each([
  ['abort', 'Abort'],
  ['resume', 'Resume'],
  ['skip', 'Skip'],
  ['promote', 'Promote'],
  ['retry', 'Retry'],
  ['restart', 'Restart'],
])('%s without a body is about what is under way', async (route, action) => {
  const { post, cluster } = anApp();
  expect((await post(`${web}/${route}`, 'alice')).status).toBe(201);
  expect(cluster.onlySpec).toMatchObject({ ...seen, action });
  expect(cluster.onlySpec).not.toHaveProperty('gate');
});

test('undo takes its revision by either name', async () => {
  const { post, cluster } = anApp();
  expect((await post(`${web}/undo`, 'alice', { to: 'aaaa', undoTo: 'cccc' })).status).toBe(400);
  for (const member of ['to', 'undoTo']) {
    expect((await post(`${web}/undo`, 'alice', { [member]: 'aaaa' })).status).toBe(201);
    expect(cluster.onlySpec).toMatchObject({ action: 'Undo', undoTo: 'aaaa' });
    cluster.decisions.clear();
  }
});

test('at rest a restart is about the stable revision, and there is nothing to abort', async () => {
  const { post, cluster } = anApp();
  const ledger = '/api/v1/namespaces/bank/rollouts/ledger';
  expect((await post(`${ledger}/restart`, 'otto')).status).toBe(201);
  expect(cluster.onlySpec).toMatchObject({ revision: 'aaaa', attempt: 1 });
  expect((await post(`${ledger}/abort`, 'otto')).body.reason).toBe('NothingUnderWay');
});

test.each([
  ['another revision', { ...seen, revision: 'aaaa' }, 'StaleDecision'],
  ['another attempt', { ...seen, attempt: 1 }, 'StaleDecision'],
])('%s is refused, and nothing is written', async (_, body, reason) => {
  const { post, cluster } = anApp();
  const answer = await post(approve, 'alice', body);
  expect([answer.status, answer.body.reason, answer.body.detail]).toEqual([409, reason, 'now it is revision bbbb, attempt 2']);
  expect(cluster.creations).toEqual([]);
});

test.each(['Approved', 'Rejected', 'Expired'] as const)('a gate that is %s is not open', async (state) => {
  const { post, cluster } = anApp();
  cluster.put('shop', 'web', { canaryRevision: 'bbbb', attempt: 2, gates: [{ ...gate, state, approvals: [] }] });
  cluster.sync();
  expect((await post(approve, 'alice', seen)).body).toMatchObject({ reason: 'GateNotOpen', detail: `gate qa is ${state}` });
  expect((await post(`${web}/gates/other/approve`, 'alice', seen)).body.reason).toBe('GateNotOpen');
  expect(cluster.creations).toEqual([]);
});

test('nobody is refused by what this replica knew a moment ago', async () => {
  const { post, cluster } = anApp();
  cluster.put('shop', 'web', { canaryRevision: 'cccc', attempt: 1, gates: [{ ...gate, approvals: [] }] });
  cluster.put('shop', 'new', { canaryRevision: 'cccc', attempt: 1 });
  expect((await post(approve, 'alice', { revision: 'cccc', attempt: 1 })).status).toBe(201);
  expect((await post(`${web.replace('web', 'new')}/abort`, 'alice')).status).toBe(201);
});

test('a namespace that is not watched has no Rollouts', async () => {
  const { post, cluster } = anApp();
  cluster.grant('alice', 'abort', 'rollouts/decision');
  cluster.grant('alice', 'get', 'rollouts');
  cluster.put('unwatched', 'web', { canaryRevision: 'bbbb' });
  expect((await post('/api/v1/namespaces/unwatched/rollouts/web/abort', 'alice')).status).toBe(404);
});

test('1,000 requests with one key at once have one effect, and one answer', async () => {
  const { post, cluster } = anApp({ perCaller: 1_000 });
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => post(approve, 'alice', seen, key('ci-1'))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(cluster.decisions.size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
});

test('one key is for one request: another body, action or gate is refused; another caller and another Rollout have their own', async () => {
  const { post, cluster } = anApp();
  cluster.users.set('alba', { username: 'alba' });
  for (const verb of ['approve', 'abort']) cluster.grant('alba', verb, 'rollouts/decision', 'shop');
  expect((await post(approve, 'alice', seen, key('k'))).status).toBe(201);
  const others = [
    await post(approve, 'alice', { ...seen, reason: 'other' }, key('k')),
    await post(`${web}/abort`, 'alice', seen, key('k')),
    await post(`${web}/gates/qa/reject`, 'alice', seen, key('k')),
  ];
  expect(others.map(({ status, body }) => [status, body.reason])).toEqual(Array.from({ length: 3 }, () => [409, 'KeyReused']));
  expect((await post(approve, 'alba', seen, key('k'))).status).toBe(201);
  expect(cluster.decisions.size).toBe(2);
});

test('a repeat has the same answer when the release has moved on', async () => {
  const { post, cluster } = anApp();
  const first = await post(approve, 'alice', seen, key('k'));
  cluster.put('shop', 'web', { stableRevision: 'bbbb' });
  cluster.sync();
  const again = await post(approve, 'alice', seen, key('k'));
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect((await post(approve, 'alice', seen, key('new'))).status).toBe(409);
});

test.each(['', 'a b', 'ü', 'x'.repeat(256)])('a key that is none is refused: %j', async (bad) => {
  const { post, cluster } = anApp();
  expect((await post(approve, 'alice', seen, key(bad))).body.reason).toBe('InvalidRequest');
  expect(cluster.creations).toEqual([]);
});

test('a lost answer is looked for where the request has a key, and owned up to where it has none', async () => {
  const { post, cluster } = anApp();
  cluster.losesAnswer = true;
  expect((await post(approve, 'alice', seen, key('k'))).status).toBe(201);
  expect(cluster.decisions.size).toBe(1);
  cluster.losesAnswer = true;
  const unsure = await post(approve, 'alice', seen);
  expect([unsure.status, unsure.body.detail]).toEqual([503, expect.stringContaining('is not known')]);
});

test('an API server that does not answer is nobody’s wrong token and nobody’s missing right', async () => {
  const { post, get, cluster } = anApp();
  cluster.failure = localFailure('network', 'connection refused');
  expect((await get(web, 'alice')).body).toMatchObject({ status: 503, reason: 'NotServing' });
  cluster.failure = undefined;
  await get(web, 'alice');
  cluster.failure = localFailure('timeout', 'no answer');
  expect((await post(approve, 'alice', seen)).body).toMatchObject({ status: 503, reason: 'NotServing' });
  expect(cluster.decisions.size).toBe(0);
});
