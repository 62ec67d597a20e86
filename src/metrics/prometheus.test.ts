import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../core/analysis/question.ts';
import { deadline, systemClock } from '../lib/clock.ts';
import { ok } from '../lib/result.ts';
import { createPrometheusSource } from './prometheus.ts';
import { instantQuery } from './prometheus-http.ts';
import type { MetricIo, ProviderOf } from './source.ts';
import { testCertificate, testKey } from './testing/certificate.ts';
import { json, type Respond, startServer, type TestServer, vector } from './testing/http-server.ts';
import { testIo } from './testing/io.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: Respond): Promise<TestServer> {
  const server = await startServer(respond);
  servers.push(server);
  return server;
}

const aProvider = (more: Partial<ProviderOf<'prometheus'>> = {}): ProviderOf<'prometheus'> => ({
  kind: 'prometheus',
  query: 'up',
  timeoutMs: 5_000,
  headers: [],
  ...more,
});

const never = new AbortController().signal;

async function answerTo(respond: Respond, more: Partial<ProviderOf<'prometheus'>> = {}, io: Partial<MetricIo> = {}): Promise<Answer> {
  const server = await serve(respond);
  return createPrometheusSource().ask(aProvider(more), testIo({ prometheusAddress: server.url, ...io }), never);
}

const sends =
  (body: unknown, status = 200): Respond =>
  (response) =>
    json(response, body, status);
const scalar = (value: unknown) => ({ status: 'success', data: { resultType: 'scalar', result: [systemClock.nowMs() / 1_000, value] } });
const data = (resultType: unknown, result: unknown) => ({ status: 'success', data: { resultType, result } });
const refusal = (errorType: string, error = 'because') => ({ status: 'error', errorType, error });
const html =
  (status: number): Respond =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<html>log in</html>');
  };
const plain =
  (status: number, headers: Record<string, string> = {}): Respond =>
  (response) => {
    response.writeHead(status, headers);
    response.end('no');
  };
const nowS = systemClock.nowMs() / 1_000;

