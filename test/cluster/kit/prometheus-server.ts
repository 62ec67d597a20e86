import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scrapeConfig } from './dialects.ts';
import { PROMETHEUS, urlOf } from './layout.ts';
import { answers, type Process, ready, startProcess } from './process.ts';

export interface PrometheusServer {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stopped by signal: it accepts connections and answers nothing, which is what an overloaded one does. */
  pause(): void;
  resume(): void;
}

/** Debian's Prometheus on a cluster address, scraping Envoy every second, once per dialect. Its data outlive a restart. */
export async function startPrometheus(runDir: string): Promise<PrometheusServer> {
  const dir = join(runDir, 'prometheus');
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'prometheus.json');
  writeFileSync(config, JSON.stringify(scrapeConfig()));
  let server: Process | undefined;
  const start = async () => {
    if (server?.isRunning()) return;
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=${PROMETHEUS.host}:${PROMETHEUS.port}`,
      '--log.level=warn',
      '--query.lookback-delta=10s',
    ];
    const started = startProcess({ name: 'prometheus', command: 'prometheus', args, logDir: join(runDir, 'logs') });
    server = started;
    await ready(started, () => answers(`${urlOf(PROMETHEUS)}/-/ready`));
  };
  await start();
  return {
    start,
    stop: async () => void (await server?.stop()),
    pause: () => server?.signal('SIGSTOP'),
    resume: () => server?.signal('SIGCONT'),
  };
}
