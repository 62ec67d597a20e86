import type { Result } from '../lib/result.ts';
import type { KubeFailure } from './failure.ts';

/** `cut`: takes risk away and must not wait behind other writes. `lease`: leader election, on a connection of its own. */
export type Priority = 'cut' | 'normal' | 'lease';

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, percent-encoded where needed. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whole call for `request`; until the response head for `stream`. Counts from the call, waiting for a slot included. */
  readonly deadlineMs: number;
  readonly priority: Priority;
  /** A longer body is a failure; default: what the transport bears. */
  readonly maxBodyBytes?: number;
  /** Asked at the instant before bytes leave; a failure stops the request unsent. */
  readonly guard?: () => KubeFailure | undefined;
}

export interface TransportReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the body says, where a transport has it as a value: frozen. */
  readonly json?: unknown;
}

export interface TransportStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends when the stream ends, for whatever reason; never throws. To be iterated once. What a line says, where a transport has it as a value: frozen. */
  readonly lines: AsyncIterable<string | object>;
  /** After `lines` ended: why, or undefined after a clean close. */
  failure(): KubeFailure | undefined;
  close(): void;
}

/**
 * HTTP to one API server. Any status is a reply; a failure means that there was none. `stream` gives the failure of a status
 * of 300 and above itself, since such an answer has no lines.
 */
export interface Transport {
  request(request: TransportRequest, signal?: AbortSignal): Promise<Result<TransportReply, KubeFailure>>;
  stream(request: TransportRequest, signal?: AbortSignal): Promise<Result<TransportStream, KubeFailure>>;
  /** Ends open streams and idle connections; later calls fail. */
  close(): Promise<void>;
}

/** What a TLS connection needs; a change means new connections. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** Asked before each request; caches by itself. */
export interface Credentials {
  access(signal?: AbortSignal): Promise<Result<Access, KubeFailure>>;
  /** The server refused the last answer (401): the next `access` asks its source again. */
  refresh(): void;
}

/** For plain HTTP servers and for tests. */
export const noCredentials: Credentials = {
  access: async () => ({ ok: true, value: { headers: {}, tls: {} } }),
  refresh() {},
};
