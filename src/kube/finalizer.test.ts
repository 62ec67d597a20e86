import { expect, test } from 'vitest';
import { fail, ok } from '../lib/result.ts';
import { localFailure } from './failure.ts';
import { addFinalizer, finalizerAddition, finalizerRemoval, removeFinalizer } from './finalizer.ts';
import { widgets } from './testing/support.ts';

const anObject = (finalizers?: string[]) => ({
  metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', ...(finalizers ? { finalizers } : {}) },
});

test('the first finalizer makes the list, provided that there is none', () => {
  expect(finalizerAddition(anObject(), 'f')).toEqual([
    { op: 'test', path: '/metadata/uid', value: 'u' },
    { op: 'test', path: '/metadata/finalizers', value: null },
    { op: 'add', path: '/metadata/finalizers', value: ['f'] },
  ]);
});

test('a further one is appended, provided that the list is the one that was read', () => {
  expect(finalizerAddition(anObject(['x']), 'f')?.slice(1)).toEqual([
    { op: 'test', path: '/metadata/finalizers', value: ['x'] },
    { op: 'add', path: '/metadata/finalizers/-', value: 'f' },
  ]);
  expect(finalizerAddition(anObject(['f']), 'f')).toBeUndefined();
});

test('a removal takes the one that it names', () => {
  expect(finalizerRemoval(anObject(['x', 'f']), 'f')?.slice(1)).toEqual([
    { op: 'test', path: '/metadata/finalizers/1', value: 'f' },
    { op: 'remove', path: '/metadata/finalizers/1' },
  ]);
  expect(finalizerRemoval(anObject(), 'f')).toBeUndefined();
});

test('a failed test is a conflict, an object that is gone needs no removal, nothing to do needs no request', async () => {
  let reply: Awaited<ReturnType<typeof addFinalizer>> = fail(localFailure('invalid', 'test failed'));
  let requests = 0;
  const client = {
    patch: async () => {
      requests += 1;
      return reply.ok ? ok(anObject()) : reply;
    },
  };
  const call = { client, resource: widgets, object: anObject(['f']), finalizer: 'f' };
  expect(await removeFinalizer(call)).toMatchObject({ failure: { kind: 'conflict' } });
  reply = fail(localFailure('notFound', 'gone'));
  expect(await removeFinalizer(call)).toEqual({ ok: true, value: undefined });
  expect(await addFinalizer(call)).toEqual({ ok: true, value: undefined });
  expect(requests).toBe(2);
});
