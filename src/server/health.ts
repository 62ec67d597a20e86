import type { FastifyInstance } from 'fastify';

export interface HealthSources {
  readonly isReady: () => boolean;
  /** What is wrong, in a line each; empty where nothing is. */
  readonly problems: () => readonly string[];
  readonly isLive: () => boolean;
  readonly metrics: () => Promise<string>;
}

/** Probes and metrics: no authentication, nothing about any object. */
export function healthRoutes(app: FastifyInstance, sources: HealthSources): void {
  const problem = (status: number, title: string, detail: string) => ({ type: 'about:blank', status, title, detail });
  app.get('/healthz', async (_request, reply) => {
    if (sources.isLive()) return reply.type('text/plain').send('ok\n');
    return reply
      .code(503)
      .type('application/problem+json')
      .send(problem(503, 'Not live', sources.problems().join('; ')));
  });
  app.get('/readyz', async (_request, reply) => {
    if (sources.isReady()) return reply.type('text/plain').send('ok\n');
    return reply
      .code(503)
      .type('application/problem+json')
      .send(problem(503, 'Not ready', sources.problems().join('; ')));
  });
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await sources.metrics()));
}
