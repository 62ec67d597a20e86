import { schedule, setLogger } from 'node-cron';
import type { Config } from './config.ts';
import { RolloutController } from './controller/index.ts';
import type { Fence, KubeClient, Resource } from './kube/index.ts';
import { createKubeClient, HttpTransport, LeaderElector, loadCredentials, Recorder } from './kube/index.ts';
import type { Clock, Logger, Result } from './lib/index.ts';
import { collectGarbage, fail, ok, systemClock, systemRandom } from './lib/index.ts';
import { createSources } from './metrics/index.ts';
import type { RunningServer } from './server/index.ts';
import { startServer } from './server/index.ts';

export interface Composed {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly controller: RolloutController;
  readonly recorder: Recorder;
  readonly elector: LeaderElector | undefined;
  readonly transport: HttpTransport;
  readonly server: RunningServer;
  /** Flips readiness off: the first step of a stop. */
  readonly drain: () => void;
}

/** Without an election there is no fencing number; the one that an object carries already is kept. */
const unelected = 0;
/** Liveness ends only where a restart may help: no contact with the API server for this long, while it leads. */
const deafAfterMs = 15 * 60_000;

/** The one place that constructs things. */
export async function compose(config: Config, log: Logger, onFenced: (reason: string) => void): Promise<Result<Composed, string>> {
  const clock = systemClock;
  const random = systemRandom;
  const loaded = await loadCredentials({ kubeconfig: config.kubeconfig, context: config.context, clock });
  if (!loaded.ok) return fail(loaded.failure.message);
  const { server: apiServer, credentials, proxyUrl } = loaded.value;
  const userAgent = `sluice/${process.env.SLUICE_VERSION ?? 'dev'}`;
  const transport = new HttpTransport({ server: apiServer, credentials, clock, proxyUrl, userAgent });
  const plain = createKubeClient({ transport, clock, random, log });
  const { leaseNamespace: namespace, leaseName: name, identity, leaseDuration, renewDeadline, retryPeriod } = config;
  const timing = {
    leaseDurationMs: leaseDuration,
    renewDeadlineMs: renewDeadline,
    retryPeriodMs: retryPeriod,
    writeTimeoutMs: Math.min(4_000, renewDeadline * 0.4),
  };
  if (config.leaderElection) await makeNamespace(plain, namespace, log);
  const elector = config.leaderElection
    ? new LeaderElector({ client: plain, clock, random, log, namespace, name, identity, ...timing })
    : undefined;
  const fence: Fence = { check: () => elector === undefined || elector.isValid() };
  const client = createKubeClient({ transport, clock, random, log, fence });
  const recorder = new Recorder({ client, clock, log, controller: 'sluice.dev/controller', instance: identity.slice(0, 128) });
  const controller = new RolloutController({
    client,
    clock,
    random,
    log,
    recorder,
    sources: createSources(),
    namespaces: config.namespaces,
    clusterDomain: config.clusterDomain,
    prometheusAddress: config.prometheusAddress,
    concurrency: config.concurrency,
    schedule: (expression, run) => cronSchedule(expression, run, log),
    epoch: () => (elector === undefined ? unelected : elector.epoch),
    onFenced,
    onSettled: collectGarbage,
  });
  let isDraining = false;
  const problems = () => problemsOf(controller, isDraining);
  const server = await startServer(
    config.listen,
    {
      isReady: () => problems().length === 0,
      isLive: () => isLive(controller, clock),
      problems,
      metrics: () => controller.telemetry.registry.metrics(),
    },
    (ms, run) => every(clock, ms, run),
  ).catch((error: unknown) => String(error));
  if (typeof server === 'string') return fail(`cannot listen on ${config.listen}: ${server}`);
  const drain = () => {
    isDraining = true;
  };
  return ok({ config, clock, log, controller, recorder, elector, transport, server, drain });
}

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/** The lease needs its namespace. `sluice render rbac` has it; whoever tries the controller without that should not wait in vain. */
async function makeNamespace(client: KubeClient, name: string, log: Logger): Promise<void> {
  const found = await client.get(namespaces, { name });
  if (found.ok || found.failure.kind !== 'notFound') return;
  const made = await client.create(namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  if (made.ok) log.info({ namespace: name }, 'made the namespace of the lease');
  else
    log.warn(
      { namespace: name, failure: made.failure.message },
      'the namespace of the lease does not exist; apply the output of `sluice render rbac`',
    );
}

/** One job, on node-cron, in UTC; a run that is still under way is not started again. */
function cronSchedule(expression: string, run: () => Promise<void>, log: Logger): () => void {
  setLogger({
    info: (message) => log.debug({}, String(message)),
    warn: (message) => log.warn({}, String(message)),
    error: (message) => log.error({}, String(message)),
    debug: (message) => log.debug({}, String(message)),
  });
  const task = schedule(expression, run, { timezone: 'UTC', noOverlap: true });
  return () => void task.destroy();
}

function problemsOf(controller: RolloutController, isDraining: boolean): readonly string[] {
  const { unsynced, failing, unreachableSinceMs } = controller.health();
  return [
    ...(isDraining ? ['shutting down'] : []),
    ...(unreachableSinceMs === undefined ? [] : ['the API server cannot be reached']),
    ...unsynced.map((name) => `${name} is not synced${describe(failing, name)}`),
  ];
}

const describe = (failing: readonly { name: string; failure: { kind: string; message: string } }[], name: string): string => {
  const found = failing.find((one) => one.name === name);
  return found === undefined ? '' : ` (${found.failure.kind}: ${found.failure.message})`;
};

function isLive(controller: RolloutController, clock: Clock): boolean {
  const { unreachableSinceMs } = controller.health();
  return unreachableSinceMs === undefined || clock.monotonicMs() - unreachableSinceMs < deafAfterMs;
}

/** Repeats on the injected clock; the returned function ends it. */
function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(ms, () => {
      run();
      arm();
    });
  };
  arm();
  return () => cancel();
}
