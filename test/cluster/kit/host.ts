// Boots the whole bed and owns its processes. Runs once, in vitest's main process (global-setup.ts) or under `run.sh --up`; test
// workers reach it through BedInfo and the control port, so that no heavy part shares an event loop with a test.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { serveControl } from './child.ts';
import { startControlPlane } from './control-plane.ts';
import { API_URL, BED_CONTROL, type BedInfo, MESH_CONTROL, OWN_ADDRESS, PROMETHEUS, urlOf } from './layout.ts';
import { lock } from './lock.ts';
import { installManifests } from './manifests.ts';
import { type Process, startProcess } from './process.ts';
import { startPrometheus } from './prometheus-server.ts';
import { sleep } from './wait.ts';

export interface Host {
  readonly info: BedInfo;
  stop(): Promise<void>;
}

const CHILDREN = ['kubelet', 'mesh', 'metrics-api', 'load-worker'] as const;

export async function startHost(): Promise<Host> {
  const { SLUICE_BED_BINARIES: binaries, SLUICE_BED_RUN: runDir } = process.env;
  if (!binaries || !runDir)
    throw new Error('the bed lives in a network namespace of its own: start it by `npm run test:cluster` (or test/cluster/run.sh --up)');
  const startedAt = Date.now();
  const repository = process.cwd();
  const logDir = join(runDir, 'logs');
  mkdirSync(logDir, { recursive: true });
  const say = (what: string) => process.stderr.write(`[test bed] ${what}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);

  const [plane] = await Promise.all([startControlPlane({ binaries, runDir }), bundle(runDir)]);
  say('API server ready');
  await installManifests(plane.admin);
  const child = (name: string, token: string, extra: object = {}) => {
    const settings = {
      url: API_URL,
      caFile: plane.certificates.file('ca.crt'),
      token,
      userAgent: `bed-${name}`,
      runDir,
      binaries,
      ...extra,
    };
    return startProcess({
      name,
      command: process.execPath,
      args: [join(runDir, `${name}.cjs`), JSON.stringify(settings)],
      logDir,
      ipc: true,
    });
  };
  const kubelet = child('kubelet', plane.tokens['bed-kubelet']);
  const mesh = child('mesh', plane.tokens['bed-mesh']);
  const metricsApi = child('metrics-api', plane.tokens['bed-metrics'], {
    certFile: plane.certificates.file('metrics-api.crt'),
    keyFile: plane.certificates.file('metrics-api.key'),
  });
  const [prometheus] = await Promise.all([
    startPrometheus(runDir),
    plane.startControllers(),
    saysReady(kubelet),
    saysReady(mesh),
    saysReady(metricsApi),
  ]);
  say('bed ready');

  const controlPort = await serveControl(BED_CONTROL, {
    ...lock(),
    'api-server/stop': () => plane.stopApiServer(),
    'api-server/start': () => plane.startApiServer(),
    'api-server/restart': async ({ downMs }) => {
      await plane.stopApiServer();
      await sleep(typeof downMs === 'number' ? downMs : 0);
      await plane.startApiServer();
    },
    'prometheus/stop': () => prometheus.stop(),
    'prometheus/start': () => prometheus.start(),
    'prometheus/pause': () => prometheus.pause(),
    'prometheus/resume': () => prometheus.resume(),
  });

  const info: BedInfo = {
    ground: 'cluster',
    runDir,
    repository,
    apiUrl: API_URL,
    caFile: plane.certificates.file('ca.crt'),
    tokens: plane.tokens,
    kubeconfigs: plane.kubeconfigs,
    auditFile: plane.auditFile,
    prometheusUrl: urlOf(PROMETHEUS),
    controlUrl: urlOf(BED_CONTROL),
    meshUrl: urlOf(MESH_CONTROL),
    ownAddress: OWN_ADDRESS,
    startedAt,
  };
  writeFileSync(join(runDir, 'bed.json'), JSON.stringify(info, null, 2));
  return {
    info,
    stop: async () => {
      await controlPort.close();
      await Promise.all([kubelet, mesh, metricsApi].map((each) => each.stop(3_000)));
      await prometheus.stop();
      await plane.stop();
    },
  };
}

/** Node 20 cannot read types: the children are bundled, dependencies included, so that they run from the run's folder. */
async function bundle(runDir: string): Promise<void> {
  await build({
    entryPoints: CHILDREN.map((name) => join(process.cwd(), 'test/cluster/kit', `${name}.ts`)),
    outdir: runDir,
    outExtension: { '.js': '.cjs' },
    ...{ bundle: true, platform: 'node', format: 'cjs', target: 'node20', sourcemap: 'inline', logLevel: 'warning' },
  });
}

/** The kit's children say once that they are ready; one that ends before is an error with its log. */
async function saysReady(child: Process): Promise<void> {
  const said = new Promise<'ready'>((resolve) => child.child.once('message', () => resolve('ready')));
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 120_000).unref());
  const outcome = await Promise.race([said, child.ended, late]);
  if (outcome !== 'ready') throw new Error(`${child.name} did not become ready:\n${child.tail()}`);
}
