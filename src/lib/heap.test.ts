import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectGarbage } from './heap.ts';

test('what nobody holds is collected', async () => {
  const held = { large: new Array<number>(100_000).fill(1) };
  const watched = new WeakRef(held.large);
  held.large = [];
  // A WeakRef keeps its target until the job in which it was made has ended.
  await setImmediate();
  collectGarbage();
  while (watched.deref() !== undefined) await setImmediate();
  expect(watched.deref()).toBeUndefined();
});
