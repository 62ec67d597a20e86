// node scripts/run.mjs bench/api.ts [malformed requests]: the HTTP API on loopback, on an API server that answers at once. What is measured is ours alone: the client is a
// process of its own, and the server's is watched for its memory and for how long its event loop was blocked.
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { seededRandom, silentLogger, systemClock } from '../src/lib/index.ts';
import { createApi } from '../src/server/api.ts';
import { startServer } from '../src/server/server.ts';
import { gate, web } from '../src/server/testing/app.ts';
import { FakeCluster } from '../src/server/testing/fake-cluster.ts';
import { type Malformed, malformedRequests } from '../src/server/testing/malformed.ts';

const [role, first, second] = process.argv.slice(2);
const connections = 32;
const MiB = 1024 * 1024;

interface Sent {
  readonly statuses: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

async function server(malformed: number): Promise<void> {
  const cluster = new FakeCluster();
  cluster.users.set('alice', { username: 'alice' });
  for (const verb of ['approve', 'abort']) cluster.grant('alice', verb, 'rollouts/decision');
  cluster.grant('alice', 'get', 'rollouts');
  cluster.put('shop', 'web', { canaryRevision: 'bbbb', attempt: 2, gates: [{ ...gate, approvals: [] }] });
  cluster.sync();
  const shared = { clock: systemClock, log: silentLogger };
  const api = createApi({ ...shared, client: cluster.client, source: cluster.source, audiences: ['apiserver'], mostViewers: 10 });
  const running = await startServer({
    ...{ ...shared, listen: '127.0.0.1:0', maxConnections: 1_000, perCaller: 100_000_000, perAddress: 100_000_000, api: () => api },
    health: { isReady: () => true, isLive: () => true, problems: () => [], metrics: async () => '' },
    every: (ms, run) => {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
  });
  for (const [kind, count] of [
    ['malformed', Math.floor(malformed / 10)],
    ['malformed', malformed],
    ['reads', 20_000],
    ['approvals', 20_000],
  ] as const) {
    const before = process.memoryUsage().rss;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const busy = process.cpuUsage();
    const { statuses, seconds, p50, p99 } = await client(kind, running.address, count);
    delay.disable();
    const { user, system } = process.cpuUsage(busy);
    const cpu = `${((user + system) / 1000 / count).toFixed(2)} ms of CPU each`;
    const grown = (process.memoryUsage().rss - before) / MiB;
    const loop = `loop blocked at most ${(delay.max / 1e6).toFixed(0)} ms (p99 ${(delay.percentile(99) / 1e6).toFixed(0)})`;
    const memory = `RSS ${(before / MiB).toFixed(0)} MiB ${grown < 0 ? '' : '+'}${grown.toFixed(0)}`;
    console.log(
      `${count} ${kind}: ${(count / seconds).toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; ${cpu}; ${loop}; ${memory}; ${JSON.stringify(statuses)}`,
    );
    cluster.decisions.clear();
    cluster.creations.length = 0;
    cluster.reviews.length = 0;
  }
  await running.close(0);
}

function client(kind: string, address: string, count: number): Promise<Sent> {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'bench/api.ts', kind, address, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('close', () => {
      try {
        resolve(JSON.parse(text) as Sent);
      } catch {
        reject(new Error(text));
      }
    });
  });
}

const authorized = { authorization: 'Bearer alice' };

function* wanted(kind: string, count: number): Generator<Omit<Malformed, 'kind'>> {
  if (kind === 'malformed') return yield* malformedRequests(seededRandom(7), count);
  const payload = JSON.stringify({ revision: 'bbbb', attempt: 2, reason: 'looks good' });
  for (let index = 0; index < count; index++) {
    if (kind === 'reads') yield { method: 'GET', url: web, headers: authorized };
    else {
      const headers = { ...authorized, 'content-type': 'application/json', 'idempotency-key': `k-${index}` };
      yield { method: 'POST', url: `${web}/gates/qa/approve`, headers, payload };
    }
  }
}

async function send(kind: string, address: string, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Record<string, number> = {};
  const took: number[] = [];
  const requests = wanted(kind, count);
  const one = (each: Omit<Malformed, 'kind'>): Promise<number | string> =>
    new Promise((resolve) => {
      const { method, url, headers, payload } = each;
      const length = payload === undefined ? {} : { 'content-length': String(Buffer.byteLength(payload)) };
      const asked = request(new URL(address), { method, path: url, agent, headers: { ...headers, ...length } }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      asked.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
      asked.end(payload);
    });
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const each of requests) {
        const beganMs = performance.now();
        const status = await one(each);
        took.push(performance.now() - beganMs);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  took.sort((left, right) => left - right);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;
  process.stdout.write(JSON.stringify({ statuses, seconds, p50: at(0.5), p99: at(0.99) } satisfies Sent));
  agent.destroy();
}

if (role === 'malformed' || role === 'reads' || role === 'approvals') await send(role, first ?? '', Number(second));
else await server(Number(role) || 100_000);
