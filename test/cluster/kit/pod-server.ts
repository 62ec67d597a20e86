// The program inside a Pod of the bed: real listeners on the Pod's own address, behaving as the Pod's annotations say at that moment.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { annotatedNumber, annotation, deploymentOf, type Pod } from './pod-types.ts';

export interface PodServer {
  /** Requests answered since it started, and those under way. */
  readonly served: () => number;
  /** Accepts no more; resolves when the requests under way are answered, or after the grace. */
  close(graceMs: number): Promise<void>;
  /** As a crash does it: every connection is cut. */
  crash(): void;
}

export interface PodServerOptions {
  readonly ip: string;
  readonly ports: readonly number[];
  /** The Pod as it is now: annotations may change under way. */
  readonly pod: () => Pod;
  readonly environment: ReadonlyMap<string, string>;
  readonly onServed: (count: number) => void;
}

export async function servePod(options: PodServerOptions): Promise<PodServer> {
  let served = 0;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const pod = options.pod();
    // Drawn per request, so that "30 % errors" is a property of the traffic and not of a schedule.
    const failed = Math.random() < (annotatedNumber(pod, 'error-rate') ?? 0);
    const respond = () => {
      response.writeHead(failed ? (annotatedNumber(pod, 'error-code') ?? 500) : 200, headersOf(pod, options.environment));
      response.end(`${pod.metadata.name} ${failed ? 'failed' : 'ok'}\n`);
      served += 1;
      options.onServed(served);
    };
    request.resume();
    const delayMs = latencyOf(annotation(pod, 'latency-ms'));
    if (delayMs > 0) setTimeout(respond, delayMs);
    else respond();
  };
  const servers = await Promise.all(options.ports.map((port) => listen(options.ip, port, answer)));
  const closed = () => Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return {
    served: () => served,
    close: async (graceMs) => {
      const timer = setTimeout(() => cut(servers), graceMs);
      const done = closed();
      for (const server of servers) server.closeIdleConnections();
      await done;
      clearTimeout(timer);
    },
    crash: () => {
      void closed();
      cut(servers);
    },
  };
}

const cut = (servers: readonly Server[]): void => {
  for (const server of servers) server.closeAllConnections();
};

async function listen(ip: string, port: number, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  // The proxy decides when an idle connection ends: a server that closes first makes a reused connection fail.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host: ip, port, backlog: 1024 }, resolve));
  return server;
}

function headersOf(pod: Pod, environment: ReadonlyMap<string, string>): Record<string, string> {
  const revision = pod.metadata.labels?.['sluice.dev/revision'];
  const config = environment.get('COLOR');
  return {
    'content-type': 'text/plain',
    'x-served-by': pod.metadata.name,
    'x-deployment': deploymentOf(pod),
    ...(revision === undefined ? {} : { 'x-revision': revision }),
    ...(config === undefined ? {} : { 'x-config': config }),
  };
}

/** `40`, or `40-200` for a uniform draw. */
export function latencyOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const [low = 0, high = low] = text.split('-').map(Number);
  return low + Math.random() * (high - low);
}
