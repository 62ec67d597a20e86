import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Composed } from './compose.ts';
import { compose, healthOf } from './compose.ts';
import { loadConfig } from './config.ts';
import { FakeApi } from './kube/testing/fake-api.ts';
import { silentLogger, sleep, systemClock } from './lib/index.ts';
import { live } from './live.ts';
import { type RunningServer, startServer } from './server/index.ts';
import { createSimulation } from './simulation/index.ts';

let directory: string;
let server: RunningServer;
let composed: Composed | undefined;
let isDraining: boolean;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-compose-'));
  composed = undefined;
  isDraining = false;
  const health = healthOf(
    () => composed,
    () => isDraining,
    systemClock,
  );
  server = await startServer({
    ...{ health, listen: '127.0.0.1:0', clock: systemClock, log: silentLogger, maxConnections: 100, perCaller: 100, perAddress: 100 },
    api: () => undefined,
    every: () => () => {},
  });
});
afterEach(async () => {
  await server.close(0);
  rmSync(directory, { recursive: true });
});

const get = async (route: string) => {
  const response = await fetch(`${server.address}${route}`);
  return { code: response.status, text: await response.text(), connection: response.headers.get('connection') };
};

/** Asks until the answer is the one, in real time, since sockets bring it about; fails only after a minute. */
async function until(route: string, holds: (seen: { code: number; text: string }) => boolean) {
  let seen = await get(route);
  for (let tries = 0; tries < 6_000 && !holds(seen); tries++) {
    await sleep(systemClock, 10);
    seen = await get(route);
  }
  expect(holds(seen), JSON.stringify(seen)).toBe(true);
  return seen;
}

function aConfig(apiServer: string, user: object = {}) {
  const kubeconfig = join(directory, 'config');
  const document = {
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: apiServer } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(document));
  const config = loadConfig({ kubeconfig, leaderElection: false }, {});
  if (!config.ok) throw new Error(config.failure);
  return config.value;
}

const composedFor = (config: ReturnType<typeof aConfig>) => compose(config, { clock: systemClock, log: silentLogger, onFenced: () => {} });

test('before there is a controller the process is alive and not ready', async () => {
  expect(await get('/healthz')).toMatchObject({ code: 200 });
  expect(await get('/readyz')).toMatchObject({ code: 503, text: expect.stringContaining('starting') });
  expect(await get('/metrics')).toMatchObject({ code: 200 });
});

test('what is measured of the process itself is there once, and not with every controller in it', async () => {
  const made = await composedFor(aConfig('http://127.0.0.1:1'));
  if (!made.ok) throw new Error(made.failure);
  expect(await made.value.controller.telemetry.registry.metrics()).toContain('nodejs_gc_duration_seconds');
  const simulation = createSimulation({ seed: 1 });
  const { telemetry } = simulation.start('one').controller;
  expect(await telemetry.registry.metrics()).not.toContain('nodejs_');
  simulation.close();
});

test('a start with the API server away succeeds, says so, and becomes a controller when the server comes', async () => {
  const api = new FakeApi();
  await api.start();
  const { port, url } = api;
  await api.stop();
  const made = await composedFor(aConfig(url));
  if (!made.ok) throw new Error(made.failure);
  composed = made.value;
  const [stop, interrupt] = [new AbortController(), new AbortController()];
  const ended = live(made.value, { stop: stop.signal, interrupt: interrupt.signal, onLost: () => {} });
  expect((await until('/readyz', ({ text }) => text.includes('the API server cannot be reached'))).code).toBe(503);
  expect(await get('/healthz')).toMatchObject({ code: 200 });
  expect((await get('/metrics')).text).toMatch(/^sluice_api_server_reachable 0$/m);
  api.put('', 'apis', { groups: [] });
  await api.start(port);
  await until('/readyz', ({ code }) => code === 200);
  expect((await get('/metrics')).text).toMatch(/^sluice_api_server_reachable 1$/m);
  isDraining = true;
  server.drain();
  expect(await get('/readyz')).toMatchObject({ code: 503, text: expect.stringContaining('shutting down'), connection: 'close' });
  stop.abort();
  await ended;
  await api.stop();
});

test('credentials that are not there are a failure at once, with a sentence', async () => {
  const made = await composedFor(aConfig('https://127.0.0.1:1', { tokenFile: 'absent' }));
  expect(made).toMatchObject({ ok: false, failure: expect.stringMatching(/credentials of u: .*absent/) });
});
