import type { Clock, Random } from '../lib/index.ts';
import { type AdmittedPort, admittedPort, placedOn } from './admission.ts';
import { aggregated } from './aggregation.ts';
import {
  type ApiLine,
  type ApiPort,
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  createDirectClient,
  createLine,
  type DirectClient,
  type LineOptions,
} from './api/index.ts';
import { drawFrom, fork, type Range } from './chance.ts';
import {
  AutoscalerController,
  type AutoscalerOptions,
  type ControllerContext,
  DeploymentController,
  EndpointSliceController,
  EndpointsController,
  NamespaceController,
  ReplicaSetController,
  type Usage,
} from './controllers/index.ts';
import { Faults } from './faults.ts';
import { Kubelet, nodeName } from './kubelet/index.ts';
import {
  ControlPlane,
  type MeshLag,
  type MeshMode,
  type MeshProxy,
  meshDefinitions,
  type SplitSet,
  type TrafficSplit,
} from './mesh/index.ts';
import { createMetrics, type Metrics, type MetricsChoice } from './metrics.ts';
import { Network, type Profiles } from './pods/index.ts';
import { RequestLedger } from './requests.ts';
import { Timers } from './time/index.ts';
import { type ClientSpec, Clients, Oracle, type OracleSink, type RunningClient } from './traffic/index.ts';
import type { SplitFacts } from './traffic-metrics/index.ts';
import { cpuUsage } from './usage.ts';
import { Informers } from './watch/index.ts';

export interface SandboxOptions {
  /** The wall's, or one that a loop moves. */
  readonly clock: Clock;
  /** All that is left to chance comes from here: the same seed, the same cluster. */
  readonly random: Random;
  readonly api?: Omit<ApiServerOptions, 'clock' | 'random'>;
  readonly mesh?: {
    /** Of namespaces without a label of their own. Default: strict. */
    readonly mode?: MeshMode;
    /** The versions of TrafficSplit that are installed. Default: all. */
    readonly splits?: SplitSet;
    readonly lag?: Partial<MeshLag>;
  };
  /** Prometheus and TrafficMetrics, which are left out where this is null. */
  readonly metrics?: MetricsChoice | null;
  /** How pods behave that say nothing of it themselves. */
  readonly profiles?: Profiles;
  readonly delays?: {
    /** From a change to the pass of a controller. */
    readonly controllersMs?: Range;
    readonly scheduleMs?: Range;
    readonly startMs?: Range;
  };
  /** How often requests are counted where nothing else asks for it. Default: 1 s. */
  readonly tickMs?: number;
  /** What autoscalers go by. Default: the CPU that the requests cost. */
  readonly usage?: Usage;
  /** As the flags of the controller manager set it. */
  readonly autoscaling?: Pick<AutoscalerOptions, 'periodMs' | 'steadyMs'>;
  /** Keeps Endpoints beside EndpointSlices. Default: false, since nothing here reads them. */
  readonly hasEndpoints?: boolean;
  /**
   * Pods are placed when they are made and first heard of when they run: two writes less for each, for simulations. What nobody sees
   * then: pods without a node, and endpoints of pods that have never run.
   */
  readonly isTerse?: boolean;
  /** Hears of all requests. */
  readonly sinks?: readonly OracleSink[];
  /** Hears of each proxy that is about to take news. */
  readonly onMeshNews?: (proxy: MeshProxy) => void;
}

/** A cluster in one process: API server, controllers, kubelet, mesh and those who send requests. */
export interface Sandbox {
  /** What everybody talks to: admission and the aggregated TrafficMetrics included. */
  readonly api: ApiPort;
  readonly server: ApiServer;
  /** Undefined where they were left out. */
  readonly metrics: Metrics | undefined;
  /** As an administrator. */
  readonly client: DirectClient;
  readonly network: Network;
  readonly mesh: ControlPlane;
  readonly faults: Faults;
  /** The requests as the proxies count them: what metrics are made of. */
  readonly ledger: RequestLedger;
  /** The truth about the requests. */
  readonly oracle: Oracle;
  /** A way to the API server for somebody outside, with faults of its own; `frontEnd`: in place of the usual one. */
  line(options?: Pick<LineOptions, 'faults'> & { readonly frontEnd?: ApiPort }): ApiLine;
  send(spec: ClientSpec): RunningClient;
  /** Counts what was sent until now; ask before reading ledger or oracle. */
  settle(): void;
  /** When something of the cluster is due next, by the clock's `monotonicMs`; undefined: it waits for others. */
  nextAtMs(): number | undefined;
  /** Nothing is due at this moment. */
  isIdle(): boolean;
  stop(): void;
}

const usualLag: MeshLag = { adapterMs: [0, 0], routesMs: [50, 500], endpointsMs: [50, 500] };
const usualDelays = { controllersMs: [1, 20], scheduleMs: [5, 50], startMs: [500, 1_500] } as const;

