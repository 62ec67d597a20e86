import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sleep, systemClock, VirtualClock } from '../lib/clock.ts';
import { fail, ok } from '../lib/result.ts';
import { localFailure } from './failure.ts';
import { HttpTransport } from './http-transport.ts';
import { aBench, allWidgets, type Bench, defaultWidgets, eventually } from './testing/support.ts';
import type { Access, TransportRequest } from './transport.ts';

let bench: Bench;
const one = `${defaultWidgets}/a`;
const read: TransportRequest = { method: 'GET', path: one, deadlineMs: 10_000, priority: 'normal' };
const write: TransportRequest = {
  ...read,
  method: 'PATCH',
  body: '{"size":2}',
  headers: { 'content-type': 'application/merge-patch+json' },
};

beforeEach(async () => {
  bench = await aBench();
  bench.api.put(allWidgets, 'a', { size: 1 });
});
afterEach(async () => bench.end());

const kindOf = (result: { ok: boolean; failure?: { kind: string } }) => (result.ok ? 'ok' : result.failure?.kind);

test('200 requests at once share 16 connections, and 100 in a row need no more than two', async () => {
  for (let index = 0; index < 100; index++) expect((await bench.transport.request(read)).ok).toBe(true);
  expect(bench.api.connections).toBeLessThanOrEqual(2);
  const replies = await Promise.all(Array.from({ length: 200 }, () => bench.transport.request({ ...read, priority: 'cut' })));
  expect(replies.every((reply) => reply.ok)).toBe(true);
  expect(bench.api.connections).toBeLessThanOrEqual(16);
});

test('four slots are kept for cuts, and the lease waits for no slot at all', async () => {
  bench.api.isPaused = true;
  const normal = Array.from({ length: 20 }, () => bench.transport.request(read));
  await eventually(() => bench.api.pausedRequests === 12);
  const cuts = Array.from({ length: 6 }, () => bench.transport.request({ ...read, priority: 'cut' }));
  await eventually(() => bench.api.pausedRequests === 16);
  const lease = bench.transport.request({ ...read, priority: 'lease' });
  await eventually(() => bench.api.pausedRequests === 17);
  await sleep(systemClock, 20);
  expect(bench.api.pausedRequests).toBe(17);
  bench.api.resume();
  const replies = await Promise.all([...normal, ...cuts, lease]);
  expect(replies.every((reply) => reply.ok)).toBe(true);
});

test('a cut is answered while sixteen ordinary requests are not, also on connections that are still to be made', async () => {
  bench.api.fault((request) => request.method === 'GET', { kind: 'hang' }, 100);
  let answered = 0;
  const slow = Array.from({ length: 16 }, () => bench.transport.request(read).then((reply) => (answered += Number(reply.ok))));
  await eventually(() => bench.api.requests.length === 12);
  for (let index = 0; index < 20; index++) {
    expect(kindOf(await bench.transport.request({ ...write, body: `{"size":${index}}`, priority: 'cut' }))).toBe('ok');
  }
  const together = await Promise.all(Array.from({ length: 10 }, () => bench.transport.request({ ...write, priority: 'cut' })));
  expect(together.map(kindOf)).toEqual(Array(10).fill('ok'));
  expect(answered).toBe(0);
  expect(bench.api.requests.filter((request) => request.method === 'GET')).toHaveLength(12);
  expect(bench.api.connections).toBeLessThanOrEqual(16);
  await bench.clock.advance(10_000);
  await Promise.all(slow);
});