const table: readonly [string, Respond, Answer['kind'], (number | RegExp)?][] = [
  ['one row', sends(vector([{ value: '0.9925' }])), 'value', 0.9925],
  ['zero', sends(vector([{ value: '0' }])), 'value', 0],
  ['an exponent', sends(vector([{ value: '1.5e-3' }])), 'value', 0.0015],
  ['a negative number', sends(vector([{ value: '-2' }])), 'value', -2],
  ['a scalar', sends(scalar('7')), 'value', 7],
  ['a row with labels', sends(vector([{ value: '1', labels: { job: 'x' } }])), 'value', 1],
  ['warnings', sends(vector([{ value: '1' }], { warnings: ['partial response'] })), 'value', /partial response/],
  ['infos', sends(vector([{ value: '1' }], { infos: ['metric might not be a counter'] })), 'value', /might not be a counter/],
  ['a sample of a minute ago', sends(vector([{ value: '1', at: nowS - 60 }])), 'value', 1],
  [
    'a gzipped answer',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(vector([{ value: '3' }]))));
    },
    'value',
    3,
  ],

  ['an empty vector', sends(vector([])), 'noData', /no series/],
  ['an empty vector with warnings', sends(vector([], { warnings: ['store is down'] })), 'noData', /store is down/],
  ['NaN', sends(vector([{ value: 'NaN' }])), 'noData', /NaN/],
  ['+Inf', sends(vector([{ value: '+Inf' }])), 'noData', /Infinity/],
  ['Inf', sends(vector([{ value: 'Inf' }])), 'noData'],
  ['-Inf', sends(vector([{ value: '-Inf' }])), 'noData', /-Infinity/],
  ['a scalar NaN', sends(scalar('NaN')), 'noData'],
  ['a number beyond a double', sends(vector([{ value: '1e999' }])), 'noData'],
  ['a sample of an hour ago', sends(vector([{ value: '1', at: nowS - 3_600 }])), 'noData', /stale/],
  ['a sample of 1970', sends(vector([{ value: '1', at: 0 }])), 'noData', /stale/],
  ['204', (response) => response.writeHead(204).end(), 'noData'],

  ['two rows', sends(vector([{ value: '1' }, { value: '1' }])), 'invalid', /2 series/],
  ['a string', sends(data('string', [nowS, 'x'])), 'invalid', /string/],
  ['a matrix', sends(data('matrix', [{ metric: {}, values: [[nowS, '1']] }])), 'invalid', /range/],
  ['an empty matrix', sends(data('matrix', [])), 'invalid'],
  ['a native histogram', sends(data('vector', [{ metric: {}, histogram: [nowS, { count: '1' }] }])), 'invalid', /native histogram/],
  ['an unknown type', sends(data('streams', [])), 'invalid'],
  ['no type', sends({ status: 'success', data: {} }), 'invalid'],
  ['no data', sends({ status: 'success' }), 'invalid'],
  ['data null', sends({ status: 'success', data: null }), 'noData'],
  ['a result of null', sends(data('vector', null)), 'noData'],
  ['a vector that is no list', sends(data('vector', {})), 'invalid'],
  ['a row that is no object', sends(data('vector', [1])), 'invalid'],
  ['a row without value', sends(data('vector', [{ metric: {} }])), 'invalid'],
  ['a value of words', sends(vector([{ value: 'many' }])), 'invalid', /no number/],
  ['an empty value', sends(vector([{ value: '' }])), 'invalid'],
  ['a value of blanks', sends(vector([{ value: ' ' }])), 'invalid'],
  ['a hexadecimal value', sends(vector([{ value: '0x10' }])), 'invalid'],
  ['a value of null', sends(vector([{ value: null }])), 'noData'],
  ['a value of true', sends(vector([{ value: true }])), 'invalid'],
  ['a time of words', sends(data('vector', [{ metric: {}, value: ['now', '1'] }])), 'invalid'],
  ['400', sends(refusal('bad_data', 'parse error at char 3'), 400), 'invalid', /bad_data: parse error at char 3/],
  ['422', sends(refusal('execution', 'many-to-many matching'), 422), 'invalid', /many-to-many/],
  ['400 in HTML', html(400), 'invalid', /^HTTP 400$/],
  ['bad_data under 200', sends(refusal('bad_data')), 'invalid'],

  ['401', plain(401), 'error', /HTTP 401/],
  ['403', plain(403), 'error', /HTTP 403/],
  ['404', plain(404), 'error', /HTTP 404/],
  ['405', plain(405), 'error'],
  ['408', plain(408), 'error'],
  ['413', plain(413), 'error'],
  ['429', plain(429), 'error', /HTTP 429/],
  ['500', sends(refusal('internal', 'oh'), 500), 'error', /internal: oh/],
  ['502 in HTML', html(502), 'error', /^HTTP 502$/],
  ['503 by time-out', sends(refusal('timeout', 'query timed out'), 503), 'error', /timed out/],
  ['504', plain(504), 'error'],
  ['timeout under 200', sends(refusal('timeout')), 'error'],
  ['a login page', html(200), 'invalid', /without a Prometheus answer/],
  ['other JSON', sends({ hello: 'world' }), 'invalid'],
  ['JSON null', sends(null), 'noData'],
  ['JSON that ends in the middle', (response) => response.writeHead(200).end('{"status":"succ'), 'error', /cut off/],
  ['an empty body', (response) => response.writeHead(200).end(), 'error'],
  ['half a JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"succ'), 'error'],
  ['a redirect', plain(302, { location: 'http://169.254.169.254/latest' }), 'error', /redirects are not followed/],
  ['a permanent redirect', plain(308, { location: '/elsewhere' }), 'error', /redirects/],
  ['a reset', (response) => response.destroy(), 'error', /ECONNRESET|hang up/],
  [
    'a truncated body',
    (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"status":"success"');
      setImmediate(() => response.destroy());
    },
    'error',
  ],
  ['300 KiB', sends(vector([{ value: '1', labels: { x: 'y'.repeat(300 * 1024) } }])), 'error', /256 KiB/],
  [
    'a gzip bomb',
    (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(4 * 1024 * 1024, 32)));
    },
    'error',
    /256 KiB/,
  ],
];

