import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { seededRandom } from '../lib/random.ts';
import { createKubeClient } from './client.ts';
import { describeFailure } from './failure.ts';
import { aBench, advanceUntil, allWidgets, type Bench, defaultWidgets, eventually, widgets } from './testing/support.ts';

let bench: Bench;
const ref = { namespace: 'default', name: 'a' };
beforeEach(async () => {
  bench = await aBench();
  bench.api.put(allWidgets, 'a', { size: 1 });
});
afterEach(async () => bench.end());

const last = () => bench.api.requests.at(-1);

describe('writes', () => {
  test('say who writes, and in which form', async () => {
    await bench.client.patch(widgets, ref, { size: 2 }, { type: 'merge', subresource: 'status', dryRun: true });
    expect(last()).toMatchObject({ method: 'PATCH', path: `${defaultWidgets}/a/status`, query: { fieldManager: 'sluice', dryRun: 'All' } });
    expect(last()?.headers['content-type']).toBe('application/merge-patch+json');
    await bench.client.patch(widgets, ref, [], { type: 'json', fieldManager: 'me' });
    expect(last()?.headers['content-type']).toBe('application/json-patch+json');
    expect(last()?.query).toEqual({ fieldManager: 'me' });
    await bench.client.patch(widgets, ref, {}, { type: 'apply', force: true });
    expect(last()?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(last()?.query).toEqual({ fieldManager: 'sluice', force: 'true' });
    await bench.client.delete(widgets, ref, { preconditions: { uid: 'u' }, propagation: 'Background' });
    expect(JSON.parse(last()?.body ?? '')).toMatchObject({ preconditions: { uid: 'u' }, propagationPolicy: 'Background' });
  });

  test('with an old version conflict, and a name that exists is told apart', async () => {
    const stale = { metadata: { name: 'a', namespace: 'default', resourceVersion: '1' } };
    expect(await bench.client.replace(widgets, ref, stale)).toMatchObject({ ok: false, failure: { kind: 'conflict', status: 409 } });
    expect(await bench.client.create(widgets, 'default', stale)).toMatchObject({ ok: false, failure: { kind: 'alreadyExists' } });
  });

  test('that got 429 are sent again within the deadline', async () => {
    bench.api.fault(() => true, { kind: 'status', status: 429, headers: { 'retry-after': '1' } }, 2);
    const reply = bench.client.patch(widgets, ref, { size: 2 }, { type: 'merge' });
    let isDone = false;
    void reply.then(() => {
      isDone = true;
    });
    await advanceUntil(bench.clock, () => isDone, 100);
    expect((await reply).ok).toBe(true);
    expect(bench.api.requests).toHaveLength(3);
  });

  test.each([500, 502, 503, 504, 409])('that got %i are never sent again', async (status) => {
    bench.api.fault(() => true, { kind: 'status', status }, 5);
    const reply = await bench.client.patch(widgets, ref, { size: 2 }, { type: 'merge' });
    const kind = { 500: 'unavailable', 502: 'unknownOutcome', 503: 'unavailable', 504: 'unknownOutcome', 409: 'conflict' }[status];
    expect(reply).toMatchObject({ ok: false, failure: { kind } });
    expect(bench.api.requests).toHaveLength(1);
  });

  test('are fenced, but for the lease and for reviews', async () => {
    const { transport, clock } = bench;
    const client = createKubeClient({ transport, clock, random: seededRandom(1), log: silentLogger, fence: { check: () => false } });
    expect(await client.patch(widgets, ref, {}, { type: 'merge' })).toMatchObject({ failure: { kind: 'fenced' } });
    expect(await client.delete(widgets, ref)).toMatchObject({ failure: { kind: 'fenced' } });
    expect(bench.api.requests).toHaveLength(0);
    expect((await client.get(widgets, ref)).ok).toBe(true);
    expect((await client.raw('PUT', `${defaultWidgets}/a`, { body: {}, priority: 'lease' })).ok).toBe(true);
    expect((await client.raw('POST', defaultWidgets, { body: { metadata: { name: 'r' } }, unfenced: true })).ok).toBe(true);
  });
});

describe('reads', () => {
  test.each([429, 500, 503])('are repeated after %i', async (status) => {
    bench.api.fault(() => true, { kind: 'status', status }, 2);
    const reply = bench.client.get(widgets, ref);
    await advanceUntil(bench.clock, () => bench.api.requests.length === 3, 100);
    expect(await reply).toMatchObject({ ok: true, value: { size: 1 } });
  });

  test('end at once when Retry-After outlasts the deadline', async () => {
    bench.api.fault(() => true, { kind: 'status', status: 503, headers: { 'retry-after': '60' } });
    expect(await bench.client.get(widgets, ref)).toMatchObject({ failure: { kind: 'unavailable', retryAfterMs: 60_000 } });
    expect(bench.api.requests).toHaveLength(1);
  });

  test('end with their deadline', async () => {
    bench.api.fault(() => true, { kind: 'hang' });
    const reply = bench.client.get(widgets, ref);
    await eventually(() => bench.api.requests.length === 1);
    await bench.clock.advance(10_000);
    expect(await reply).toMatchObject({ failure: { kind: 'timeout' } });
  });

  test('of what is no object are a protocol failure', async () => {
    bench.api.fault(() => true, { kind: 'text', text: '<html>', end: 'close' });
    expect(await bench.client.get(widgets, ref)).toMatchObject({ failure: { kind: 'protocol' } });
  });
});

test('lists are paged, and their items carry their kind', async () => {
  for (let index = 0; index < 1_100; index++) bench.api.put(allWidgets, `w${index}`);
  const reply = await bench.client.list(widgets, { resourceVersion: '0', resourceVersionMatch: 'NotOlderThan' });
  if (!reply.ok) throw new Error(describeFailure(reply.failure));
  expect(reply.value.items).toHaveLength(1_101);
  expect(reply.value.items[0]).toMatchObject({ apiVersion: 'test.dev/v1', kind: 'Widget' });
  expect(bench.api.requests.map((request) => request.query.resourceVersion)).toEqual(['0', undefined, undefined]);
});

test('a list whose token expired starts anew in one piece', async () => {
  for (let index = 0; index < 600; index++) bench.api.put(allWidgets, `w${index}`);
  bench.api.expiresTokens = true;
  const reply = await bench.client.list(widgets);
  expect(reply.ok && reply.value.items.length).toBe(601);
  expect(bench.api.requests.map((request) => request.query.limit)).toEqual(['500', '500', undefined]);
});

test('failures are one line and hold no headers', async () => {
  bench.api.fault(() => true, {
    kind: 'status',
    status: 403,
    body: { kind: 'Status', reason: 'Forbidden', message: 'no\nway', metadata: {} },
  });
  const reply = await bench.client.get(widgets, ref);
  expect(!reply.ok && describeFailure(reply.failure)).toBe('forbidden 403 (Forbidden): no way');
});
