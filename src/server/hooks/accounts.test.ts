import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../kube/index.ts';
import { fail, ok, VirtualClock } from '../../lib/index.ts';
import { configMapAccounts, personOf } from './accounts.ts';

const signal = new AbortController().signal;
const failure = (kind: 'notFound' | 'network') => ({ ...{ kind, message: '' }, status: undefined }) as never;

function aMap(data: () => Readonly<Record<string, string>> | 'missing' | 'away') {
  const clock = new VirtualClock();
  let reads = 0;
  const client = {
    async get() {
      reads += 1;
      const now = data();
      if (now === 'missing') return fail(failure('notFound'));
      if (now === 'away') return fail(failure('network'));
      return ok<KubeObject>({ metadata: { name: 'sluice-accounts' } as KubeObject['metadata'], data: now });
    },
  };
  const accounts = configMapAccounts({ client, clock, namespace: 'sluice-system', name: 'sluice-accounts' });
  const find = async (key: string) => {
    const found = await accounts.find(key, signal);
    return found.ok ? found.value : 'failed';
  };
  return { accounts, clock, find, reads: () => reads };
}

describe('an entry', () => {
  test.each([
    ['alice', 'alice', ['system:authenticated']],
    [' oidc:alice@example.org \n', 'oidc:alice@example.org', ['system:authenticated']],
    ['system:serviceaccount:ci:deploy', 'system:serviceaccount:ci:deploy', ['system:authenticated']],
    ['{"user": "bob", "groups": ["qa", "dev"]}', 'bob', ['qa', 'dev', 'system:authenticated']],
    ['user: bob\ngroups: [qa]\n', 'bob', ['qa', 'system:authenticated']],
  ])('%j is a person', (text, username, groups) => expect(personOf(text)).toEqual({ kind: 'person', person: { username, groups } }));

  test.each([
    'two words',
    '{"user": 7}',
    '{"user": "a", "admin": true}',
    '{',
    'user: [',
    'system:admin',
    'system:kube-controller-manager',
    '{"user": "bob", "groups": ["system:masters"]}',
    'user: &a bob\ngroups: [*a, *a]',
  ])('%j cannot be used', (text) => expect(personOf(text).kind).toBe('broken'));

  test('that is not there, or empty, is nobody', () => {
    expect([personOf(undefined), personOf(''), personOf(7)].map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

describe('the map', () => {
  test('is read when it is needed and held for five seconds: who was taken out decides nothing more', async () => {
    let data: Readonly<Record<string, string>> = { 'slack.T01.U02': 'alice' };
    const { find, clock, reads } = aMap(() => data);
    expect((await find('slack.T01.U02')) as object).toMatchObject({ kind: 'person' });
    data = {};
    expect((await find('slack.T01.U02')) as object).toMatchObject({ kind: 'person' });
    expect(reads()).toBe(1);
    await clock.advance(5_000);
    expect(await find('slack.T01.U02')).toEqual({ kind: 'unknown' });
  });

  test('that is not there maps nobody', async () => expect(await aMap(() => 'missing').find('slack.T01.U02')).toEqual({ kind: 'unknown' }));

  test('that cannot be read any more maps nobody either', async () => {
    let now: 'away' | Readonly<Record<string, string>> = { 'slack.T01.U02': 'alice' };
    const { find, clock } = aMap(() => now);
    await find('slack.T01.U02');
    now = 'away';
    await clock.advance(5_000);
    expect(await find('slack.T01.U02')).toBe('failed');
  });

  test.each(['__proto__', 'constructor', 'toString'])('has no %s', async (key) =>
    expect(await aMap(() => ({})).find(key)).toEqual({ kind: 'unknown' }),
  );
});