describe('what Prometheus may answer', () => {
  it.each(table)('%s', async (_, respond, kind, detail) => {
    const answer = await answerTo(respond);
    expect(answer).toMatchObject({ kind });
    if (typeof detail === 'number') expect(answer).toMatchObject({ value: detail });
    if (detail instanceof RegExp) expect(answer.message).toMatch(detail);
  });

  it('refused connections are errors', async () => {
    const server = await startServer(() => {});
    await server.close();
    const answer = await createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: server.url }), never);
    expect(answer).toMatchObject({ kind: 'error', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('no address at all is invalid, and nothing is sent', async () => {
    expect(await createPrometheusSource().ask(aProvider(), testIo(), never)).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('--prometheus-address'),
    });
  });

  it.each([
    ['7', 7_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['soon', undefined],
  ])('Retry-After %s', async (header, retryAfterMs) => {
    const answer = await answerTo(plain(429, { 'retry-after': header, date: 'Wed, 21 Oct 2026 07:28:00 GMT' }));
    expect(answer).toEqual({ kind: 'error', message: 'HTTP 429', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  });

  it('freshness goes by the server’s clock, not by ours', async () => {
    const skewedMs = Date.UTC(2020, 1, 1);
    const respond: Respond = (response) => {
      response.setHeader('date', new Date(skewedMs).toUTCString());
      json(response, vector([{ value: '1', at: skewedMs / 1_000 }]));
    };
    expect(await answerTo(respond)).toEqual({ kind: 'value', value: 1 });
  });
});

describe('the request', () => {
  it('is one POST without a time of ours', async () => {
    const server = await serve(sends(vector([{ value: '1' }])));
    await createPrometheusSource().ask(aProvider({ query: 'sum(up{a="b"})' }), testIo({ prometheusAddress: `${server.url}/prom/` }), never);
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/prom/api/v1/query' });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({ query: 'sum(up{a="b"})', timeout: '5000ms' });
  });

  it('is not sent again after a failure', async () => {
    const server = await serve(plain(503));
    await createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: server.url }), never);
    expect(server.requests).toHaveLength(1);
  });

  it('goes over the connection of the one before it', async () => {
    const server = await serve(sends(vector([{ value: '1' }])));
    for (const _ of [1, 2, 3]) await createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: server.url }), never);
    expect(server.requests).toHaveLength(3);
    expect(server.connections()).toBe(1);
  });

  it('is asked again where the kept connection turns out to be closed, and that is no failure', async () => {
    let answered = 0;
    const respond: Respond = (response) => {
      // The second question meets a server that has given the connection up: it is reset without an answer.
      if (answered++ === 1) response.destroy();
      else json(response, vector([{ value: '1' }]));
    };
    const server = await serve(respond);
    const ask = () => createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: server.url }), never);
    expect(await ask()).toEqual({ kind: 'value', value: 1 });
    expect(await ask()).toEqual({ kind: 'value', value: 1 });
    expect(server.requests).toHaveLength(3);
  });

  it('is asked again once: a server that resets for good is an error', async () => {
    let answered = 0;
    const server = await serve((response) => (answered++ === 0 ? json(response, vector([{ value: '1' }])) : response.destroy()));
    const ask = () => createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: server.url }), never);
    await ask();
    expect(await ask()).toMatchObject({ kind: 'error', message: expect.stringMatching(/ECONNRESET|hang up/) });
    expect(server.requests).toHaveLength(3);
  });

  it('carries headers with Secrets, which no message shows', async () => {
    const respond: Respond = (response, { headers }) => json(response, refusal('bad_data', `you sent ${headers.authorization}`), 400);
    const headers = [{ key: 'Authorization', parts: [{ text: 'Bearer ' }, { secret: { name: 'prom', key: 'token' } }] }];
    const answer = await answerTo(respond, { headers }, { secret: async () => ok('s3cr3t') });
    expect(answer).toEqual({ kind: 'invalid', message: 'HTTP 400: bad_data: you sent Bearer *****' });
  });

  it('carries the user and password of the operator’s address', async () => {
    const server = await serve(sends(vector([{ value: '1' }])));
    const address = server.url.replace('http://', 'http://ann:p%40ss@');
    await createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: address }), never);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
  });

  it.each([
    [
      'a missing Secret',
      { secret: async () => ({ ok: false, failure: 'Secret prom has no key token' }) as const },
      'error',
      /Secret prom has no key token/,
    ],
    ['a Secret with a line break', { secret: async () => ok('abc\n') }, 'error', /key token of Secret prom/],
  ])('is not sent with %s', async (_, io, kind, message) => {
    const server = await serve(sends(vector([{ value: '1' }])));
    const headers = [{ key: 'X-Token', parts: [{ secret: { name: 'prom', key: 'token' } }] }];
    const answer = await createPrometheusSource().ask(aProvider({ headers }), testIo({ prometheusAddress: server.url, ...io }), never);
    expect(answer).toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(answer.message).not.toContain('abc');
    expect(server.requests).toHaveLength(0);
  });

  it('ignores the proxies of the environment', async () => {
    const proxy = await serve(plain(418));
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = proxy.url;
    try {
      expect(await answerTo(sends(vector([{ value: '1' }])))).toMatchObject({ kind: 'value' });
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    }
    expect(proxy.requests).toHaveLength(0);
  });

  it.each(['http://127.0.0.1:9/', 'http://localhost:9/', 'http://[::ffff:127.0.0.1]:9'])(
    'from a template never goes to %s',
    async (address) => {
      const answer = await createPrometheusSource().ask(aProvider({ address }), testIo(), never);
      expect(answer).toMatchObject({ kind: 'invalid', message: expect.stringContaining('refused') });
    },
  );
});

