import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonText } from './json-text.ts';
import type { ApiLine, Outcome } from './line.ts';
import { isWatch } from './path.ts';
import type { ApiRequest } from './port.ts';
import { decodeProtobuf, protobufType } from './protobuf/decode.ts';

export interface HttpApi {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

const maxBodyBytes = 4 * 1024 * 1024;
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Serves the line over HTTP on loopback, so that kubectl, curl and the shipped controller find an API server there. */
export async function serveHttp(line: ApiLine, { host = '127.0.0.1', port = 0 } = {}): Promise<HttpApi> {
  const server = createServer((message, response) => {
    receive(message, (body) => {
      const request = body === undefined ? undefined : requestOf(message, body);
      if (request === undefined) refuse(response);
      else if (isWatch(request)) stream(line, request, response);
      else line.send(request, (outcome) => respond(response, outcome));
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://${host}:${bound}`, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function receive(message: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    // The rest is read and forgotten: the core refuses what is as long as this.
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  });
  message.on('end', () => done(Buffer.concat(chunks)));
  message.on('error', () => done(undefined));
}

function requestOf(message: IncomingMessage, bytes: Buffer): ApiRequest | undefined {
  const { method = '', url = '/' } = message;
  if (!methods.has(method)) return undefined;
  const at = url.indexOf('?');
  const query = at < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(at + 1)));
  const headers = Object.fromEntries(
    Object.entries(message.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
  return {
    method: method as ApiRequest['method'],
    path: at < 0 ? url : url.slice(0, at),
    query,
    ...contentOf(bytes, headers),
  };
}

/** Protobuf becomes the JSON that it stands for; where it cannot be read it stays what it is, and is refused as that. */
function contentOf(bytes: Buffer, headers: Readonly<Record<string, string>>): Pick<ApiRequest, 'headers' | 'body'> {
  if (bytes.length === 0) return { headers };
  const decoded = headers['content-type']?.startsWith(protobufType) ? decodeProtobuf(bytes) : undefined;
  if (decoded?.ok !== true) return { headers, body: bytes.toString('utf8') };
  return { headers: { ...headers, 'content-type': 'application/json' }, body: decoded.value };
}

function refuse(response: ServerResponse): void {
  response.statusCode = 405;
  response.end();
}

function respond(response: ServerResponse, outcome: Outcome): void {
  if (outcome.kind === 'lost') {
    response.socket?.destroy();
    return;
  }
  const { status, headers, body } = outcome.answer;
  response.writeHead(status, headers);
  response.end(typeof body === 'string' ? body : `${jsonText(body)}\n`);
}

function stream(line: ApiLine, request: ApiRequest, response: ServerResponse): void {
  const watch = line.watch(request, {
    onHead(head) {
      if (head.kind === 'lost' || head.answer.status >= 300) return respond(response, head);
      response.writeHead(head.answer.status, head.answer.headers);
      // Watchers wait for the head, which Node would keep until there is a body.
      response.flushHeaders();
    },
    onLine: (text) => response.write(`${text}\n`),
    onEnd(how) {
      if (how === 'broken') response.socket?.destroy();
      else response.end();
    },
  });
  response.on('close', () => watch.close());
}