export function createSandbox(options: SandboxOptions): Sandbox {
  const clock = new Timers(options.clock);
  const chance = fork(options.random);
  const server = createApiServer({ ...options.api, clock, random: fork(chance), objects: firstObjects(options) });
  const api = admittedPort(server);
  if (options.isTerse === true) api.admit(placedOn(nodeName));
  const network = new Network();
  const ledger = new RequestLedger();
  const oracle = new Oracle();
  const sinks = [ledger, oracle, ...(options.sinks ?? [])];
  const clients = new Clients({
    ...{ clock, random: fork(chance), network, tickMs: options.tickMs ?? 1_000 },
    record: (batch) => {
      for (const sink of sinks) sink.record(batch);
    },
    recordProbe: (batch) => ledger.record(batch),
  });
  const informers = new Informers({ port: api, clock, headers: { 'user-agent': 'sandbox' } });
  startControllers(options, { clock, api, informers, network, random: fork(chance) });
  const kubelet = new Kubelet({
    ...{ clock, informers, network, random: fork(chance), profiles: options.profiles },
    client: createDirectClient(api, { 'user-agent': 'kubelet' }),
    ...{ ...usualDelays, ...options.delays },
    isTerse: options.isTerse ?? false,
    onGone: (namespace, pod) => ledger.forgetPod(namespace, pod),
  });
  const mesh = new ControlPlane({
    ...{ clock, informers, random: fork(chance), mode: options.mesh?.mode ?? 'strict', lag: { ...usualLag, ...options.mesh?.lag } },
    client: createDirectClient(api, { 'user-agent': 'smi-adapter' }),
    beforeChange: (proxy) => {
      clients.settle(proxy);
      options.onMeshNews?.(proxy);
    },
  });
  const metrics = options.metrics === null ? undefined : metricsOf(options, { clock, random: fork(chance), ledger, clients, mesh });
  const outside = (port: AdmittedPort) =>
    metrics === undefined ? undefined : aggregated(port, { group: 'metrics.smi-spec.io', answer: metrics.trafficMetrics.answer });
  const main = outside(api);
  return {
    ...{ server, network, mesh, metrics, ledger, oracle },
    api: main?.port ?? api,
    client: createDirectClient(api, { 'user-agent': 'kubectl' }),
    faults: new Faults({ clock, port: api, mesh, kubelet }),
    line({ faults = {}, frontEnd } = {}) {
      const port = frontEnd === undefined ? api : api.behind(frontEnd);
      const behind = frontEnd === undefined ? main : outside(port);
      return behind?.line({ clock, faults }) ?? createLine({ port, clock, faults });
    },
    send: (spec) => clients.start(spec, mesh),
    settle: () => clients.settle(),
    nextAtMs: () => clock.nextAtMs(),
    isIdle: () => clock.isIdle(),
    stop() {
      informers.close();
      clock.close();
    },
  };
}

interface MetricsParts {
  readonly clock: Timers;
  readonly random: Random;
  readonly ledger: RequestLedger;
  readonly clients: Clients;
  readonly mesh: ControlPlane;
}

function metricsOf(options: SandboxOptions, { clock, random, ledger, clients, mesh }: MetricsParts): Metrics {
  return createMetrics({
    ...{ clock, random, ledger, mode: options.mesh?.mode ?? 'strict', ...options.metrics },
    settle: () => clients.settle(),
    splitOf: (namespace, name) => splitFacts(mesh.split(namespace, name)),
  });
}

function splitFacts(split: TrafficSplit | undefined): SplitFacts | undefined {
  if (split?.spec === undefined) return undefined;
  const { service = '', backends = [] } = split.spec;
  return { service, backends: backends.map(({ service: name, weight = 0 }) => ({ service: name, weight })) };
}

interface Parts {
  readonly clock: Timers;
  readonly api: AdmittedPort;
  readonly informers: Informers;
  readonly network: Network;
  readonly random: Random;
}

function startControllers(options: SandboxOptions, { clock, api, informers, network, random }: Parts): void {
  const range = options.delays?.controllersMs ?? usualDelays.controllersMs;
  const context = (): ControllerContext => {
    const own = fork(random);
    const client = createDirectClient(api, { 'user-agent': 'kube-controller-manager' });
    return { clock, random: own, client, informers, delayMs: () => drawFrom(own, range) };
  };
  new NamespaceController(context());
  new DeploymentController(context());
  new ReplicaSetController(context());
  new EndpointSliceController(context());
  if (options.hasEndpoints === true) new EndpointsController(context());
  new AutoscalerController({ ...options.autoscaling, context: context(), port: api, usage: options.usage ?? cpuUsage(network, clock) });
}

function firstObjects({ mesh, api }: SandboxOptions): readonly unknown[] {
  const node = {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  return [...meshDefinitions(mesh?.splits ?? 'all'), node, ...(api?.objects ?? [])];
}
