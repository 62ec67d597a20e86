import type { FastifyInstance } from 'fastify';
import { problem, sendProblem } from './problem.ts';

export interface HealthSources {
  readonly isReady: () => boolean;
  /** What is wrong, in a line each; empty where nothing is. */
  readonly problems: () => readonly string[];
  readonly isLive: () => boolean;
  readonly metrics: () => Promise<string>;
}

/** Probes and metrics: no authentication, nothing about any object. */
export function healthRoutes(app: FastifyInstance, sources: HealthSources): void {
  const open = { config: { policy: { kind: 'open' } } } as const;
  // Load balancers like to ask by HEAD.
  const probe = { ...open, exposeHeadRoute: true };
  app.get('/healthz', probe, async (_request, reply) => {
    if (sources.isLive()) return reply.type('text/plain').send('ok\n');
    return sendProblem(reply, problem(503, 'NotServing', sources.problems().join('; ')));
  });
  app.get('/readyz', probe, async (_request, reply) => {
    if (sources.isReady()) return reply.type('text/plain').send('ok\n');
    return sendProblem(reply, problem(503, 'NotServing', sources.problems().join('; ')));
  });
  app.get('/metrics', open, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await sources.metrics()),
  );
}