describe('what a caller learns from a failure', () => {
  test('a read and a write time out differently: the write was sent', async () => {
    bench.api.fault(() => true, { kind: 'hang' }, 2);
    const both = [bench.transport.request(read), bench.transport.request(write)];
    await eventually(() => bench.api.requests.length === 2);
    await bench.clock.advance(10_000);
    expect((await Promise.all(both)).map(kindOf)).toEqual(['timeout', 'unknownOutcome']);
  });

  test('a request that waits for its slot until the deadline was not sent', async () => {
    bench.api.isPaused = true;
    const blocking = Array.from({ length: 12 }, () => bench.transport.request({ ...read, deadlineMs: 60_000 }));
    await eventually(() => bench.api.pausedRequests === 12);
    const late = bench.transport.request({ ...write, deadlineMs: 1_000 });
    await bench.clock.advance(1_000);
    expect(kindOf(await late)).toBe('timeout');
    bench.api.resume();
    await Promise.all(blocking);
    expect(bench.api.requests.filter((request) => request.method === 'PATCH')).toHaveLength(0);
  });

  test('a broken connection leaves a write unknown, landed or not', async () => {
    bench.api.fault(() => true, { kind: 'reset', afterWrite: true });
    bench.api.fault(() => true, { kind: 'reset' });
    expect(kindOf(await bench.transport.request(write))).toBe('unknownOutcome');
    expect(bench.api.object(allWidgets, 'a')?.size).toBe(2);
    expect(kindOf(await bench.transport.request(write))).toBe('unknownOutcome');
    bench.api.fault(() => true, { kind: 'reset' });
    expect(kindOf(await bench.transport.request(read))).toBe('network');
  });

  test('a write that found no server was not sent', async () => {
    await bench.api.stop();
    expect(kindOf(await bench.transport.request(write))).toBe('network');
    await bench.api.start();
  });

  test("the caller's own stop", async () => {
    bench.api.fault(() => true, { kind: 'hang' });
    const stop = new AbortController();
    const reply = bench.transport.request(read, stop.signal);
    await eventually(() => bench.api.requests.length === 1);
    stop.abort();
    expect(kindOf(await reply)).toBe('aborted');
    expect(kindOf(await bench.transport.request(read, stop.signal))).toBe('aborted');
  });

  test('an answer beyond the cap', async () => {
    const small = new HttpTransport({ server: bench.api.url, credentials: anyone, clock: bench.clock, maxBodyBytes: 100 });
    bench.api.put(allWidgets, 'a', { text: 'x'.repeat(1_000) });
    expect(kindOf(await small.request(read))).toBe('tooLarge');
    await small.close();
  });

  test('after close nothing is sent', async () => {
    await bench.transport.close();
    expect(kindOf(await bench.transport.request(read))).toBe('aborted');
  });
});

test('the guard is asked when the request leaves its queue, not when it enters', async () => {
  let mayWrite = true;
  bench.api.isPaused = true;
  const blocking = Array.from({ length: 12 }, () => bench.transport.request(read));
  await eventually(() => bench.api.pausedRequests === 12);
  const guarded = bench.transport.request({ ...write, guard: () => (mayWrite ? undefined : localFailure('fenced', 'lost')) });
  mayWrite = false;
  bench.api.resume();
  expect(kindOf(await guarded)).toBe('fenced');
  await Promise.all(blocking);
  expect(bench.api.object(allWidgets, 'a')?.size).toBe(1);
});

