import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultNamespace, renderCrds, renderRbac, serviceAccountName } from '../../api/index.ts';
import { type Clock, seededRandom } from '../../lib/index.ts';
import { serveHttp } from '../../sandbox/api/index.ts';
import { serve } from '../../sandbox/http-server.ts';
import { createSandbox, type Metrics, type Sandbox, StepClock } from '../../sandbox/index.ts';
import { createApplier } from './apply.ts';
import type { Written } from './files.ts';
import { keepPace } from './pace.ts';
import { freePort, type RunningProgram, type Workshop } from './processes.ts';

export interface StageOptions {
  readonly clock: Clock;
  readonly workshop: Workshop;
  /** The shipped program: dist/sluice.js. */
  readonly program: string;
  readonly seed: number;
  /** Of the API server; undefined: any free one. */
  readonly port: number | undefined;
  readonly signal: AbortSignal;
}

/** The sandbox behind real HTTP, with our kinds and permissions installed. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly metrics: Metrics;
  readonly apiUrl: string;
  readonly prometheusUrl: string;
  /** For people: an administrator's. */
  readonly kubeconfig: string;
  nowMs(): number;
  /** After each write of a Rollout: who looks now and then would miss what is over soon. The returned function ends it. */
  onRollout(seen: () => void): () => void;
  apply(objects: readonly Written[]): Promise<void>;
  startController(): Promise<ControllerProcess>;
  close(): Promise<void>;
}

export interface ControllerProcess extends RunningProgram {
  /** Probes and metrics. */
  readonly url: string;
}

const controllerToken = 'the-controllers-own';
const account = `system:serviceaccount:${defaultNamespace}:${serviceAccountName}`;

export async function buildStage(options: StageOptions): Promise<Stage> {
  const { clock, workshop } = options;
  const time = new StepClock({ startMs: clock.nowMs() });
  const sandbox = createSandbox({
    ...{ clock: time, random: seededRandom(options.seed), tickMs: 250 },
    api: {
      authorization: 'rbac',
      users: {
        [controllerToken]: {
          username: account,
          groups: ['system:serviceaccounts', `system:serviceaccounts:${defaultNamespace}`, 'system:authenticated'],
        },
      },
    },
    mesh: { mode: 'linkerd' },
    metrics: { dialects: ['linkerd'], scrapeMs: 500 },
  });
  const { metrics } = sandbox;
  if (metrics === undefined) throw new Error('the sandbox has no metrics');
  const stopPace = keepPace(time, clock);
  const api = await serveHttp(sandbox.line(), options.port === undefined ? {} : { port: options.port });
  const prometheus = await serve(metrics.prometheus.answer, { clock: time });
  const kubeconfig = writeKubeconfig(join(workshop.folder, 'kubeconfig'), api.url);
  const apply = createApplier(api.url, options.signal);
  await apply([...renderCrds(), ...renderRbac(defaultNamespace)] as unknown as readonly Written[]);
  return {
    ...{ sandbox, metrics, kubeconfig, apply, apiUrl: api.url, prometheusUrl: prometheus.url },
    nowMs: () => time.nowMs(),
    // Not in the middle of the write.
    onRollout: (seen) => sandbox.server.store.onCommit(({ object }) => object.kind === 'Rollout' && queueMicrotask(seen)),
    startController: () => startController(options, { apiUrl: api.url, prometheusUrl: prometheus.url }),
    async close() {
      stopPace();
      sandbox.stop();
      await Promise.all([api.close(), prometheus.close()]);
    },
  };
}

async function startController(
  { workshop, program }: StageOptions,
  { apiUrl, prometheusUrl }: Pick<Stage, 'apiUrl' | 'prometheusUrl'>,
): Promise<ControllerProcess> {
  const kubeconfig = writeKubeconfig(join(workshop.folder, 'controller.kubeconfig'), apiUrl, controllerToken);
  const listen = `127.0.0.1:${await freePort()}`;
  const args = [program, 'controller', '--kubeconfig', kubeconfig, '--prometheus-address', prometheusUrl, '--listen', listen];
  return { ...workshop.start({ name: 'controller', args, env: ownEnvironment(process.env) }), url: `http://${listen}` };
}

/** Whoever has settings for a controller or a proxy of their own does not mean this one. */
const ownEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^SLUICE_|^POD_|^KUBECONFIG$|_PROXY$/i.test(name)));

function writeKubeconfig(file: string, server: string, token?: string): string {
  const name = 'sluice-demo';
  const content = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'shop' } }],
  };
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
  return file;
}
