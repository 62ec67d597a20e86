import http from 'node:http';
import https from 'node:https';
import type { PrometheusConnectionOptions } from 'prometheus-query';
import { isObject } from '../lib/json.ts';
import { type Address, guardedLookup, refusedLookupCode } from './address.ts';
import type { Credentials } from './headers.ts';

/** What came back, before any parsing of numbers; or why nothing did. */
export type PrometheusReply =
  | { readonly kind: 'reply'; readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: unknown }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'aborted' };

export interface PrometheusCall {
  readonly address: Address;
  readonly query: string;
  readonly credentials: Credentials;
  /** For Prometheus itself, so that it stops working on an answer that nobody awaits; our own deadline is the signal. */
  readonly timeoutMs: number;
}

/** One instant query by whatever way: the network's, or a simulation's. Resolves soon after `signal` aborts, never rejects. */
export type InstantQuery = (call: PrometheusCall, signal: AbortSignal) => Promise<PrometheusReply>;

const largestBody = 256 * 1024;

type Interceptors = Required<Pick<PrometheusConnectionOptions, 'requestInterceptor' | 'responseInterceptor'>>;

/**
 * One instant query by prometheus-query, used as a transport only: its parsing turns infinities into NaN, drops warnings and the
 * server's error type, and throws plain objects. So the answer is caught raw in the response interceptor, and what the driver
 * makes of it afterwards is ignored.
 */
export async function instantQuery(call: PrometheusCall, signal: AbortSignal): Promise<PrometheusReply> {
  const reply = await attempt(call, keptAgents(call), signal);
  if (reply !== 'stale') return reply;
  // The server had closed the kept connection before it read anything: no outage, and a question may be asked twice.
  const fresh = makeAgents(call, false);
  const second = await attempt(call, fresh, signal);
  destroy(fresh);
  return second === 'stale' ? { kind: 'unreachable', message: 'the connection was reset' } : second;
}

/** `stale`: a connection that was kept from an earlier question turned out to be closed. */
async function attempt(call: PrometheusCall, agents: Agents, signal: AbortSignal): Promise<PrometheusReply | 'stale'> {
  if (signal.aborted) return { kind: 'aborted' };
  let reply: PrometheusReply | undefined;
  const requestInterceptor: Interceptors['requestInterceptor'] = {
    onFulfilled: (config) => {
      // Prometheus takes its own clock where `time` is absent; ours may be skewed.
      if (config.data instanceof URLSearchParams) config.data.delete('time');
      return Object.assign(config, {
        ...agents,
        signal,
        // The driver's time-out is one of idleness: a dripping server would outlive it. The signal is the only deadline.
        timeout: 0,
        maxRedirects: 0,
        maxContentLength: largestBody,
        maxBodyLength: largestBody,
        // Null, the driver's default, means "by HTTP_PROXY".
        proxy: false,
        validateStatus: () => true,
      });
    },
  };
  const responseInterceptor: Interceptors['responseInterceptor'] = {
    onFulfilled: (response) => {
      reply = { kind: 'reply', status: response.status, headers: { ...response.headers }, body: response.data };
      return response;
    },
  };
  try {
    // It brings axios and more: 2 MB that a cluster without Prometheus does not need.
    const { PrometheusDriver } = await import('./prometheus-driver.ts');
    const driver = new PrometheusDriver({
      endpoint: call.address.url,
      headers: headersOf(call),
      preferPost: true,
      requestInterceptor,
      responseInterceptor,
    });
    await driver.instantQuery(call.query, undefined, `${Math.ceil(call.timeoutMs)}ms`);
  } catch (thrown) {
    if (reply === undefined && !signal.aborted && isStale(thrown)) return 'stale';
    reply ??= failureOf(thrown, signal);
  }
  return reply ?? { kind: 'unreachable', message: 'no answer' };
}

function headersOf({ address, credentials }: PrometheusCall): Record<string, string> {
  const own = { 'user-agent': 'sluice', accept: 'application/json' };
  return { ...own, ...(address.authorization === undefined ? {} : { authorization: address.authorization }), ...credentials.headers };
}

interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

/** Kept connections by what they were made with: how names are resolved, and whom TLS trusts. A hundred canaries ask one server. */
const kept = new Map<string, Agents>();
const mostKept = 32;
const idleMs = 30_000;

function keptAgents(call: PrometheusCall): Agents {
  const { ca, serverName } = call.credentials.tls;
  const key = JSON.stringify([call.address.isTrusted, serverName, ca]);
  const agents = kept.get(key) ?? makeAgents(call, true);
  // The latest last, so that the first is the one that was not asked for longest.
  kept.delete(key);
  kept.set(key, agents);
  const [oldest] = kept.size > mostKept ? kept : [];
  if (oldest !== undefined) {
    kept.delete(oldest[0]);
    destroy(oldest[1]);
  }
  return agents;
}

function makeAgents({ address, credentials }: PrometheusCall, keepAlive: boolean): Agents {
  const lookup = address.isTrusted ? {} : { lookup: guardedLookup };
  const { ca, serverName } = credentials.tls;
  const tls = { ...(ca === undefined ? {} : { ca }), ...(serverName === undefined ? {} : { servername: serverName }) };
  const keeping = keepAlive ? { keepAlive, maxFreeSockets: 16, timeout: idleMs } : { keepAlive };
  return {
    httpAgent: new http.Agent({ ...keeping, ...lookup }),
    httpsAgent: new https.Agent({ ...keeping, rejectUnauthorized: true, ...lookup, ...tls }),
  };
}

function destroy({ httpAgent, httpsAgent }: Agents): void {
  httpAgent.destroy();
  httpsAgent.destroy();
}

/** A reset before any answer, on a connection that had served before. */
function isStale(thrown: unknown): boolean {
  const original = originalOf(thrown);
  const code = textOf(original, 'code');
  const request = isObject(original) ? original.request : undefined;
  const isReused = typeof request === 'object' && request !== null && Reflect.get(request, 'reusedSocket') === true;
  return isReused && (code === 'ECONNRESET' || code === 'EPIPE');
}

const originalOf = (thrown: unknown): unknown => (isObject(thrown) && isObject(thrown.original) ? thrown.original : thrown);

/** The driver throws plain objects with `code`, `error` and the original AxiosError. */
function failureOf(thrown: unknown, signal: AbortSignal): PrometheusReply {
  if (signal.aborted) return { kind: 'aborted' };
  const original = originalOf(thrown);
  const code = textOf(original, 'code');
  const message = textOf(original, 'message') ?? textOf(thrown, 'error') ?? 'no answer';
  if (code === refusedLookupCode) return { kind: 'refused', message };
  const tooLarge = /maxContentLength/.test(message);
  return { kind: 'unreachable', message: tooLarge ? 'the answer is larger than 256 KiB' : describe(code, message) };
}

const textOf = (value: unknown, key: string): string | undefined => {
  const text = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
};

function describe(code: string | undefined, message: string): string {
  const line = message.replace(/\s+/g, ' ').slice(0, 200);
  return code === undefined || line.includes(code) ? line : `${line} (${code})`;
}
