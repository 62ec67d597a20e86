// The sandbox as a bed, a process of its own: API server and Prometheus over real HTTP, its time at the pace of the wall's, and what
// tests do to it by two control ports, as the real bed's processes have them.
import { writeFileSync } from 'node:fs';
import { seededRandom, systemClock } from '../../../../src/lib/index.ts';
import { type ApiLine, type User as ApiUser, type HttpApi, serveHttp } from '../../../../src/sandbox/api/index.ts';
import { type SandboxServer, serve } from '../../../../src/sandbox/http-server.ts';
import { createSandbox, StepClock } from '../../../../src/sandbox/index.ts';
import { endWithParent, log, type Routes, serveControl, settings } from '../child.ts';
import type { BedInfo, User } from '../layout.ts';
import { lock } from '../lock.ts';
import { freePort } from '../ports.ts';
import { groupsOf, ofUsers, userName } from '../users.ts';
import { sleep } from '../wait.ts';
import { auditLog } from './audit-log.ts';
import { type LoadRequest, Loads } from './loads.ts';
import { MeshView } from './mesh-view.ts';
import { keepUp } from './pace.ts';

export interface SandboxSettings {
  readonly runDir: string;
  readonly auditFile: string;
  readonly tokens: Readonly<Record<User, string>>;
}

export type SandboxUrls = Pick<BedInfo, 'apiUrl' | 'prometheusUrl' | 'controlUrl' | 'meshUrl'>;

const { runDir, auditFile, tokens } = settings<SandboxSettings>();
const loopback = { host: '127.0.0.1', port: 0 };
/** How often what happened is written down, where nobody asks for it. */
const flushMs = 100;

const rbac = 'rbac.authorization.k8s.io';
const account = { name: 'sluice', namespace: 'sluice-system' };
/** What a control plane has from the beginning, and the kit's own. */
const firstObjects = [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'cluster-admin' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: account.namespace } },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'bed-sluice' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  },
];

/** As the bed's own metrics API registers itself. */
const metricsServices = ['v1alpha1', 'v1alpha2'].map((version) => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `${version}.metrics.smi-spec.io` },
  spec: { group: 'metrics.smi-spec.io', version, groupPriorityMinimum: 100, versionPriority: 100 },
}));

const own = { osm: 'osm', istio: 'istio', consul: 'consul', nginx: 'nginx', 'traefik-mesh': 'traefik-mesh' } as const;

const time = new StepClock({ startMs: systemClock.nowMs() });
const users: Record<string, ApiUser> = Object.fromEntries(
  Object.entries(ofUsers((user) => tokens[user])).map(([user, token]) => [
    token,
    { username: userName(user as User), groups: groupsOf(user as User) },
  ]),
);
const loads = new Loads(runDir);
const sandbox = createSandbox({
  ...{ clock: time, random: seededRandom(time.nowMs()), tickMs: 200, sinks: [loads] },
  api: { authorization: 'rbac', users, objects: [...firstObjects, ...metricsServices], history: 100_000 },
  metrics: {
    ...{ scrapeMs: 1_000, dialects: ['linkerd', 'envoy', ...Object.values(own)] },
    // TrafficMetrics are made of Linkerd's words, and Envoy's are what every mesh on it has; the others count where they are installed.
    counts: (dialect, namespace) => dialect === 'linkerd' || dialect === 'envoy' || sandbox.mesh.modeOf(namespace) === dialect,
  },
  delays: { startMs: [100, 400] },
  // Scenarios with an autoscaler should take seconds.
  autoscaling: { periodMs: 1_000, steadyMs: 5_000 },
  onMeshNews: (proxy) => view.changed(proxy.namespaces),
});
const view = new MeshView(sandbox, time);
loads.attach(sandbox, time);
const audit = auditLog(auditFile, (request) => sandbox.server.tokens.authenticate(request, time.nowMs()));

/** Whoever does something now must not have done it before. */
const catchUp = keepUp(time, systemClock);

const punctual = (line: ApiLine): ApiLine => ({
  send(request, done) {
    catchUp();
    line.send(request, done);
  },
  watch(request, listener) {
    catchUp();
    return line.watch(request, listener);
  },
  watches: () => line.watches(),
});

const onTime = (routes: Routes): Routes =>
  Object.fromEntries(
    Object.entries(routes).map(([name, route]) => [
      name,
      (input) => {
        catchUp();
        return route(input);
      },
    ]),
  );

function flush(): void {
  loads.flush();
  audit.flush();
}

async function run(): Promise<void> {
  const { metrics } = sandbox;
  if (metrics === undefined) throw new Error('the sandbox has no metrics');
  const line = punctual(audit.audited(sandbox.line()));
  const [apiPort, prometheusPort] = [await freePort(), await freePort()];
  let api: HttpApi | undefined;
  let prometheus: SandboxServer | undefined;
  const openApi = async () => {
    api ??= await serveHttp(line, { port: apiPort });
    return api.url;
  };
  const closeApi = async () => {
    await api?.close();
    api = undefined;
  };
  const openPrometheus = async () => {
    prometheus ??= await serve(metrics.prometheus.answer, { clock: time, portNumber: prometheusPort });
    return prometheus.url;
  };
  setInterval(flush, flushMs);
  const mesh = ({ namespace }: Record<string, unknown>) => String(namespace);
  const meshRoutes = onTime({
    pause: (input) => sandbox.mesh.adapter.pause(mesh(input)),
    resume: (input) => sandbox.mesh.adapter.resume(mesh(input)),
    lag: (input) => sandbox.mesh.adapter.setLag(mesh(input), [Number(input.ms), Number(input.ms)]),
    forget: (input) => {
      sandbox.mesh.adapter.resume(mesh(input));
      sandbox.mesh.adapter.setLag(mesh(input), [0, 0]);
      view.forget(mesh(input));
    },
    endpoints: (input) => view.endpoints(mesh(input)),
    applied: (input) => view.applied(mesh(input), String(input.root)),
    takes: (input) => view.takes(mesh(input), String(input.service)),
  });
  const meshPort = await serveControl(loopback, meshRoutes);
  let unpause = () => {};
  const routes = onTime({
    ...lock(),
    'load/start': (input) => loads.start(input as unknown as LoadRequest),
    'load/sync': ({ id }) => {
      sandbox.settle();
      flush();
      return loads.isRunning(String(id));
    },
    'load/stop': ({ id }) => {
      loads.stop(String(id));
      flush();
      return false;
    },
    // Its port is closed: for everybody outside that is the same as a server that is gone. What is inside goes on.
    'api-server/stop': closeApi,
    'api-server/start': openApi,
    'api-server/restart': async ({ downMs }) => {
      await closeApi();
      await sleep(typeof downMs === 'number' ? downMs : 0);
      await openApi();
    },
    'prometheus/stop': async () => {
      await prometheus?.close();
      prometheus = undefined;
    },
    'prometheus/start': openPrometheus,
    'prometheus/pause': () => {
      unpause = metrics.prometheus.faults.add({ kind: 'silent' });
    },
    'prometheus/resume': () => unpause(),
  });
  const controlPort = await serveControl(loopback, routes);
  const urls: SandboxUrls = {
    apiUrl: await openApi(),
    prometheusUrl: await openPrometheus(),
    controlUrl: controlPort.url,
    meshUrl: meshPort.url,
  };
  process.send?.(urls);
}

writeFileSync(auditFile, '');
endWithParent();
process.on('unhandledRejection', (error) => log('unhandled', { error: error instanceof Error ? error.stack : String(error) }));
void run();
