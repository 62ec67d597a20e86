import { type Clock, deadline } from '../lib/clock.ts';
import { fail, type Result } from '../lib/result.ts';
import { type Exchange, exchange, isTimeoutReason, openStream } from './exchange.ts';
import { type KubeFailure, localFailure } from './failure.ts';
import { InFlightLimiter } from './in-flight.ts';
import { type PoolSet, Pools } from './pools.ts';
import type { Credentials, Transport, TransportReply, TransportRequest, TransportStream } from './transport.ts';

export interface HttpTransportOptions {
  /** `https://host:6443`, perhaps with a path in front of the API's own. */
  readonly server: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly proxyUrl?: string | undefined;
  readonly userAgent?: string;
  /** Requests under way at once, of which `reservedForCut` serve cuts only. */
  readonly maxInFlight?: number;
  readonly reservedForCut?: number;
  readonly maxBodyBytes?: number;
  readonly maxLineBytes?: number;
}

const mebibyte = 1024 * 1024;

/** The API server over HTTP/1.1 with kept connections. Retries nothing but a 401, once, with fresh credentials. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #pools: Pools;
  readonly #limiter: InFlightLimiter;
  readonly #closing = new AbortController();

  constructor(options: HttpTransportOptions) {
    const url = new URL(options.server);
    const limit = options.maxInFlight ?? 16;
    this.#options = options;
    this.#origin = url.origin;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.#pools = new Pools({ origin: url.origin, proxyUrl: options.proxyUrl, callConnections: limit });
    this.#limiter = new InFlightLimiter({ limit, reservedForCut: options.reservedForCut ?? Math.min(4, limit - 1) });
  }

  async request(request: TransportRequest, signal?: AbortSignal): Promise<Result<TransportReply, KubeFailure>> {
    const limit = deadline(this.#options.clock, request.deadlineMs, signal);
    const lane = request.priority === 'lease' ? undefined : request.priority;
    try {
      if (lane !== undefined && (await this.#limiter.acquire(lane, limit.signal)) === 'aborted') return fail(unsent(limit.signal));
      try {
        const first = await this.#attempt(request, limit.signal);
        if (!first.ok || first.value.status !== 401) return first;
        this.#options.credentials.refresh();
        return await this.#attempt(request, limit.signal);
      } finally {
        if (lane !== undefined) this.#limiter.release(lane);
      }
    } finally {
      limit.release();
    }
  }

  async stream(request: TransportRequest, signal?: AbortSignal): Promise<Result<TransportStream, KubeFailure>> {
    const limit = deadline(this.#options.clock, request.deadlineMs, signal);
    try {
      const first = await this.#open(request, limit.signal, signal);
      if (first.ok || first.failure.status !== 401) return first;
      this.#options.credentials.refresh();
      return await this.#open(request, limit.signal, signal);
    } finally {
      limit.release();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#pools.close();
  }

  async #attempt(request: TransportRequest, signal: AbortSignal): Promise<Result<TransportReply, KubeFailure>> {
    const pool = request.priority === 'lease' ? 'lease' : 'calls';
    const call = await this.#prepare(request, pool, request.maxBodyBytes ?? this.#options.maxBodyBytes ?? 64 * mebibyte, signal);
    return call.ok ? exchange(call.value, signal) : call;
  }

  async #open(request: TransportRequest, headSignal: AbortSignal, signal?: AbortSignal): Promise<Result<TransportStream, KubeFailure>> {
    const call = await this.#prepare(request, 'watches', this.#options.maxLineBytes ?? 16 * mebibyte, headSignal);
    return call.ok ? openStream(call.value, headSignal, signal) : call;
  }

  async #prepare(
    request: TransportRequest,
    pool: keyof PoolSet,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Result<Exchange, KubeFailure>> {
    const access = await this.#options.credentials.access(signal);
    if (!access.ok) return access;
    if (signal.aborted) return fail(unsent(signal));
    if (this.#closing.signal.aborted) return fail(localFailure('aborted', 'the transport is closed'));
    const headers = {
      accept: 'application/json',
      'user-agent': this.#options.userAgent ?? 'sluice',
      ...request.headers,
      ...access.value.headers,
    };
    const options: Exchange['options'] = {
      origin: this.#origin,
      method: request.method,
      path: `${this.#basePath}${request.path}${queryText(request.query)}`,
      headers,
      ...(request.body === undefined ? {} : { body: request.body }),
    };
    const dispatcher = this.#pools.of(access.value.tls)[pool];
    return { ok: true, value: { dispatcher, options, isWrite: request.method !== 'GET', maxBytes, guard: request.guard } };
  }
}

function unsent(signal: AbortSignal): KubeFailure {
  return isTimeoutReason(signal.reason)
    ? localFailure('timeout', 'the deadline passed before the request was sent')
    : localFailure('aborted', 'the caller stopped waiting');
}

function queryText(query: TransportRequest['query']): string {
  const parts = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`],
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
