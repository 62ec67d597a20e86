// The contract of Prometheus' API, asked of Debian's Prometheus itself: the sandbox answers the same rows in test/contract.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { fixtureNames, seriesOf } from '../contract/prometheus/fixtures.ts';
import { remotePrometheus } from '../contract/prometheus/remote-write.ts';
import { describePrometheus } from '../contract/prometheus.contract.ts';
import { answers, type Process, ready, startProcess } from './kit/process.ts';

// Within the bed's own network namespace, where nothing else listens there.
const url = 'http://127.0.0.1:9091';
const prometheus = remotePrometheus(url);
const dir = mkdtempSync(join(inject('bed').runDir, 'contract-'));
let server: Process;

beforeAll(async () => {
  writeFileSync(join(dir, 'prometheus.yml'), '{}');
  const args = [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    // The samples are of a day long ago: whoever keeps a fortnight would throw them away.
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=${new URL(url).host}`,
    '--web.enable-remote-write-receiver',
    '--log.level=warn',
  ];
  server = startProcess({ name: 'contract-prometheus', command: 'prometheus', args, logDir: join(inject('bed').runDir, 'logs') });
  await ready(server, () => answers(`${url}/-/ready`));
  for (const name of fixtureNames) await prometheus.load(seriesOf(name));
});

afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

describePrometheus('Debian 2.42', () => prometheus);
