import { Agent } from 'undici';
import { guardedLookup, refusedLookupCode } from './address.ts';

export interface WebCall {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** The operator's own address: its name may resolve to anything. */
  readonly isTrusted: boolean;
}

export type WebReply =
  | { readonly kind: 'reply'; readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'aborted' };

/** One request by whatever way: the network's, or a simulation's. Never retries, never rejects, resolves soon after `signal` aborts. */
export type WebExchange = (call: WebCall, signal: AbortSignal) => Promise<WebReply>;

const largestBody = 256 * 1024;
/** Connections are kept; a tenant's names are looked up under guard. */
const agents = { guarded: agentOf(true), trusted: agentOf(false) };

function agentOf(isGuarded: boolean): Agent {
  // The signal is the only deadline. No proxy of the environment, no redirect, no decompression: the limit holds for what comes off the wire.
  return new Agent({
    connections: 8,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 0, ...(isGuarded ? { lookup: guardedLookup } : {}) },
  });
}

export async function webExchange({ url, method, headers, body, isTrusted }: WebCall, signal: AbortSignal): Promise<WebReply> {
  if (signal.aborted) return { kind: 'aborted' };
  try {
    const response = await agents[isTrusted ? 'trusted' : 'guarded'].request({
      ...{ origin: url.origin, path: `${url.pathname}${url.search}`, method, signal },
      headers: { 'user-agent': 'sluice', accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop closes the connection.
      if (size > largestBody) return { kind: 'unreachable', message: 'the answer is larger than 256 KiB' };
      chunks.push(chunk);
    }
    return { kind: 'reply', status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') };
  } catch (thrown) {
    if (signal.aborted) return { kind: 'aborted' };
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    if (code === refusedLookupCode) return { kind: 'refused', message: error.message };
    const line = error.message.replace(/\s+/g, ' ').slice(0, 200) || 'no answer';
    return { kind: 'unreachable', message: code === undefined || line.includes(code) ? line : `${line} (${code})` };
  }
}
