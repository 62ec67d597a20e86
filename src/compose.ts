import { schedule, setLogger } from 'node-cron';
import { collectDefaultMetrics } from 'prom-client';
import type { Config } from './config.ts';
import { DecisionLog, RolloutController, type Schedule, unelected, Views } from './controller/index.ts';
import type { Fence, KubeClient, LeaderElectorOptions, Transport } from './kube/index.ts';
import {
  ClusterClock,
  Contact,
  createKubeClient,
  ensureNamespace,
  HttpTransport,
  LeaderElector,
  loadCredentials,
  Recorder,
} from './kube/index.ts';
import type { Clock, HttpExchange, Logger, Random, Result } from './lib/index.ts';
import { collectGarbage, fail, httpExchange, ok, SecretReader, systemRandom } from './lib/index.ts';
import type { Parts } from './live.ts';
import { createSources, type MetricWires } from './metrics/index.ts';
import { configMapMemories, Notifier } from './notify/index.ts';
import { type Api, createApi, createHooks, type HealthSources, type HookOptions } from './server/index.ts';

export interface Composed extends Parts {
  readonly controller: RolloutController;
  /** Why it is not ready, a line each. */
  readonly problems: () => readonly string[];
  /** Whether this process may write now: its lease has not expired. */
  readonly isLeading: () => boolean;
  /** Not fenced: of what every replica may do. */
  readonly plain: KubeClient;
  readonly contact: Contact;
}

/** The controller, and the HTTP API beside it. */
export interface Served extends Composed {
  readonly api: Api;
  /** What the chat channels work with. */
  readonly hooks: HookOptions;
  /** Watches what only the API shows, until the signal aborts. */
  readonly watchForApi: (signal: AbortSignal) => Promise<void>;
}

/** Liveness ends only where a restart may help: no contact with the API server for this long. */
const deafAfterMs = 15 * 60_000;

/** What is not this process's own to choose: where requests go, what time it is, what is left to chance. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** To the API server. */
  readonly wire: Transport;
  /** Left out: over HTTP. */
  readonly metricWires?: MetricWires;
  /** How notifications go out; left out: over HTTP. */
  readonly exchange?: HttpExchange;
  readonly schedule: Schedule;
  readonly onFenced: (reason: string) => void;
  /** Things of the controller's dependencies that have changed. */
  readonly onThings?: (things: readonly string[]) => void;
  /** The first lists are in and, by a leader, looked at. Once. */
  readonly onSettled: () => void;
}

/** The one place that constructs things. Asks nobody for anything but this machine's files, so that it succeeds while the API server is away. */
export async function compose(
  config: Config,
  { clock, log, onFenced }: { clock: Clock; log: Logger; onFenced: (reason: string) => void },
): Promise<Result<Served, string>> {
  const loaded = await loadCredentials({ kubeconfig: config.kubeconfig, context: config.context, clock });
  if (!loaded.ok) return fail(loaded.failure.message);
  const { server: apiServer, credentials, proxyUrl, check } = loaded.value;
  const checked = check();
  if (!checked.ok) return fail(checked.failure.message);
  const wire = new HttpTransport({ server: apiServer, credentials, clock, proxyUrl, userAgent: userAgentOf(config.identity) });
  const schedule: Schedule = (expression, run) => cronSchedule(expression, run, log);
  const onThings = (things: readonly string[]) => views.touch(things);
  const composed = assemble(config, { clock, random: systemRandom, log, wire, schedule, onFenced, onThings, onSettled: collectGarbage });
  // Of the process, not of a controller: they observe this process's garbage collector and loop, and never stop.
  collectDefaultMetrics({ register: composed.controller.telemetry.registry });
  const { plain, contact, controller } = composed;
  const shared = { clock, random: systemRandom, log, contact, client: plain, namespaces: config.namespaces };
  const decisionLog = new DecisionLog({ ...shared, onChange: (rollout) => views.touchRollout(rollout) });
  const views = new Views({ ...shared, cache: controller.stores, decisions: (uid) => decisionLog.of(uid) });
  const api = createApi({ ...shared, source: views, audiences: config.apiAudiences, mostViewers: config.maxViewers });
  const [name = '', namespace = config.leaseNamespace] = config.accountsConfigMap.split('/').reverse();
  const { channels } = config;
  const hooks = createHooks({ ...shared, channels, accounts: { namespace, name }, decider: api.decider, env: process.env });
  return ok({ ...composed, api, hooks, watchForApi: (signal) => decisionLog.run(signal) });
}

