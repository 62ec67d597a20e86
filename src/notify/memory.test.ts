import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../kube/index.ts';
import { fail, ok } from '../lib/index.ts';
import type { SinkMemory } from './memory.ts';
import { decodeMemory, encodeMemory, ofSinkFor, remembered, withSent } from './memory.ts';
import { configMapMemories, memoryNames } from './memory-store.ts';

const signal = new AbortController().signal;
const of = (revision: string, attempt: number) => ({ revision, attempt });
const nothing: SinkMemory = { m: {}, f: {} };

describe('a memory', () => {
  test('is of one attempt: of the one before only the alerts are left', () => {
    const first = remembered(undefined, 'am', of('a', 1), {
      ...withSent(nothing, { key: 'k', version: '', state: '' }, '1'),
      f: { stuck: 'since' },
    });
    expect(ofSinkFor(first, 'am', of('a', 1))?.m).toHaveProperty('k');
    expect(ofSinkFor(first, 'am', of('a', 2))).toEqual({ m: {}, f: { stuck: 'since' } });
    expect(ofSinkFor(first, 'other', of('a', 1))).toBeUndefined();
    // A promotion has no attempt in status any more.
    expect(ofSinkFor(first, 'am', of('a', 0))?.t).toBe('1');
  });

  test('stays small, however much is sent', () => {
    let mine = nothing;
    for (let index = 0; index < 500; index += 1)
      mine = withSent(mine, { key: `waiting/${index}`, version: '', state: '' }, `C0123456/17000000${index}.000100`);
    expect(encodeMemory(remembered(undefined, 'ops', of('a', 1), mine)).length).toBeLessThan(4_000);
    expect(Object.keys(mine.m).at(-1)).toBe('waiting/499');
  });

  test('that somebody edited is none', () => {
    for (const text of ['', '{', '[]', '{"r":1}', '{"r":"a","a":1,"s":{"x":{"m":7}}}']) expect(decodeMemory(text)).toBeUndefined();
  });
});

test('memories are kept in ConfigMaps that are made when they are needed, each Rollout under its uid', async () => {
  const stored = new Map<string, Record<string, string>>();
  const missing = () => fail({ kind: 'notFound' } as never);
  const objectOf = (name: string) => ok<KubeObject>({ metadata: { name } as KubeObject['metadata'], data: stored.get(name) });
  const store = configMapMemories({
    namespace: 'sluice-system',
    client: {
      get: async (_, { name }) => (stored.has(name) ? objectOf(name) : missing()),
      async patch(_, { name }, body) {
        const data = stored.get(name);
        if (data === undefined) return missing();
        for (const [uid, text] of Object.entries((body as { data: Record<string, string | null> }).data)) {
          if (text === null) delete data[uid];
          else data[uid] = text;
        }
        return objectOf(name);
      },
      async create(_, __, body) {
        const { metadata, data } = body as { metadata: { name: string }; data: Record<string, string> };
        stored.set(metadata.name, { ...data });
        return objectOf(metadata.name);
      },
    },
  });
  const memory = remembered(undefined, 'ops', of('a', 1), withSent(nothing, { key: 'started', version: '', state: '' }, 'C/1'));
  for (let index = 0; index < 50; index += 1) await store.save(`uid-${index}`, memory, signal);
  const loaded = await store.load(signal);
  expect(loaded.ok && loaded.value.size).toBe(50);
  expect(loaded.ok && loaded.value.get('uid-7')).toEqual(memory);
  expect([...stored.keys()].every((name) => memoryNames.includes(name))).toBe(true);
  await store.save('uid-7', undefined, signal);
  const after = await store.load(signal);
  expect(after.ok && after.value.has('uid-7')).toBe(false);
});