test('a proxy is asked for a tunnel', async () => {
  const tunnels: string[] = [];
  const proxy = createServer().on('connect', (request, socket, head) => {
    tunnels.push(request.url ?? '');
    const upstream = connect(Number(new URL(bench.api.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const transport = new HttpTransport({ server: bench.api.url, credentials: anyone, clock: bench.clock, proxyUrl });
  expect(kindOf(await transport.request(read))).toBe('ok');
  expect(tunnels).toEqual([new URL(bench.api.url).host]);
  await transport.close();
  proxy.close();
});

const anyone = { access: async () => ok({ headers: {}, tls: {} } satisfies Access), refresh() {} };

describe('credentials', () => {
  test('a 401 asks for fresh ones and tries once more, a write too', async () => {
    let token = 'old';
    const credentials = {
      access: async () => ok({ headers: { authorization: `Bearer ${token}` }, tls: {} }),
      refresh() {
        token = 'new';
      },
    };
    const transport = new HttpTransport({ server: bench.api.url, credentials, clock: bench.clock });
    bench.api.fault((request) => request.headers.authorization === 'Bearer old', { kind: 'status', status: 401 }, 100);
    const reply = await transport.request(write);
    expect(reply.ok && reply.value.status).toBe(200);
    expect(bench.api.requests.map((request) => request.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    await transport.close();
  });

  test('that cannot be had are a failure, and tried again with the next request', async () => {
    let isGone = true;
    const credentials = {
      access: async () => (isGone ? fail(localFailure('unauthorized', 'the token file is gone')) : ok({ headers: {}, tls: {} })),
      refresh() {},
    };
    const transport = new HttpTransport({ server: bench.api.url, credentials, clock: bench.clock });
    expect(kindOf(await transport.request(read))).toBe('unauthorized');
    isGone = false;
    expect(kindOf(await transport.request(read))).toBe('ok');
    await transport.close();
  });

  test('new certificates mean new connections, other credentials do not', async () => {
    let access: Access = { headers: { authorization: 'a' }, tls: {} };
    const transport = new HttpTransport({
      server: bench.api.url,
      credentials: { access: async () => ok(access), refresh() {} },
      clock: new VirtualClock(),
    });
    await transport.request(read);
    access = { headers: { authorization: 'b' }, tls: {} };
    for (let index = 0; index < 20; index++) await transport.request(read);
    const before = bench.api.connections;
    expect(before).toBeLessThanOrEqual(2);
    access = { headers: {}, tls: { servername: 'other' } };
    await transport.request(read);
    expect(bench.api.connections).toBe(before + 1);
    await transport.close();
  });
});

describe('streams', () => {
  const watch: TransportRequest = { ...read, path: allWidgets, query: { watch: true } };

  test('give lines whatever the chunks, and say how they ended', async () => {
    bench.api.fault((request) => request.isWatch, { kind: 'text', text: '{"a":"ü"}\n\n{"b":1}\n{"c', end: 'close' });
    const stream = await bench.transport.stream(watch);
    if (!stream.ok) throw new Error('no stream');
    const lines: string[] = [];
    for await (const line of stream.value.lines) lines.push(String(line));
    expect(lines).toEqual(['{"a":"ü"}', '{"b":1}', '{"c']);
    expect(stream.value.failure()).toBeUndefined();
  });

  test('that break say so, without the torn line', async () => {
    bench.api.fault((request) => request.isWatch, { kind: 'text', text: '{"a":1}\n{"b', end: 'reset' });
    const stream = await bench.transport.stream(watch);
    if (!stream.ok) throw new Error('no stream');
    const lines: string[] = [];
    for await (const line of stream.value.lines) lines.push(String(line));
    expect(lines).not.toContain('{"b');
    expect(stream.value.failure()?.kind).toBe('network');
  });

  test('a refusal is a failure with its reason', async () => {
    bench.api.fault(() => true, { kind: 'status', status: 429, headers: { 'retry-after': '3' } });
    const stream = await bench.transport.stream(watch);
    expect(stream).toMatchObject({ ok: false, failure: { kind: 'tooManyRequests', retryAfterMs: 3_000, reason: 'Scripted' } });
  });

  test('a line beyond the cap ends the stream', async () => {
    const small = new HttpTransport({ server: bench.api.url, credentials: anyone, clock: bench.clock, maxLineBytes: 50 });
    bench.api.fault((request) => request.isWatch, { kind: 'text', text: 'x'.repeat(200), end: 'silence' });
    const stream = await small.stream(watch);
    if (!stream.ok) throw new Error('no stream');
    for await (const line of stream.value.lines) expect(line).toBe('never');
    expect(stream.value.failure()?.kind).toBe('tooLarge');
    await small.close();
  });

  test('a slow reader holds the server back and loses nothing', async () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `{"n":${index}}`).join('\n');
    bench.api.fault((request) => request.isWatch, { kind: 'text', text: `${text}\n`, end: 'close' });
    const stream = await bench.transport.stream(watch);
    if (!stream.ok) throw new Error('no stream');
    let count = 0;
    for await (const line of stream.value.lines) {
      if (count % 10_000 === 0) await sleep(systemClock, 5);
      expect(line).toBe(`{"n":${count}}`);
      count += 1;
    }
    expect(count).toBe(50_000);
  });

  test('each has a connection of its own, closed with it', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => bench.transport.stream(watch)));
    expect(bench.api.openWatches).toBe(20);
    expect(kindOf(await bench.transport.request(read))).toBe('ok');
    for (const stream of streams) if (stream.ok) stream.value.close();
    await eventually(() => bench.api.openWatches === 0);
  });
});
