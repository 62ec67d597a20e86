import { expect, test } from 'vitest';
import type { KubeClient } from '../kube/index.ts';
import { localFailure } from '../kube/index.ts';
import { fail, ok } from '../lib/index.ts';
import { settleTime } from './known-time.ts';

/** The API server in three moods, and how often it was asked. */
function aServer(answers: 'well' | 'no' | 'not at all') {
  const asked: string[] = [];
  const raw: KubeClient['raw'] = async (_, path) => {
    asked.push(path);
    if (answers === 'well') return ok('ok');
    return fail(answers === 'no' ? { ...localFailure('forbidden', 'no'), status: 403 } : localFailure('network', 'refused'));
  };
  return { client: { raw }, asked };
}
const { signal } = new AbortController();

test('while the clocks agree nobody is asked', async () => {
  const { client, asked } = aServer('well');
  expect(await settleTime({ clock: { isInDoubt: false }, client }, signal)).toBeUndefined();
  expect(asked).toEqual([]);
});

test.each(['well', 'no'] as const)('clocks that have parted wait for an answer, whichever: %s', async (answers) => {
  const { client, asked } = aServer(answers);
  expect(await settleTime({ clock: { isInDoubt: true }, client }, signal)).toBeUndefined();
  expect(asked).toHaveLength(1);
});

test('without an answer nothing is decided; it comes back with the server, among the first', async () => {
  const { client } = aServer('not at all');
  expect(await settleTime({ clock: { isInDoubt: true }, client }, signal)).toEqual({ cutOff: 'urgent' });
});
