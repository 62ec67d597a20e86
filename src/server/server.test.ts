import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { eventually } from '../kube/testing/support.ts';
import { silentLogger, systemClock } from '../lib/index.ts';
import { createApi } from './api.ts';
import type { RunningServer, ServerOptions } from './server.ts';
import { startServer } from './server.ts';
import { firstPair, secondPair, type TestPair } from './testing/certificates.ts';
import { FakeCluster } from './testing/fake-cluster.ts';

/** Everything on real sockets, and nothing that hangs on how fast they are. */

const path = '/api/v1/namespaces/shop/rollouts/web';
let server: RunningServer | undefined;
const folder = mkdtempSync(join(tmpdir(), 'sluice-server-'));
afterEach(async () => {
  await server?.close(0);
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function aCluster() {
  const cluster = new FakeCluster();
  cluster.users.set('alice', { username: 'alice' });
  cluster.grant('alice', 'get', 'rollouts');
  cluster.grant('alice', 'abort', 'rollouts/decision');
  cluster.put('shop', 'web', { canaryRevision: 'bbbb' });
  cluster.sync();
  return cluster;
}

async function start(over: Partial<ServerOptions> = {}, cluster = aCluster()) {
  const shared = { clock: systemClock, log: silentLogger };
  const api = createApi({ ...shared, client: cluster.client, source: cluster.source, audiences: ['apiserver'], mostViewers: 10 });
  const timers = new Set<NodeJS.Timeout>();
  server = await startServer({
    ...{ ...shared, listen: '127.0.0.1:0', maxConnections: 100, perCaller: 1_000, perAddress: 1_000, api: () => api },
    health: { isReady: () => true, isLive: () => true, problems: () => [], metrics: async () => '' },
    every: (ms, run) => {
      const timer = setInterval(run, ms);
      timers.add(timer);
      return () => clearInterval(timer);
    },
    ...over,
  });
  return { cluster, server, url: new URL(server.address), api };
}

/** Bytes in, bytes out, until the server ends it. */
function raw(port: string, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('a body that comes slowly is not waited for', async () => {
  const { url, cluster } = await start({ requestTimeoutMs: 500 });
  const head = `POST ${path}/abort HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  const answer = await raw(url.port, head);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"reason":"RequestTooSlow"');
  expect(cluster.decisions.size).toBe(0);
});

test('nor are headers', async () => {
  const { url } = await start({ requestTimeoutMs: 500 });
  expect(await raw(url.port, `GET ${path} HTTP/1.1\r\nhost: x\r\nx-slow: `)).toMatch(/^HTTP\/1\.1 408 /);
});

test.each([
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['two lengths', `POST ${path}/abort HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}`, 400],
  [
    'a length and chunks',
    `POST ${path}/abort HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
] as const)('what is no request is answered as a problem: %s', async (_, bytes, status) => {
  const { url } = await start();
  const answer = await raw(url.port, bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).toContain('content-type: application/problem+json');
});

test('there are so many connections and no more', async () => {
  const { url } = await start({ maxConnections: 2 });
  const held = [1, 2].map(() => connect(Number(url.port), '127.0.0.1'));
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  // The third is closed without a word: reset, or ended.
  expect(await raw(url.port).catch(() => '')).toBe('');
  for (const socket of held) socket.destroy();
});

test('a stream comes through a socket, and ends with the server, which does not wait for it', async () => {
  const { url, cluster, api, server: running } = await start();
  const response = await fetch(`${url.origin}${path}/events`, { headers: { authorization: 'Bearer alice' } });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect([response.headers.get('cache-control'), response.headers.get('x-accel-buffering')]).toEqual(['no-cache, no-transform', 'no']);
  let text = '';
  const read = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  })();
  await eventually(() => api.hub.viewers === 1, 'a viewer');
  cluster.put('shop', 'web', { canaryRevision: 'bbbb', weight: { desired: 42 } });
  cluster.sync();
  await eventually(() => cluster.watched === 1, 'a watch');
  await eventually(() => text.includes('"desired":42'), 'the change');
  running.drain();
  await read;
  expect(text.match(/^event: \w+$/gm)).toEqual(['event: rollout', 'event: rollout', 'event: end']);
  expect(text).toContain('"weight":{"desired":42}');
  expect((await fetch(`${url.origin}${path}/events`, { headers: { authorization: 'Bearer alice' } })).status).toBe(503);
  await running.close(60_000);
  server = undefined;
});

const write = (pair: TestPair) => {
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  writeFileSync(files.certFile, pair.cert);
  writeFileSync(files.keyFile, pair.key);
  return files;
};

/** The status, where the server shows this certificate. */
function getTls(url: URL, ca: string): Promise<number | string> {
  return new Promise((resolve) => {
    const agent = new Agent({ ca, keepAlive: false });
    const asked = request(new URL('/healthz', url), { agent, servername: 'localhost' }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    asked.end();
  });
}

test('a new certificate is served without a restart; one that is no pair changes nothing, and is said once', async () => {
  const said: string[] = [];
  const looks: (() => void)[] = [];
  const log = { ...silentLogger, error: (_: object, message: string) => void said.push(message) };
  const every = (ms: number, run: () => void) => {
    const timer = ms < 1_000 ? setInterval(run, ms) : undefined;
    looks.push(run);
    return () => clearInterval(timer);
  };
  const { url } = await start({ tls: write(firstPair), log, every });
  expect(url.protocol).toBe('https:');
  expect(await getTls(url, firstPair.cert)).toBe(200);
  write({ cert: secondPair.cert, key: firstPair.key });
  for (const look of [...looks, ...looks]) look();
  expect(await getTls(url, firstPair.cert)).toBe(200);
  expect(said).toEqual(['the new certificate cannot be used; the old one is served on']);
  write(secondPair);
  for (const look of looks) look();
  expect(await getTls(url, secondPair.cert)).toBe(200);
  expect(await getTls(url, firstPair.cert)).not.toBe(200);
});

test('a server whose certificate is none does not start', async () => {
  await expect(start({ tls: { certFile: '/nonexistent/tls.crt', keyFile: '/nonexistent/tls.key' } })).rejects.toThrow(
    '/nonexistent/tls.crt',
  );
  await expect(start({ tls: write({ cert: firstPair.cert, key: secondPair.key }) })).rejects.toThrow('tls.key');
});
