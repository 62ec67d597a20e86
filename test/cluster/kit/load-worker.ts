// A bounded load generator, a process of its own: sends at a fixed rate, whatever the answers, and writes one line per request.
import { appendFileSync } from 'node:fs';
import { Pool } from 'undici';
import { settings } from './child.ts';
import type { LoadRecord, LoadSpec } from './load-types.ts';

const spec = settings<LoadSpec>();
const pool = new Pool(`http://${spec.target}`, {
  connections: spec.maxInFlight,
  headersTimeout: spec.timeoutMs,
  bodyTimeout: spec.timeoutMs,
});
let lines: string[] = [];
let sent = 0;
let inFlight = 0;
let stopping = false;

async function ask(): Promise<void> {
  inFlight += 1;
  const at = performance.timeOrigin + performance.now();
  const since = performance.now();
  const record = (fields: Omit<LoadRecord, 'at' | 'latencyMs'>) => {
    const line: LoadRecord = { at, latencyMs: performance.now() - since, ...fields };
    lines.push(JSON.stringify(line));
  };
  try {
    const response = await pool.request({ path: spec.path, method: 'GET', headers: spec.headers });
    await response.body.dump();
    const header = (name: string) => {
      const value = response.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    const named = {
      servedBy: header('x-served-by'),
      deployment: header('x-deployment'),
      revision: header('x-revision'),
      config: header('x-config'),
    };
    record({ status: response.statusCode, ...(JSON.parse(JSON.stringify(named)) as Partial<typeof named>) } as LoadRecord);
  } catch (error) {
    record({ status: 0, error: error instanceof Error ? error.message : String(error) });
  }
  inFlight -= 1;
}

function flush(): void {
  if (lines.length === 0) return;
  appendFileSync(spec.file, `${lines.join('\n')}\n`);
  lines = [];
}

function run(): void {
  const startedAt = performance.now();
  const flusher = setInterval(flush, 200);
  // As seldom as the rate allows: many generators share few cores.
  const tickMs = Math.min(50, Math.max(5, 500 / spec.perSecond));
  const ticker = setInterval(() => {
    const seconds = Math.min(spec.seconds, (performance.now() - startedAt) / 1000);
    const due = Math.min(spec.maxRequests, Math.floor(seconds * spec.perSecond));
    // What a slow target left behind is not made up for: the rate falls, as that of a busy client does.
    for (; sent < due && !stopping; sent += 1) if (inFlight < spec.maxInFlight) void ask();
    if (seconds < spec.seconds && sent < spec.maxRequests && !stopping) return;
    if (inFlight > 0) return;
    clearInterval(ticker);
    clearInterval(flusher);
    flush();
    process.exit(0);
  }, tickMs);
}

process.on('message', () => {
  stopping = true;
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => {
  stopping = true;
});
run();
