// Memory and start with 10,000 idle Rollouts, against the fake API server in a process of its own; the controller is the bundle, as released.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/cluster/kit/ports.ts';
import { answers, startProcess } from '../test/cluster/kit/process.ts';
import { sleep, waitFor } from '../test/cluster/kit/wait.ts';
import type { FakeApiMessage, FakeApiOptions } from './fake-api-server.ts';
import { liveHeapOf } from './inspect.ts';
import type { Specimens } from './objects.ts';
import { type Figure, megabytes, memoryOf, type Section, say } from './report.ts';

const [few, many] = [2_000, 10_000] as const;
const goals = { heapBytes: 8_192, rss: 200e6, readyMs: 10_000 };
const settleMs = 20_000;

interface Measured {
  readonly size: number;
  readonly readyMs: number;
  /** Every Rollout has been looked at once. */
  readonly reconciledMs: number;
  readonly rss: number;
  readonly peakRss: number;
  readonly heap: number;
  readonly idleCpuPercent: number;
  readonly seen: Extract<FakeApiMessage, { kind: 'seen' }>;
}

export async function memorySection(specimens: Specimens): Promise<Section> {
  const small = await measure(specimens, few);
  const large = await measure(specimens, many);
  const slope = (large.heap - small.heap) / (many - few);
  const { seen } = large;
  const figures: Figure[] = [
    {
      name: 'live heap per idle Rollout',
      value: `${(slope / 1_024).toFixed(1)} kB`,
      goal: '<= 8 kB',
      holds: slope <= goals.heapBytes,
      note: `slope from ${few} (${megabytes(small.heap)}) to ${many} (${megabytes(large.heap)}), after a full collection`,
    },
    {
      name: `resident memory, ${many} Rollouts`,
      value: `${megabytes(large.rss)}, peak ${megabytes(large.peakRss)}`,
      goal: '<= 200 MB',
      holds: large.rss <= goals.rss,
      note: `${settleMs / 1_000} s after the start; with ${few}: ${megabytes(small.rss)}`,
    },
    {
      name: `ready, ${many} Rollouts`,
      value: `${(large.readyMs / 1_000).toFixed(1)} s; each reconciled once: ${(large.reconciledMs / 1_000).toFixed(1)} s`,
      goal: '<= 10 s',
      holds: large.readyMs <= goals.readyMs,
      note: `fake API server of the bench on the same cores, plain HTTP, WatchList, ${seen.megabytes} MB of objects as the real server stores them (3 Deployments, 3 Services, 2 EndpointSlices each)`,
    },
    {
      name: 'writes while 10,000 unchanged Rollouts are taken over',
      value: String(seen.writes),
      goal: '0',
      holds: seen.writes === 0,
      details: seen.requests,
    },
    {
      name: `CPU while ${many} are idle`,
      value: `${large.idleCpuPercent.toFixed(1)} % of a core`,
      goal: '<= 1 %',
      holds: large.idleCpuPercent <= 1,
    },
  ];
  return { title: 'Memory and start (fake API server)', figures: figures.map((figure) => ({ details: [small, large], ...figure })) };
}

async function measure(specimens: Specimens, size: number): Promise<Measured> {
  say(`memory: ${size} Rollouts`);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const options: FakeApiOptions = { specimens, size };
  const file = join(folder, 'options.json');
  writeFileSync(file, JSON.stringify(options));
  const api = fork(process.argv[1] ?? '', ['--fake-api-server', file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    const listening = await said(api);
    const url = listening.kind === 'listening' ? listening.url : '';
    return await run(size, url, folder, api);
  } finally {
    api.disconnect();
    if (process.env.SLUICE_BED_KEEP !== '1') rmSync(folder, { recursive: true });
  }
}

async function run(size: number, url: string, folder: string, api: ChildProcess): Promise<Measured> {
  const config = join(folder, 'kubeconfig');
  writeFileSync(config, kubeconfig(url));
  const [port, inspectPort] = [await freePort(), await freePort()];
  const listen = `127.0.0.1:${port}`;
  const flags = (process.env.SLUICE_BENCH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
  const args = [...flags, `--inspect-port=${inspectPort}`, 'dist/sluice.js', 'controller', '--kubeconfig', config, '--listen', listen];
  const startedAt = performance.now();
  const controller = startProcess({
    name: `controller-${size}`,
    command: process.execPath,
    args: [...args, '--leader-election', 'false'],
    logDir: folder,
  });
  try {
    const wait = { everyMs: 25, deadlineMs: 180_000 };
    await waitFor('the controller to be ready', () => controller.isRunning() && answers(`http://${listen}/readyz`), wait);
    const readyMs = performance.now() - startedAt;
    await waitFor('each Rollout to be reconciled', async () => (await healthy(listen)) >= size, { everyMs: 100, deadlineMs: 120_000 });
    const reconciledMs = performance.now() - startedAt;
    await sleep(settleMs / 2);
    const cpuBefore = await cpuSeconds(listen);
    await sleep(settleMs / 2);
    const idleCpuPercent = ((await cpuSeconds(listen)) - cpuBefore) / (settleMs / 2 / 1_000 / 100);
    const [rss, peakRss] = [memoryOf(controller.pid, 'VmRSS'), memoryOf(controller.pid, 'VmHWM')];
    const heap = await liveHeapOf(controller.pid, inspectPort);
    api.send('report');
    const seen = await said(api);
    if (seen.kind !== 'seen') throw new Error('the fake API server said something odd');
    return { size, readyMs, reconciledMs, rss, peakRss, heap, idleCpuPercent, seen };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${controller.tail()}`);
  } finally {
    await controller.stop();
  }
}

const said = (child: ChildProcess): Promise<FakeApiMessage> =>
  new Promise((resolve) => child.once('message', (message) => resolve(message as FakeApiMessage)));

async function metric(listen: string, line: RegExp): Promise<number> {
  const text = await (await fetch(`http://${listen}/metrics`)).text();
  return Number(line.exec(text)?.[1] ?? Number.NaN);
}

const healthy = (listen: string): Promise<number> => metric(listen, /^sluice_rollouts\{phase="Healthy"\} (\d+)/m);
const cpuSeconds = (listen: string): Promise<number> => metric(listen, /^process_cpu_seconds_total (\S+)/m);

const kubeconfig = (url: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    clusters: [{ name: 'fake', cluster: { server: url } }],
    users: [{ name: 'fake', user: { token: 'fake' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
  });
