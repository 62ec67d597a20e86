import { afterEach, describe, expect, test } from 'vitest';
import type { Answer } from '../core/analysis/question.ts';
import { deadline, systemClock } from '../lib/clock.ts';
import { ok } from '../lib/result.ts';
import type { MetricIo, ProviderOf } from './source.ts';
import { json, type Respond, startServer, type TestServer } from './testing/http-server.ts';
import { testIo, toTestServer } from './testing/io.ts';
import { createWebSource } from './web.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const never = new AbortController().signal;
const aProvider = (more: Partial<ProviderOf<'web'>> = {}): ProviderOf<'web'> => ({
  ...{ kind: 'web', url: 'http://web.example/value', method: 'GET', path: ['data'], timeoutMs: 5_000, headers: [] },
  ...more,
});

async function serve(respond: Respond): Promise<TestServer> {
  const server = await startServer(respond);
  servers.push(server);
  return server;
}

async function answerTo(respond: Respond, more: Partial<ProviderOf<'web'>> = {}, io: Partial<MetricIo> = {}): Promise<Answer> {
  const server = await serve(respond);
  return createWebSource().ask(aProvider(more), testIo({ webExchange: toTestServer(server.url), ...io }), never);
}

const sends =
  (body: unknown, status = 200): Respond =>
  (response) =>
    json(response, body, status);
const plain =
  (status: number, text = '', headers: Record<string, string> = {}): Respond =>
  (response) => {
    response.writeHead(status, headers);
    response.end(text);
  };

const table: readonly [string, Respond, Answer['kind'], (unknown | RegExp)?][] = [
  ['a number', sends({ data: 0.97 }), 'value', 0.97],
  ['zero', sends({ data: 0 }), 'value', 0],
  ['a text', sends({ data: '0.97' }), 'json', '0.97'],
  ['false', sends({ data: false }), 'json', false],
  ['an object', sends({ data: { ok: true } }), 'json', { ok: true }],
  ['a list', sends({ data: [1] }), 'json', [1]],
  ['201', sends({ data: 1 }, 201), 'value', 1],
  ['null', sends({ data: null }), 'noData', /null at/],
  ['a missing path', sends({ other: 1 }), 'noData', /nothing at \$\["data"\]/],
  ['a path through a number', sends(1), 'noData', /nothing at/],
  ['null alone', sends(null), 'noData'],
  ['204', plain(204), 'noData'],
  ['a number beyond a double', plain(200, '{"data":1e999}'), 'value', Number.POSITIVE_INFINITY],
  ['400', sends({}, 400), 'invalid', /^HTTP 400$/],
  ['422', sends({}, 422), 'invalid'],
  ['a page', plain(200, '<html>log in</html>'), 'invalid', /no JSON/],
  ['nesting without end', plain(200, `${'['.repeat(50_000)}${']'.repeat(50_000)}`), 'invalid', /nested deeper/],
  ['JSON cut off', plain(200, '{"data":'), 'error', /cut off/],
  ['nothing at all', plain(200), 'error', /cut off/],
  [
    'a gzipped answer that nobody asked for',
    (response) => plain(200, '', { 'content-encoding': 'gzip' })(response, undefined as never),
    'error',
  ],
  ['302', plain(302, '', { location: 'http://169.254.169.254/' }), 'error', /redirects are not followed/],
  ['401', plain(401), 'error', /HTTP 401/],
  ['403', plain(403), 'error'],
  ['404', plain(404), 'error'],
  ['500', plain(500, 'secret stack trace'), 'error', /^HTTP 500$/],
  ['503', plain(503), 'error'],
  ['an answer that is too large', plain(200, ' '.repeat(300_000)), 'error', /larger than 256 KiB/],
  ['a reset', (response) => response.destroy(), 'error'],
  [
    'a body that ends in the middle',
    (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"data":1}', () => response.destroy());
    },
    'error',
  ],
];

describe('the web source', () => {
  test.each(table)('%s', async (_, respond, kind, detail) => {
    const answer = await answerTo(respond);
    expect(answer.kind).toBe(kind);
    if (detail instanceof RegExp) expect('message' in answer ? answer.message : '').toMatch(detail);
    else if (detail !== undefined) expect('value' in answer ? answer.value : undefined).toEqual(detail);
  });

  test('429 tells how long to wait', async () => {
    expect(await answerTo(plain(429, '', { 'retry-after': '7' }))).toEqual({ kind: 'error', message: 'HTTP 429', retryAfterMs: 7_000 });
  });

  test('method, body, headers and Secrets go out; the Secret comes back as stars', async () => {
    const server = await serve((response, request) => json(response, { data: `${request.headers.authorization}` }));
    const headers = [{ key: 'Authorization', parts: [{ text: 'Bearer ' }, { secret: { name: 'web', key: 'token' } }] }];
    const io = testIo({ webExchange: toTestServer(server.url), secret: async () => ok('s3cret') });
    const answer = await createWebSource().ask(aProvider({ method: 'POST', body: '{"q":1}', headers }), io, never);
    expect(answer).toEqual({ kind: 'json', value: 'Bearer *****' });
    expect(server.requests[0]).toMatchObject({ method: 'POST', url: '/value', body: '{"q":1}' });
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer s3cret', 'content-type': 'application/json' });
  });

  test('a missing Secret is an error by name, and nothing is sent', async () => {
    const server = await serve(sends({ data: 1 }));
    const headers = [{ key: 'X-Key', parts: [{ secret: { name: 'web', key: 'token' } }] }];
    const answer = await createWebSource().ask(aProvider({ headers }), testIo({ webExchange: toTestServer(server.url) }), never);
    expect(answer).toEqual({ kind: 'error', message: 'Secret web has no key token' });
    expect(server.requests).toHaveLength(0);
  });

  test('a server that never answers ends with the deadline', async () => {
    const server = await serve(() => {});
    const limit = deadline(systemClock, 50, never);
    const answer = await createWebSource().ask(aProvider(), testIo({ webExchange: toTestServer(server.url) }), limit.signal);
    limit.release();
    expect(answer).toMatchObject({ kind: 'error', message: expect.stringMatching(/no answer/) });
  });

  test.each([
    'http://127.0.0.1/',
    'http://localhost:8080/',
    'http://[::1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/',
    'http://user:word@web.example/',
    'ftp://web.example/',
    'not a url',
  ])('%s is refused before anything is sent', async (url) => {
    const asked: string[] = [];
    const io = testIo({
      webExchange: async (call) => {
        asked.push(call.url.href);
        return { kind: 'aborted' };
      },
    });
    expect((await createWebSource().ask(aProvider({ url }), io, never)).kind).toBe('invalid');
    expect(asked).toEqual([]);
  });

  test('a name that resolves to loopback is refused at connect time', async () => {
    const server = await serve(sends({ data: 1 }));
    const { port } = new URL(server.url);
    // Of hosts(5), and no literal that could be refused by its looks.
    const answer = await createWebSource().ask(aProvider({ url: `http://ip6-localhost:${port}/` }), testIo(), never);
    expect(['invalid', 'error']).toContain(answer.kind);
    expect(server.requests).toHaveLength(0);
  });
});
