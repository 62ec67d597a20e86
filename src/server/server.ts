import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import type { HealthSources } from './health.ts';
import { healthRoutes } from './health.ts';

const idleSweepMs = 100;

export interface RunningServer {
  readonly address: string;
  /** From now on every answer ends its connection, so that clients and balancers go elsewhere while the rest is brought to an end. */
  drain(): void;
  /** Stops listening, lets requests under way end, and cuts idle connections; after `deadlineMs` all of them. */
  close(deadlineMs: number): Promise<void>;
}

/** The HTTP API. Every replica serves it; only the leader acts. */
export async function startServer(
  listen: string,
  sources: HealthSources,
  every: (ms: number, run: () => void) => () => void,
): Promise<RunningServer> {
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: 65_536,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    trustProxy: false,
  });
  let isDraining = false;
  app.addHook('onRequest', async (_request, reply) => {
    if (isDraining) reply.header('connection', 'close');
  });
  healthRoutes(app, sources);
  const { host, port } = hostAndPort(listen);
  const address = await app.listen({ host, port });
  return {
    address,
    drain() {
      isDraining = true;
    },
    async close(deadlineMs) {
      // A keep-alive socket that ends its request during close would hold it up for its whole time-out.
      let elapsedMs = 0;
      const stop = every(idleSweepMs, () => {
        elapsedMs += idleSweepMs;
        if (elapsedMs >= deadlineMs) app.server.closeAllConnections();
        else app.server.closeIdleConnections();
      });
      await app.close();
      stop();
    },
  };
}

function hostAndPort(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}
