// A sandbox on virtual time, with the few objects that most tests need.
import { seededRandom } from '../../lib/index.ts';
import type { ApiDraft, ApiResult } from '../api/index.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../cluster.ts';
import { type Deployment, type EndpointSlice, isReady, type Pod, type ReplicaSet, resources, splitsOf } from '../objects/index.ts';
import { StepClock } from '../time/index.ts';
import type { ClientSpec, RunningClient } from '../traffic/index.ts';

export const namespace = 'shop';

export interface App {
  readonly name: string;
  readonly replicas?: number;
  readonly image?: string;
  /** Becomes annotations `bed.sluice.dev/...` of the pods. */
  readonly behaviour?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly podSpec?: Readonly<Record<string, unknown>>;
}

export function deploymentDraft({
  name,
  replicas = 1,
  image = 'example/app:1',
  behaviour = {},
  labels = {},
  spec = {},
  podSpec = {},
}: App): ApiDraft {
  const annotations = Object.fromEntries(Object.entries(behaviour).map(([key, value]) => [`bed.sluice.dev/${key}`, value]));
  const container = { name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name, ...labels }, annotations }, spec: { containers: [container], ...podSpec } },
      ...spec,
    },
  };
}

export const serviceDraft = (name: string, selector: Readonly<Record<string, string>>, targetPort: number | string = 8080): ApiDraft => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort }] },
});

export const must = (result: ApiResult) => {
  if (!result.ok) throw new Error(`${result.failure.status} ${result.failure.message}`);
  return result.value;
};

export interface Bench {
  readonly clock: StepClock;
  readonly sandbox: Sandbox;
  deploy(app: App): void;
  service(name: string, selector: Readonly<Record<string, string>>, targetPort?: number | string): void;
  split(root: string, weights: Readonly<Record<string, number | string>>, version?: string): void;
  load(spec?: Partial<ClientSpec>): RunningClient;
  run(durationMs: number): void;
  deployment(name: string): Deployment;
  replicaSets(deployment: string): readonly ReplicaSet[];
  pods(app: string): readonly Pod[];
  readyPods(app: string): number;
  slices(service: string): readonly EndpointSlice[];
  /** Percent of requests by backend, as one proxy of a client has it now. */
  weights(client: RunningClient, proxy?: number): Readonly<Record<string, number>> | number | undefined;
  patch(resource: (typeof resources)[keyof typeof resources], name: string, body: unknown): void;
}

export function aBench(options: Partial<SandboxOptions> & { readonly seed?: number } = {}): Bench {
  const { seed = 1, ...given } = options;
  const clock = new StepClock();
  const sandbox = createSandbox({ clock, random: seededRandom(seed), ...given });
  const { client } = sandbox;
  must(client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }));
  const listed = <T>(resource: (typeof resources)[keyof typeof resources], labelSelector: string): readonly T[] =>
    client.list(resource, { namespace, labelSelector }) as unknown as readonly T[];
  const bench: Bench = {
    ...{ clock, sandbox },
    deploy: (app) => void must(client.create(resources.deployments, deploymentDraft(app))),
    service: (name, selector, port) => void must(client.create(resources.services, serviceDraft(name, selector, port))),
    split(root, weights, version = 'v1alpha4') {
      const backends = Object.entries(weights).map(([service, weight]) => ({ service, weight }));
      const resource = splitsOf(version);
      const ref = { namespace, name: root };
      if (client.get(resource, ref) !== undefined) return void must(client.patch(resource, ref, { spec: { backends } }));
      const draft = { apiVersion: `split.smi-spec.io/${version}`, kind: 'TrafficSplit', metadata: ref, spec: { service: root, backends } };
      must(client.create(resource, draft));
    },
    load: (spec = {}) =>
      sandbox.send({
        ...{ name: 'curl', namespace, target: { namespace, service: 'web', port: 80 } },
        ...{ rate: { kind: 'constant', perSecond: 50 }, arrivals: 'even' },
        ...spec,
      }),
    run: (durationMs) => {
      clock.runFor(durationMs);
      sandbox.settle();
    },
    deployment: (name) => client.get(resources.deployments, { namespace, name }) as unknown as Deployment,
    replicaSets: (deployment) =>
      listed<ReplicaSet>(resources.replicaSets, `app=${deployment}`).toSorted((left, right) =>
        left.metadata.name < right.metadata.name ? -1 : 1,
      ),
    pods: (app) => listed<Pod>(resources.pods, `app=${app}`),
    readyPods: (app) => bench.pods(app).filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length,
    slices: (service) => listed<EndpointSlice>(resources.endpointSlices, `kubernetes.io/service-name=${service}`),
    weights(running, proxy = 0) {
      const route = running.proxies[proxy]?.route(`${namespace}/web|80`)?.route;
      if (route === undefined || route.kind === 'fail') return route?.status;
      const total = route.shares.reduce((sum, { weight }) => sum + weight, 0);
      return Object.fromEntries(route.shares.map(({ backend, weight }) => [backend, Math.round((1_000 * weight) / total) / 10]));
    },
    patch: (resource, name, body) => void must(client.patch(resource, { namespace, name }, body)),
  };
  return bench;
}
