import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../lib/clock.ts';
import { fail, ok } from '../lib/result.ts';
import { CachedCredentials, type FetchedAccess } from './cached-credentials.ts';
import { localFailure } from './failure.ts';
import { loadCredentials } from './kubeconfig.ts';

let directory: string;
let clock: VirtualClock;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-kubeconfig-'));
  clock = new VirtualClock();
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
};

function aKubeconfig(user: object, cluster: object = {}, name = 'config'): string {
  return file(
    name,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'one',
      clusters: [{ name: 'c', cluster: { server: 'https://example.test:6443', ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [
        { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'shop' } },
        { name: 'two', context: { cluster: 'c', user: 'u' } },
      ],
    }),
  );
}

async function load(options: Parameters<typeof loadCredentials>[0]) {
  const loaded = await loadCredentials({ clock, ...options });
  if (!loaded.ok) throw new Error(loaded.failure.message);
  return loaded.value;
}

async function accessOf(credentials: Awaited<ReturnType<typeof load>>['credentials']) {
  const access = await credentials.access();
  if (!access.ok) throw new Error(access.failure.message);
  return access.value;
}

test('a context names server, namespace and identity', async () => {
  const kubeconfig = aKubeconfig({ token: 'T', as: 'someone' });
  const loaded = await load({ kubeconfig });
  expect(loaded).toMatchObject({ server: 'https://example.test:6443', namespace: 'shop', currentContext: 'one' });
  expect((await accessOf(loaded.credentials)).headers).toEqual({ authorization: 'Bearer T', 'impersonate-user': 'someone' });
  expect((await load({ kubeconfig, context: 'two' })).namespace).toBe('default');
});

test('KUBECONFIG names several files: of two entries with one name the first counts', async () => {
  const first = aKubeconfig({ token: 'first' }, {}, 'a');
  const second = aKubeconfig({ token: 'second' }, {}, 'b');
  const loaded = await load({ env: { KUBECONFIG: `${join(directory, 'absent')}:${first}:${second}` } });
  expect((await accessOf(loaded.credentials)).headers.authorization).toBe('Bearer first');
});

test('TLS: files are read anew, data is decoded, server name and insecure are passed on', async () => {
  const cert = file('cert.pem', 'old cert');
  const user = { 'client-certificate': 'cert.pem', 'client-key-data': Buffer.from('key').toString('base64') };
  const cluster = { 'certificate-authority-data': Buffer.from('ca').toString('base64'), 'tls-server-name': 'name' };
  const { credentials } = await load({ kubeconfig: aKubeconfig(user, cluster) });
  const first = await accessOf(credentials);
  expect(first.tls).toEqual({ ca: Buffer.from('ca'), cert: Buffer.from('old cert'), key: Buffer.from('key'), servername: 'name' });
  expect(await accessOf(credentials)).toBe(first);
  writeFileSync(cert, 'new cert');
  await clock.advance(61_000);
  expect(String((await accessOf(credentials)).tls.cert)).toBe('new cert');
  const insecure = await load({ kubeconfig: aKubeconfig({}, { 'insecure-skip-tls-verify': true }) });
  expect((await accessOf(insecure.credentials)).tls).toEqual({ rejectUnauthorized: false });
});

test('basic authentication', async () => {
  const { credentials } = await load({ kubeconfig: aKubeconfig({ username: 'u', password: 'p' }) });
  expect((await accessOf(credentials)).headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
});

describe('token files', () => {
  test('are read again each minute, at once after a 401, and may vanish for a moment', async () => {
    const path = file('token', 'one\n');
    const { credentials } = await load({ kubeconfig: aKubeconfig({ tokenFile: 'token' }) });
    const token = async () => (await accessOf(credentials)).headers.authorization;
    expect(await token()).toBe('Bearer one');
    writeFileSync(path, 'two');
    expect(await token()).toBe('Bearer one');
    await clock.advance(10_000);
    credentials.refresh();
    expect(await token()).toBe('Bearer two');
    rmSync(path);
    await clock.advance(61_000);
    expect(await token()).toBe('Bearer two');
    writeFileSync(path, 'three');
    await clock.advance(2_000);
    expect(await token()).toBe('Bearer three');
  });

  test('that are absent from the start are a failure that heals', async () => {
    const { credentials } = await load({ kubeconfig: aKubeconfig({ tokenFile: 'token' }) });
    expect(await credentials.access()).toMatchObject({ ok: false, failure: { kind: 'unauthorized' } });
    file('token', 'now');
    await clock.advance(2_000);
    expect((await accessOf(credentials)).headers.authorization).toBe('Bearer now');
  });
});

describe('exec plugins', () => {
  const plugin = (body: string, extra: object = {}) => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: file('plugin', `#!/bin/sh\n${body}\n`), ...extra },
  });
  const answer = (status: object) => `echo '${JSON.stringify({ kind: 'ExecCredential', status })}'`;

  test('run once for many callers, until the answer expires or is refused', async () => {
    const log = join(directory, 'log');
    const expirationTimestamp = new Date(clock.nowMs() + 600_000).toISOString();
    const user = plugin(`echo "$KUBERNETES_EXEC_INFO $WHO" >> ${log}\n${answer({ token: 'E', expirationTimestamp })}`, {
      env: [{ name: 'WHO', value: 'me' }],
    });
    const { credentials } = await load({ kubeconfig: aKubeconfig(user) });
    const runs = async () => (await import('node:fs')).readFileSync(log, 'utf8').trim().split('\n');
    const all = await Promise.all(Array.from({ length: 10 }, () => accessOf(credentials)));
    expect(all.map((access) => access.headers.authorization)).toEqual(Array(10).fill('Bearer E'));
    await clock.advance(500_000);
    await accessOf(credentials);
    expect(await runs()).toHaveLength(1);
    expect((await runs())[0]).toMatch(/"kind":"ExecCredential".* me$/);
    credentials.refresh();
    await accessOf(credentials);
    expect(await runs()).toHaveLength(2);
    await clock.advance(50_000);
    await accessOf(credentials);
    expect(await runs()).toHaveLength(3);
  });

  test('that hang are killed after 30 s', async () => {
    const { credentials } = await load({ kubeconfig: aKubeconfig(plugin('exec sleep 600')) });
    const access = credentials.access();
    await clock.advance(30_000);
    expect(await access).toMatchObject({ ok: false, failure: { message: expect.stringContaining('no answer within 30 s') } });
  });

  test('may give a client certificate', async () => {
    const { credentials } = await load({ kubeconfig: aKubeconfig(plugin(answer({ clientCertificateData: 'C', clientKeyData: 'K' }))) });
    expect((await accessOf(credentials)).tls).toEqual({ cert: 'C', key: 'K' });
  });

  test.each([
    ['fails', 'echo no luck >&2; exit 3', 'no luck'],
    ['babbles', 'echo hello', 'no ExecCredential'],
  ])('one that %s is a failure that says so', async (_what, body, message) => {
    const { credentials } = await load({ kubeconfig: aKubeconfig(plugin(body)) });
    expect(await credentials.access()).toMatchObject({
      ok: false,
      failure: { kind: 'unauthorized', message: expect.stringContaining(message) },
    });
  });
});

