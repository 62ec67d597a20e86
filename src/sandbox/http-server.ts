import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { Port, PortAnswer, PortRequest } from './http-port.ts';

export interface SandboxServer {
  readonly url: string;
  /** Cuts what is open. */
  close(): Promise<void>;
}

const largestRequest = 1024 * 1024;

/** A port on a real socket, for whoever speaks HTTP: `refused` becomes a reset connection, since the listener must stay. */
export async function serve(port: Port, { clock, host = '127.0.0.1', portNumber = 0 }: ServeOptions): Promise<SandboxServer> {
  const server = createServer((incoming, response) => {
    read(incoming, (body) => {
      const { method = 'GET', url = '/' } = incoming;
      deliver(port({ method, url, headers: headersOf(incoming), body }), response, clock);
    });
  });
  // As Prometheus: who asks ends an idle connection long before.
  server.keepAliveTimeout = 300_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(portNumber, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface ServeOptions {
  readonly clock: Clock;
  readonly host?: string;
  readonly portNumber?: number;
}

function read(incoming: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > largestRequest) incoming.destroy();
    else chunks.push(chunk);
  });
  incoming.on('end', () => done(Buffer.concat(chunks).toString('utf8')));
}

function headersOf({ headers }: IncomingMessage): PortRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function deliver(answer: PortAnswer, response: ServerResponse, clock: Clock): void {
  if (answer.kind === 'silence') return;
  if (answer.kind === 'refused') {
    response.destroy();
    return;
  }
  const { status, headers, body, afterMs, brokenAfterBytes } = answer;
  const send = (): void => {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...headers, 'content-length': bytes.length });
    if (brokenAfterBytes === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, brokenAfterBytes), () => response.destroy());
  };
  if (afterMs === 0) {
    send();
    return;
  }
  const cancel = clock.after(afterMs, send);
  response.on('close', cancel);
}