/** The controller in surroundings of any kind: the network's, or those of a simulation. */
export function assemble(config: Config, surroundings: Surroundings): Composed {
  const { random, log, wire, metricWires, schedule, onFenced, onThings, onSettled } = surroundings;
  const clock = new ClusterClock(surroundings.clock);
  const dated = clock.over(wire);
  const contact = new Contact({ transport: dated, clock, random, log });
  const transport = contact.over(dated);
  const plain = createKubeClient({ transport, clock, random, log });
  const neverLeads = config.mode === 'api';
  const elector = config.leaderElection && !neverLeads ? electorOf(config, { client: plain, clock, random, log }) : undefined;
  const isLeading = () => !neverLeads && (elector === undefined || elector.isValid());
  const fence: Fence = { check: isLeading };
  const client = createKubeClient({ transport, clock, random, log, fence });
  let leaving: Promise<void> | undefined;
  const fenced = (reason: string, epoch: number) => {
    leaving ??= elector?.outrun(epoch) ?? Promise.resolve();
    void leaving.then(() => onFenced(reason));
  };
  const recorder = new Recorder({ client, clock, log, controller: 'sluice.dev/controller', instance: config.identity.slice(0, 128) });
  const controller = new RolloutController({
    ...{ client, contact, clock, random, log, recorder, schedule, onFenced: fenced, onSettled },
    sources: createSources(),
    ...(metricWires === undefined ? {} : { metricWires }),
    namespaces: config.namespaces,
    clusterDomain: config.clusterDomain,
    prometheusAddress: config.prometheusAddress,
    concurrency: config.concurrency,
    windows: config.windows,
    looksEarly: config.earlyLooks,
    ...(onThings === undefined ? {} : { onThings }),
    epoch: () => {
      if (neverLeads) return undefined;
      return elector === undefined ? unelected : elector.epoch;
    },
    notifier: notifierOf(config, surroundings, client),
  });
  let homeless: string | undefined;
  const tell = (problem: string | undefined) => {
    homeless = problem;
  };
  const prepare = (signal: AbortSignal) => ensureNamespace(config.leaseNamespace, { client: plain, clock, log, tell }, signal);
  // One that stands by is ready; one that could never lead is not.
  const problems = () => [...controller.problems(), ...[homeless, elector?.obstacle].filter((problem) => problem !== undefined)];
  return { clock, log, controller, problems, recorder, elector, transport, prepare, isLeading, neverLeads, plain, contact };
}

/** Undefined where nobody is to be told. */
function notifierOf(
  config: Config,
  { clock, random, log, exchange = httpExchange }: Surroundings,
  client: KubeClient,
): Notifier | undefined {
  const { notifications, leaseNamespace: namespace } = config;
  if (notifications.length === 0) return undefined;
  const store = configMapMemories({ client, namespace });
  return new Notifier({ store, exchange, secrets: new SecretReader(clock, process.env), clock, random, log }, notifications);
}

function electorOf(
  { leaseNamespace: namespace, leaseName: name, identity, leaseDuration, renewDeadline, retryPeriod }: Config,
  shared: Pick<LeaderElectorOptions, 'client' | 'clock' | 'random' | 'log'>,
): LeaderElector {
  return new LeaderElector({
    ...shared,
    namespace,
    name,
    identity,
    leaseDurationMs: leaseDuration,
    renewDeadlineMs: renewDeadline,
    retryPeriodMs: retryPeriod,
    writeTimeoutMs: Math.min(4_000, renewDeadline * 0.4),
  });
}

/** Says which of several replicas it was that the audit log of the API server saw. */
function userAgentOf(identity: string): string {
  return `sluice/${process.env.SLUICE_VERSION ?? 'dev'} (${identity.replace(/[^\w.-]+/g, '-').slice(0, 128)})`;
}

/** What probes see. Until there is a controller, that there is none yet. */
export function healthOf(composed: () => Composed | undefined, isDraining: () => boolean, clock: Clock): HealthSources {
  const problems = () => [...(isDraining() ? ['shutting down'] : []), ...(composed()?.problems() ?? ['starting'])];
  return {
    problems,
    isReady: () => problems().length === 0,
    isLive: () => {
      const sinceMs = composed()?.controller.unreachableSinceMs;
      return sinceMs === undefined || clock.monotonicMs() - sinceMs < deafAfterMs;
    },
    metrics: async () => (await composed()?.controller.telemetry.registry.metrics()) ?? '',
  };
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
