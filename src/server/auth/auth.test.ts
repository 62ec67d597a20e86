import { expect, test } from 'vitest';
import { silentLogger, VirtualClock } from '../../lib/index.ts';
import { clusterAudience, FakeCluster } from '../testing/fake-cluster.ts';
import { createAuthenticator } from './authenticate.ts';
import { createAuthorizer, toGet } from './authorize.ts';

const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

function aDoor(audiences: readonly string[] = ['apiserver', 'sluice']) {
  const cluster = new FakeCluster();
  const clock = new VirtualClock();
  const authenticate = createAuthenticator({ client: cluster.client, clock, log: silentLogger, audiences });
  const enter = async (token: string) => {
    const who = await authenticate(`Bearer ${token}`);
    return who.ok ? who.value.username : who.failure.status;
  };
  return { cluster, clock, enter, authenticate };
}

test.each([
  ['the API server’s own', ['apiserver', 'sluice'], [clusterAudience], 'alice'],
  ['ours', ['apiserver', 'sluice'], ['sluice'], 'alice'],
  ['ours among others', ['apiserver', 'sluice'], ['vault', 'sluice'], 'alice'],
  ['somebody else’s', ['apiserver', 'sluice'], ['vault'], 401],
  ['the API server’s own, where only ours is taken', ['sluice'], [clusterAudience], 401],
  ['ours, where only the API server’s own is taken', ['apiserver'], ['sluice'], 401],
])('a token for an audience: %s', async (_, taken, audiences, expected) => {
  const { cluster, enter } = aDoor(taken);
  const token = jwt({ aud: audiences });
  cluster.users.set(token, { username: 'alice', audiences });
  expect(await enter(token)).toBe(expected);
});

test('what a token claims of itself lets nobody in', async () => {
  const { cluster, enter } = aDoor();
  const token = jwt({ aud: ['sluice'], sub: 'root' });
  cluster.users.set(token, { username: 'alice', audiences: ['vault'] });
  expect(await enter(token)).toBe(401);
});

test('an answer that names no audience counts for the API server’s own alone', async () => {
  const { cluster, authenticate } = aDoor();
  const client = { raw: async () => ({ ok: true as const, value: { status: { authenticated: true, user: { username: 'alice' } } } }) };
  const strict = createAuthenticator({ client, clock: new VirtualClock(), log: silentLogger, audiences: ['sluice'] });
  expect((await strict('Bearer opaque')).ok).toBe(false);
  cluster.users.set('opaque', { username: 'alice' });
  expect((await authenticate('Bearer opaque')).ok).toBe(true);
});

test.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'Bearer nothing here', `Bearer ${'x'.repeat(9_000)}`, 'Bearer é', 'alice'])(
  'no question is asked about what is no token: %j',
  async (header) => {
    const { cluster, authenticate } = aDoor();
    expect(await authenticate(header)).toMatchObject({ ok: false, failure: { status: 401 } });
    expect(cluster.reviews).toEqual([]);
  },
);

test('a token is reviewed again after ten seconds: one that was revoked is out by then', async () => {
  const { cluster, clock, enter } = aDoor();
  cluster.users.set('t', { username: 'alice' });
  expect(await enter('t')).toBe('alice');
  cluster.users.delete('t');
  await clock.advance(9_999);
  expect(await enter('t')).toBe('alice');
  await clock.advance(1);
  expect(await enter('t')).toBe(401);
});

test('and never taken after it has expired', async () => {
  const { cluster, clock, enter } = aDoor();
  const token = jwt({ aud: 'sluice', exp: clock.nowMs() / 1000 + 3 });
  cluster.users.set(token, { username: 'alice', audiences: ['sluice'] });
  expect(await enter(token)).toBe('alice');
  cluster.users.delete(token);
  await clock.advance(3_000);
  expect(await enter(token)).toBe(401);
});

test('a hundred at once are one question; one that was not answered is asked again', async () => {
  const { cluster, enter } = aDoor();
  cluster.users.set('t', { username: 'alice' });
  await Promise.all(Array.from({ length: 100 }, () => enter('t')));
  expect(cluster.reviews).toHaveLength(1);
  expect(await enter('wrong')).toBe(401);
  cluster.users.set('wrong', { username: 'bob' });
  expect(await enter('wrong')).toBe('bob');
});

test('a right is asked for with everything that is known of the person, and remembered for five seconds', async () => {
  const cluster = new FakeCluster();
  const clock = new VirtualClock();
  const may = createAuthorizer({ client: cluster.client, clock, log: silentLogger });
  const alice = { username: 'alice', groups: ['people'], uid: '7', extra: { 'example.org/team': ['shop'] } };
  cluster.grant('alice', 'get', 'rollouts', 'shop');
  expect(await may(alice, toGet('shop', 'web'))).toEqual({ ok: true, value: true });
  expect(cluster.reviews).toEqual([
    {
      ...{ user: 'alice', groups: ['people'], uid: '7', extra: { 'example.org/team': ['shop'] } },
      resourceAttributes: { group: 'sluice.dev', resource: 'rollouts', verb: 'get', namespace: 'shop', name: 'web' },
    },
  ]);
  cluster.grants.clear();
  await clock.advance(4_999);
  expect(await may(alice, toGet('shop', 'web'))).toEqual({ ok: true, value: true });
  // Somebody of the same name in other groups is somebody else.
  expect(await may({ ...alice, groups: [] }, toGet('shop', 'web'))).toEqual({ ok: true, value: false });
  await clock.advance(1);
  expect(await may(alice, toGet('shop', 'web'))).toEqual({ ok: true, value: false });
});
