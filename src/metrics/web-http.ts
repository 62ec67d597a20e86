import http from 'node:http';
import https from 'node:https';
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

/** A connection for each question, so that none was closed meanwhile. A tenant's names are looked up under guard; no proxy of the environment. */
const agents = {
  guarded: { http: new http.Agent({ lookup: guardedLookup }), https: new https.Agent({ lookup: guardedLookup }) },
  trusted: { http: new http.Agent(), https: new https.Agent() },
};

/** No redirect is followed, and nothing is decompressed: the limit holds for what comes off the wire. The signal is the only deadline. */
export function webExchange({ url, method, headers, body, isTrusted }: WebCall, signal: AbortSignal): Promise<WebReply> {
  if (signal.aborted) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const isTls = url.protocol === 'https:';
    const agent = agents[isTrusted ? 'trusted' : 'guarded'][isTls ? 'https' : 'http'];
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, agent, signal, headers: { 'user-agent': 'sluice', accept: 'application/json', ...length, ...headers } };
    const request = (isTls ? https : http).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= largestBody) chunks.push(chunk);
        else request.destroy(new Error('the answer is larger than 256 KiB'));
      });
      response.on('error', (error) => resolve(failureOf(error, signal)));
      response.on('end', () =>
        resolve({
          ...{ kind: 'reply', status: response.statusCode ?? 0, headers: response.headers },
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', (error) => resolve(failureOf(error, signal)));
    request.end(body);
  });
}

function failureOf(error: Error, signal: AbortSignal): WebReply {
  if (signal.aborted) return { kind: 'aborted' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === refusedLookupCode) return { kind: 'refused', message: error.message };
  const line = error.message.replace(/\s+/g, ' ').slice(0, 200) || 'no answer';
  return { kind: 'unreachable', message: code === undefined || line.includes(code) ? line : `${line} (${code})` };
}
