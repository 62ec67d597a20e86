/** HTTP without sockets: what a server of the sandbox is asked and what it answers, as values. */
export interface PortRequest {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type PortAnswer =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** Virtual time until the answer begins to arrive. */
      readonly afterMs: number;
      /** The connection breaks after so many bytes of the body, though its length was announced whole. */
      readonly brokenAfterBytes?: number;
    }
  /** Nobody listens. */
  | { readonly kind: 'refused' }
  /** The connection is taken, and no answer ever comes. */
  | { readonly kind: 'silence' };

export type Reply = Extract<PortAnswer, { readonly kind: 'reply' }>;

/** Answers at once and without side effects on time: whoever carries the answer lets `afterMs` pass. */
export type Port = (request: PortRequest) => PortAnswer;

export const jsonReply = (status: number, body: unknown, nowMs: number): Reply => ({
  kind: 'reply',
  status,
  headers: { 'content-type': 'application/json', date: new Date(nowMs).toUTCString() },
  body: JSON.stringify(body),
  afterMs: 0,
});

export const textReply = (status: number, body: string, nowMs: number): Reply => ({
  kind: 'reply',
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', date: new Date(nowMs).toUTCString() },
  body,
  afterMs: 0,
});

/** A request's address and the decoded segments of its path; undefined where it is none. */
export function readAddress(address: string): { readonly url: URL; readonly segments: readonly string[] } | undefined {
  try {
    const url = new URL(`http://sandbox${address}`);
    const segments = url.pathname.split('/').filter((part) => part !== '');
    return { url, segments: segments.map(decodeURIComponent) };
  } catch {
    return undefined;
  }
}

/** What Go's HTTP server says to an address that it cannot read. */
export const badRequest = (nowMs: number): Reply => textReply(400, '400 Bad Request', nowMs);