describe('TLS', () => {
  const ca = testCertificate;
  const serverName = 'prometheus.test';
  const secrets = (text: string): Partial<MetricIo> => ({ secret: async () => ok(text) });
  const caSecretRef = { name: 'prom', key: 'ca.crt' };
  const cases: readonly [string, ProviderOf<'prometheus'>['tls'], Partial<MetricIo>, Answer['kind']][] = [
    ['trusts the given CA, for the given name', { ca, serverName }, {}, 'value'],
    ['trusts the CA of a Secret', { caSecretRef, serverName }, secrets(ca), 'value'],
    ['refuses another name', { ca, serverName: 'other.test' }, {}, 'error'],
    ['refuses the address as a name', { ca }, {}, 'error'],
    ['refuses an unknown CA', { serverName }, {}, 'error'],
    ['refuses a CA that is none', { ca: 'nonsense', serverName }, {}, 'error'],
    ['refuses a Secret that is not there', { caSecretRef, serverName }, {}, 'error'],
  ];
  it.each(cases)('%s', async (_, tls, io, kind) => {
    const server = await startServer(sends(vector([{ value: '1' }])), { cert: testCertificate, key: testKey });
    servers.push(server);
    const provider = tls === undefined ? aProvider() : aProvider({ tls });
    const answer = await createPrometheusSource().ask(provider, testIo({ prometheusAddress: server.url, ...io }), never);
    expect(answer).toMatchObject({ kind });
    expect(server.requests).toHaveLength(kind === 'value' ? 1 : 0);
  });
});

describe('the deadline', () => {
  const drip: Respond = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(timer));
  };

  it.each([
    ['a silent server', () => {}],
    ['a dripping body', drip],
  ] as const)('ends %s', async (_, respond) => {
    const server = await serve(respond);
    const limit = deadline(systemClock, 50);
    const answer = await createPrometheusSource().ask(aProvider(), testIo({ prometheusAddress: server.url }), limit.signal);
    limit.release();
    expect(answer).toEqual({ kind: 'error', message: 'no answer: deadline of 50 ms exceeded' });
    await expect.poll(() => server.openSockets()).toBe(0);
  });
});

describe('countQuery', () => {
  const both =
    (value: object, count: object): Respond =>
    (response, { body }) =>
      json(response, new URLSearchParams(body).get('query') === 'up' ? value : count);
  const ask = (value: object, count: object) => answerTo(both(value, count), { countQuery: 'n' });
  const one = vector([{ value: '0.5' }]);

  it('puts the requests beside the value', async () => {
    expect(await ask(one, vector([{ value: '12.5' }]))).toEqual({ kind: 'value', value: 0.5, requests: 12.5 });
  });
  it.each([
    ['no count', vector([]), 'noData'],
    ['a count of zero', vector([{ value: '0' }]), 'noData'],
    ['a count of NaN', vector([{ value: 'NaN' }]), 'noData'],
    ['a negative count', vector([{ value: '-1' }]), 'invalid'],
    ['two counts', vector([{ value: '1' }, { value: '2' }]), 'invalid'],
  ])('%s decides', async (_, count, kind) => {
    expect(await ask(one, count)).toMatchObject({ kind });
  });
  it('an empty value beside a count is no data', async () => {
    expect(await ask(vector([]), vector([{ value: '5' }]))).toMatchObject({ kind: 'noData' });
  });
});

describe('an address of a template whose name resolves to this host', () => {
  it.each(['http', 'https'])('is refused when it is connected to, and nothing is sent: %s', async (scheme) => {
    const tls = scheme === 'https' ? { cert: testCertificate, key: testKey } : undefined;
    const server = await startServer(sends(vector([{ value: '1' }])), tls);
    servers.push(server);
    const url = server.url.replace('127.0.0.1', 'localhost');
    const credentials = { headers: {}, tls: {}, redact: (text: string) => text };
    const call = { address: { url, isTrusted: false }, query: 'up', credentials, timeoutMs: 5_000 };
    expect(await instantQuery(call, never)).toMatchObject({ kind: 'refused', message: expect.stringContaining('loopback') as string });
    expect([server.connections(), server.requests]).toEqual([0, []]);
  });
});
