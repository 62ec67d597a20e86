import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { FastifyInstance } from 'fastify';
import type { Clock, Logger } from '../lib/index.ts';
import { createApp } from './app.ts';
import type { HealthSources } from './health.ts';
import type { Api } from './routes/index.ts';
import type { TlsFiles, TlsPair } from './tls.ts';
import { readTls, reloadTls, tlsVersion } from './tls.ts';

const idleSweepMs = 100;

export interface ServerOptions {
  /** HOST:PORT. */
  readonly listen: string;
  readonly health: HealthSources;
  /** Undefined until the process knows its cluster. */
  readonly api: () => Api | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly every: (ms: number, run: () => void) => () => void;
  readonly tls?: TlsFiles | undefined;
  readonly maxConnections: number;
  /** For a whole request to arrive; default 10 s. */
  readonly requestTimeoutMs?: number;
  readonly perCaller: number;
  readonly perAddress: number;
  /** Routes of others, each with its policy, in scopes of their own. */
  readonly more?: ((app: FastifyInstance) => void) | undefined;
}

export interface RunningServer {
  readonly address: string;
  /** From now on every answer ends its connection, and streams end, so that clients and balancers go elsewhere while the rest is brought to an end. */
  drain(): void;
  /** Stops listening, lets requests under way end, and cuts idle connections; after `deadlineMs` all of them. */
  close(deadlineMs: number): Promise<void>;
}

const requestTimeoutMs = 10_000;

/** Node looks after the first two only every so often: by default twice a minute, far too late for either. */
const wireOf = (requestTimeout: number) => ({
  ...{ requestTimeout, headersTimeout: requestTimeout / 2, connectionsCheckingInterval: requestTimeout / 10 },
  ...{ keepAliveTimeout: 5_000, maxHeaderSize: 16_384 },
});

/** The HTTP API. Every replica serves it; only the leader acts. Rejects where it cannot listen, or its certificate cannot be used. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { listen, api, every, maxConnections, tls, log } = options;
  const pair = tls === undefined ? undefined : pairOf(tls);
  let isDraining = false;
  const app = createApp({
    ...options,
    version: process.env.SLUICE_VERSION ?? 'dev',
    isDraining: () => isDraining,
    serverFactory: (handler) => {
      const made = serverOf(handler, wireOf(options.requestTimeoutMs ?? requestTimeoutMs), pair);
      made.maxConnections = maxConnections;
      return made;
    },
  });
  const drain = () => {
    isDraining = true;
    api()?.hub.close();
  };
  const { host, port } = hostAndPort(listen);
  const listening = await app.listen({ host, port });
  // Fastify does not know what its server speaks.
  const address = pair === undefined ? listening : listening.replace(/^http:/, 'https:');
  const server: Server = app.server;
  const endReloads =
    tls === undefined || pair === undefined || !('setSecureContext' in server)
      ? () => {}
      : reloadTls({ server: server as Server & Parameters<typeof reloadTls>[0]['server'], files: tls, pair, log, every });
  return {
    address,
    drain,
    async close(deadlineMs) {
      drain();
      endReloads();
      // A keep-alive socket that ends its request during close would hold it up for its whole time-out.
      let elapsedMs = 0;
      const stop = every(idleSweepMs, () => {
        elapsedMs += idleSweepMs;
        if (elapsedMs >= deadlineMs) server.closeAllConnections();
        else server.closeIdleConnections();
      });
      await app.close();
      stop();
    },
  };
}

function pairOf(files: TlsFiles): TlsPair {
  const read = readTls(files);
  if (!read.ok) throw new Error(read.failure);
  return read.value;
}

const serverOf = (handler: RequestListener, wire: ReturnType<typeof wireOf>, pair: TlsPair | undefined): Server =>
  pair === undefined
    ? createHttpServer(wire, handler)
    : createHttpsServer({ ...wire, ...pair, minVersion: tlsVersion, handshakeTimeout: 10_000 }, handler);

function hostAndPort(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}
