// Stands in for Deployment controller, scheduler, kubelet and EndpointSlice controller: what is asked for is ready a few milliseconds later.
import type { ApiClient, KubeObject } from '../test/cluster/kit/client.ts';
import { inform, keyOf } from '../test/cluster/kit/informer.ts';
import { pathOf } from '../test/cluster/kit/paths.ts';

interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly observedGeneration?: number; readonly readyReplicas?: number };
}

export interface FakeKubelet {
  stop(): void;
}

const ours = 'sluice.dev/';

export async function fakeKubelet(client: ApiClient): Promise<FakeKubelet> {
  const chains = new Map<string, Promise<void>>();
  const informer = inform<Deployment>(client, '/apis/apps/v1/deployments', (change, object) => {
    if (change === 'deleted') return;
    const key = keyOf(object);
    const before = chains.get(key) ?? Promise.resolve();
    const next = before.then(() => run(client, informer.items.get(key) ?? object)).catch(() => undefined);
    chains.set(key, next);
  });
  await informer.synced;
  return { stop: () => informer.stop() };
}

async function run(client: ApiClient, { metadata, spec, status }: Deployment): Promise<void> {
  const { namespace = '', name, labels = {}, generation = 0 } = metadata;
  const replicas = spec.replicas ?? 1;
  if (status?.observedGeneration === generation && (status.readyReplicas ?? 0) === replicas) return;
  const marks = Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith(ours)));
  if (Object.keys(marks).length > 0) await serve(client, { namespace, name, marks, replicas });
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
  await client.patch(`${pathOf('deployments', namespace, name)}/status`, { status: { observedGeneration: generation, ...counts } });
}

interface Slice {
  readonly namespace: string;
  readonly name: string;
  readonly marks: Readonly<Record<string, string>>;
  readonly replicas: number;
}

/** The real controller puts the Service's labels on its slices; a revision's Service has those of its Deployment. */
async function serve(client: ApiClient, { namespace, name, marks, replicas }: Slice): Promise<void> {
  const conditions = { ready: true, serving: true, terminating: false };
  const endpoints = Array.from({ length: replicas }, (_, at) => ({
    addresses: [`10.244.0.${at + 1}`],
    conditions,
    nodeName: 'bed',
    targetRef: { kind: 'Pod', namespace, name: `${name}-${at}` },
  }));
  const labels = {
    ...marks,
    'kubernetes.io/service-name': name,
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-bench`, namespace, labels },
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
  await client.apply(slice, { manager: 'bench-kubelet' });
}
