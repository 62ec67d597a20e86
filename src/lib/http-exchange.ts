import http from 'node:http';
import https from 'node:https';

export interface HttpCall {
  readonly method: 'POST' | 'PATCH' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type HttpReply =
  | { readonly kind: 'reply'; readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string }
  /** `message` never holds the address: it may be a secret. */
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'aborted' };

/** One request to a third party. Never rejects, never retries, follows no redirect, resolves soon after `signal` aborts. */
export type HttpExchange = (call: HttpCall, signal: AbortSignal) => Promise<HttpReply>;

const largestAnswer = 64 * 1024;

/** A connection for each request, so that none was closed meanwhile. The signal is the only deadline. */
const agents = { http: new http.Agent(), https: new https.Agent() };

export const httpExchange: HttpExchange = ({ method, url, headers, body }, signal) => {
  if (signal.aborted) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const isTls = url.protocol === 'https:';
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      method,
      agent: isTls ? agents.https : agents.http,
      signal,
      headers: { 'user-agent': 'sluice', ...length, ...headers },
    };
    const failed = (error: Error) => resolve(signal.aborted ? { kind: 'aborted' } : { kind: 'unreachable', message: reasonOf(error) });
    const request = (isTls ? https : http).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= largestAnswer) chunks.push(chunk);
        else request.destroy(new Error('the answer is larger than 64 KiB'));
      });
      response.on('error', failed);
      response.on('end', () =>
        resolve({
          ...{ kind: 'reply', status: response.statusCode ?? 0, headers: response.headers },
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', failed);
    request.end(body);
  });
};

/** A code says enough; the text of an error may quote the address. */
function reasonOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.message.startsWith('the answer is') ? error.message : 'no answer';
}
