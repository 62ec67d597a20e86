// A Prometheus that knows one number per workload and says when it first served a bad one.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakePrometheus {
  readonly url: string;
  /** From now on this workload fails all its requests. */
  spoil(workload: string): void;
  /** When the first bad answer about this workload went out; `performance.now()`. */
  servedBadAt(workload: string): number | undefined;
  /** Questions so far. */
  asked(): number;
  close(): Promise<void>;
}

/** The query of the bench's template; all others, such as those for the observed share, find no series. */
export const benchQuery = 'bench_success{workload="{{args.canaryWorkload}}"}';
const workloadOf = /bench_success\{workload="([^"]+)"\}/;

export async function fakePrometheus(): Promise<FakePrometheus> {
  const bad = new Set<string>();
  const served = new Map<string, number>();
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked += 1;
      const parameters = new URLSearchParams(Buffer.concat(chunks).toString('utf8') || (request.url ?? '').split('?')[1]);
      const workload = workloadOf.exec(parameters.get('query') ?? '')?.[1];
      const isBad = workload !== undefined && bad.has(workload);
      const result = workload === undefined ? [] : [{ metric: {}, value: [Date.now() / 1_000, isBad ? '0' : '1'] }];
      response.setHeader('content-type', 'application/json');
      if (isBad && !served.has(workload)) served.set(workload, performance.now());
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil: (workload) => void bad.add(workload),
    servedBadAt: (workload) => served.get(workload),
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
