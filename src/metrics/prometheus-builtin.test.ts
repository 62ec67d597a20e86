import { afterEach, describe, expect, it } from 'vitest';
import type { BuiltinMetric } from '../core/analysis/question.ts';
import { createBuiltinSource } from './prometheus-builtin.ts';
import { rowLabel } from './promql.ts';
import type { ProviderOf } from './source.ts';
import { json, startServer, type TestServer, vector } from './testing/http-server.ts';
import { testIo } from './testing/io.ts';

let server: TestServer | undefined;
afterEach(async () => server?.close());
const never = new AbortController().signal;

const aProvider = (more: Partial<ProviderOf<'prometheusBuiltin'>> = {}): ProviderOf<'prometheusBuiltin'> => ({
  kind: 'prometheusBuiltin',
  builtin: 'successRate',
  mesh: 'auto',
  subject: { namespace: 'shop', workload: 'web-abc', service: 'web-abc', rootService: 'web', split: 'web' },
  windowMs: 60_000,
  timeoutMs: 5_000,
  headers: [],
  ...more,
});

const row = (name: string, value: string) => ({ value, labels: { [rowLabel]: name } });

async function answerTo(
  rows: readonly { readonly value: string; readonly labels: object }[],
  builtin: BuiltinMetric = 'successRate',
  more: object = {},
) {
  server = await startServer((response) => json(response, vector(rows, more)));
  return createBuiltinSource().ask(aProvider({ builtin }), testIo({ prometheusAddress: server.url, mesh: 'istio' }), never);
}

describe('builtin metrics', () => {
  it('come with their requests in one request', async () => {
    expect(await answerTo([row('value', '0.98'), row('requests', '120.5')])).toEqual({ kind: 'value', value: 0.98, requests: 120.5 });
    expect(server?.requests).toHaveLength(1);
    expect(new URLSearchParams(server?.requests[0]?.body).get('query')).toContain('destination_workload="web-abc"');
  });

  it.each([
    ['no rows', [], 'noData', /no series/],
    ['series without traffic', [row('value', 'NaN'), row('requests', '0')], 'noData', /no requests in the window/],
    ['a count alone', [row('requests', '5')], 'noData', /no series match/],
    ['a value alone', [row('value', '1')], 'noData', /no series/],
    ['an infinite latency', [row('value', '+Inf'), row('requests', '5')], 'noData', /Infinity/],
    ['a negative count', [row('value', '1'), row('requests', '-1')], 'invalid', /negative/],
  ])('%s', async (_, rows, kind, message) => {
    expect(await answerTo(rows)).toMatchObject({ kind, message: expect.stringMatching(message) });
  });

  it('a canary that is wholly broken has a rate of 0, not silence', async () => {
    expect(await answerTo([row('value', '0'), row('requests', '40')])).toEqual({ kind: 'value', value: 0, requests: 40 });
  });

  it('warnings stay with the value', async () => {
    expect(await answerTo([row('value', '1'), row('requests', '1')], 'p99', { warnings: ['partial'] })).toMatchObject({
      value: 1,
      message: 'Prometheus: partial',
    });
  });

  it.each([
    // A mesh that is not told apart now, because another one left its mark, may be in a minute: no release ends at once for that.
    [undefined, 'auto', 'error', /no mesh was detected: set provider.prometheus.mesh to one of linkerd/],
    ['generic', 'auto', 'error', /mesh "generic" has no builtin metrics: set provider.prometheus.mesh/],
    ['istio', 'generic', 'invalid', /mesh "generic"/],
  ])('of mesh %s, asked as %s, cannot be known: %s', async (mesh, asked, kind, message) => {
    const io = testIo({ prometheusAddress: 'http://127.0.0.1:9', mesh });
    const answer = await createBuiltinSource().ask(aProvider({ mesh: asked }), io, never);
    expect(answer).toMatchObject({ kind, message: expect.stringMatching(message) });
  });
});

describe('builtin metrics that are asked together', () => {
  const { together } = createBuiltinSource();
  const askTwo = async (respond: Parameters<typeof startServer>[0]) => {
    server = await startServer(respond);
    const io = testIo({ prometheusAddress: server.url, mesh: 'istio' });
    return together?.ask([aProvider(), aProvider({ builtin: 'p99' })], io, never);
  };

  it('each find their own rows, and a warning is told to all', async () => {
    const rows = [row('0_value', '0.5'), row('0_requests', '8'), row('1_value', '200'), row('1_requests', '8')];
    expect(await askTwo((response) => json(response, vector(rows, { warnings: ['partial'] })))).toEqual([
      { kind: 'value', value: 0.5, requests: 8, message: 'Prometheus: partial' },
      { kind: 'value', value: 200, requests: 8, message: 'Prometheus: partial' },
    ]);
  });

  it.each([[422], [400], [500], [503]])('and refused by %i are to be asked apart: one of them may be the reason', async (status) => {
    expect(await askTwo((response) => json(response, {}, status))).toBeUndefined();
  });

  it('are not asked apart of a server that asks for patience', async () => {
    const patience = { kind: 'error', retryAfterMs: 7_000, message: expect.stringMatching(/HTTP 429/) };
    const busy: Parameters<typeof startServer>[0] = (response) => response.writeHead(429, { 'retry-after': '7' }).end();
    expect(await askTwo(busy)).toEqual([patience, patience]);
  });

  it('are of one server, one set of headers and one dialect', () => {
    const partyOf = (more: Parameters<typeof aProvider>[0], mesh = 'istio') => together?.partyOf(aProvider(more), testIo({ mesh }));
    const usual = partyOf({});
    expect(usual).toBeDefined();
    const other = { namespace: 'bank', workload: 'api', service: 'api', rootService: 'api', split: 'api' };
    expect(partyOf({ builtin: 'p99', windowMs: 10_000, subject: other })).toBe(usual);
    expect(partyOf({ mesh: 'istio' }, 'linkerd')).toBe(usual);
    const others = [
      partyOf({}, 'linkerd'),
      partyOf({ address: 'http://other:9090/' }),
      partyOf({ headers: [{ key: 'x', parts: [{ text: 'y' }] }] }),
      partyOf({ timeoutMs: 1_000 }),
    ];
    expect(new Set([usual, ...others]).size).toBe(5);
  });

  it('are never asked with the Secret of another namespace, nor before a mesh is known', () => {
    const partyOf = (more: Parameters<typeof aProvider>[0], mesh?: string) => together?.partyOf(aProvider(more), testIo({ mesh }));
    expect(partyOf({ headers: [{ key: 'x', parts: [{ secret: { name: 's', key: 'k' } }] }] }, 'istio')).toBeUndefined();
    expect(partyOf({ tls: { caSecretRef: { name: 's', key: 'k' } } }, 'istio')).toBeUndefined();
    expect(partyOf({})).toBeUndefined();
    expect(partyOf({}, 'generic')).toBeUndefined();
  });
});
