import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../lib/clock.ts';

/** For tests: a real server on 127.0.0.1, and everything that was asked of it. */
export interface TestServer {
  readonly url: string;
  readonly requests: readonly TestRequest[];
  /** Sockets that were ever opened, and those that still are. */
  readonly connections: () => number;
  readonly openSockets: () => number;
  close(): Promise<void>;
}

export interface TestRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Respond = (response: ServerResponse, request: TestRequest) => void;

export async function startServer(respond: Respond, tls?: Pick<ServerOptions, 'cert' | 'key'>): Promise<TestServer> {
  const requests: TestRequest[] = [];
  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(request);
      respond(response, request);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  let [opened, closed] = [0, 0];
  server.on('connection', (socket) => {
    opened++;
    socket.on('close', () => closed++);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    connections: () => opened,
    openSockets: () => opened - closed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** An instant vector as Prometheus sends it; a row without `at` is of now. */
export function vector(
  rows: readonly { readonly value: unknown; readonly labels?: object; readonly at?: number }[],
  more: object = {},
): object {
  const result = rows.map(({ value, labels = {}, at = systemClock.nowMs() / 1_000 }) => ({ metric: labels, value: [at, value] }));
  return { status: 'success', data: { resultType: 'vector', result }, ...more };
}