test.each([
  ['an absent file', { kubeconfig: '/nowhere/config' }, 'nowhere'],
  ['no configuration at all', { env: { HOME: '/nowhere' } }, 'no kubeconfig was found'],
])('%s is a failure that says so', async (_what, options, message) => {
  expect(await loadCredentials({ clock, ...options })).toMatchObject({ ok: false, failure: { message: expect.stringContaining(message) } });
});

test('an unknown context and a socks proxy are failures, an http proxy is passed on', async () => {
  expect(await loadCredentials({ clock, kubeconfig: aKubeconfig({}), context: 'none' })).toMatchObject({ ok: false });
  const socks = aKubeconfig({}, { 'proxy-url': 'socks5://p:1' });
  expect(await loadCredentials({ clock, kubeconfig: socks })).toMatchObject({ failure: { message: expect.stringContaining('proxies') } });
  expect(await load({ kubeconfig: aKubeconfig({}, { 'proxy-url': 'http://p:1' }) })).toMatchObject({ proxyUrl: 'http://p:1' });
});

describe('the check at the start', () => {
  const checked = async (user: object, cluster: object = {}) => (await load({ kubeconfig: aKubeconfig(user, cluster) })).check();

  test('is content with what is there, and runs no plugin', async () => {
    const ran = join(directory, 'ran');
    file('token', 'T');
    for (const user of [
      {},
      { token: 'T' },
      { tokenFile: 'token' },
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: file('plugin', `#!/bin/sh\ntouch ${ran}\n`) } },
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh' } },
    ])
      expect(await checked(user)).toMatchObject({ ok: true });
    expect(existsSync(ran)).toBe(false);
  });

  test.each([
    ['a token file that is not there', { tokenFile: 'absent' }, {}, /absent/],
    ['an empty token file', { tokenFile: 'empty' }, {}, /the token is empty/],
    ['a certificate that is not there', { 'client-certificate': 'absent', 'client-key': 'absent' }, {}, /absent/],
    [
      'a broken certificate',
      { 'client-certificate': 'garbage', 'client-key': 'garbage' },
      {},
      /client certificate and its key cannot be used/,
    ],
    ['a broken authority', { token: 'T' }, { 'certificate-authority': 'garbage' }, /certificate authority cannot be read/],
    ['a plugin that is not there', { exec: { command: './absent' } }, {}, /credential plugin .*absent is not there/],
    ['a plugin that is not on the path', { exec: { command: 'sluice-absent' } }, {}, /credential plugin sluice-absent is not there/],
    ['a plugin that is no program', { exec: { command: './text' } }, {}, /no program/],
  ])('says of %s what is wrong', async (_what, user, cluster, message) => {
    file('empty', '\n');
    file('garbage', 'garbage');
    writeFileSync(join(directory, 'text'), 'text', { mode: 0o644 });
    expect(await checked(user, cluster)).toMatchObject({ ok: false, failure: { message: expect.stringMatching(message) } });
  });
});

test('cached credentials ask one at a time, and not again at once after a failure', async () => {
  let asked = 0;
  let answers: (() => void)[] = [];
  const access: FetchedAccess = { access: { headers: {}, tls: {} } };
  const credentials = new CachedCredentials({
    clock,
    maxAgeMs: 60_000,
    fetch: () =>
      new Promise((resolve) => {
        asked += 1;
        answers.push(() => resolve(asked === 1 ? fail(localFailure('unauthorized', 'no')) : ok(access)));
      }),
  });
  const stop = new AbortController();
  const waiting = [credentials.access(), credentials.access(stop.signal)];
  stop.abort();
  expect(await waiting[1]).toMatchObject({ ok: false });
  answers.shift()?.();
  expect(await waiting[0]).toMatchObject({ ok: false });
  expect(await credentials.access()).toMatchObject({ ok: false });
  expect(asked).toBe(1);
  await clock.advance(1_500);
  answers = [];
  const again = credentials.access();
  answers.shift()?.();
  expect(await again).toMatchObject({ ok: true });
});
