import type { Run, Subject } from '../play/run.ts';

/** What people apply, and the clients that call it. */

export const subject: Subject = { namespace: 'shop', rollout: 'web', service: 'web' };

export interface AppVersion {
  readonly image: string;
  readonly errorRate?: number;
  readonly latencyMs?: string;
  readonly replicas?: number;
  /** More of the test bed's annotations, without their prefix. */
  readonly behaviour?: Readonly<Record<string, string>>;
}

/** As `kubectl apply --server-side` does it; throws where it is refused. */
export function apply(run: Pick<Run, 'sandbox'>, object: Readonly<Record<string, unknown>>, manager = 'kubectl'): void {
  const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };
  const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const answer = run.sandbox.api.request({
    method: 'PATCH',
    path: `${prefix}${scope}/${pluralOf(kind)}/${metadata.name}`,
    query: { fieldManager: manager, force: true },
    headers: { 'content-type': 'application/apply-patch+yaml', 'user-agent': manager, accept: 'application/json' },
    body: object,
  });
  if (answer.status >= 300) throw new Error(`${kind} ${metadata.name}: ${JSON.stringify(answer.body)}`);
}

/** As `kubectl create` does it, and `kubectl apply` the first time: no server-side applier owns any of its fields. */
export function create(run: Pick<Run, 'sandbox'>, object: Readonly<Record<string, unknown>>): void {
  const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { name: string; namespace: string } };
  const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const answer = run.sandbox.api.request({
    ...{ method: 'POST', path: `${prefix}/namespaces/${metadata.namespace}/${pluralOf(kind)}`, query: { fieldManager: 'kubectl-create' } },
    headers: { 'content-type': 'application/json', 'user-agent': 'kubectl', accept: 'application/json' },
    body: object,
  });
  if (answer.status >= 300) throw new Error(`${kind} ${metadata.name}: ${JSON.stringify(answer.body)}`);
}

const pluralOf = (kind: string): string => (kind.endsWith('y') ? `${kind.toLowerCase().slice(0, -1)}ies` : `${kind.toLowerCase()}s`);

export const namespaceObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: subject.namespace } } as const;

export const serviceObject = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: subject.namespace } },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
} as const;

export function deploymentObject({ image, errorRate, latencyMs, replicas, behaviour = {} }: AppVersion): Readonly<Record<string, unknown>> {
  const said = {
    ...(errorRate === undefined ? {} : { 'error-rate': String(errorRate) }),
    ...(latencyMs === undefined ? {} : { 'latency-ms': latencyMs }),
    ...behaviour,
  };
  const annotations = Object.fromEntries(Object.entries(said).map(([name, value]) => [`bed.sluice.dev/${name}`, value]));
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: subject.namespace } },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, annotations },
        spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
    },
  };
}

export function rolloutObject(
  canary: Readonly<Record<string, unknown>>,
  spec: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', metadata: { name: 'web', namespace: subject.namespace } },
    spec: {
      workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      ...{ replicas: 3, service: { name: 'web' }, traffic: { smi: { provider: 'linkerd' } } },
      strategy: { canary },
      ...spec,
    },
  };
}

/** Success rate by Linkerd's series, as in analysis-templates/linkerd.yaml. */
export const checksObject = {
  ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'checks', namespace: subject.namespace } },
  spec: {
    metrics: [
      {
        ...{ name: 'success-rate', interval: '10s', thresholdRange: { min: 0.99 }, minRequests: 20, failureLimit: 1 },
        provider: { prometheus: { builtin: 'successRate' } },
      },
    ],
  },
} as const;

export function clients(run: Pick<Run, 'sandbox'>, perSecond = 20): void {
  run.sandbox.send({
    ...{ name: 'curl', namespace: subject.namespace, target: { namespace: subject.namespace, service: 'web', port: 80 } },
    ...{ rate: { kind: 'constant', perSecond }, arrivals: 'even', proxies: 2 },
  });
}

/** Whom no split moves: kube-proxy sends them to the pods that the Service selects. */
export function outsiders(run: Pick<Run, 'sandbox'>, perSecond: number): void {
  run.sandbox.send({
    ...{ name: 'outsiders', namespace: subject.namespace, target: { namespace: subject.namespace, service: 'web', port: 80 } },
    ...{ rate: { kind: 'constant', perSecond }, arrivals: 'even', proxies: 1, isMeshed: false },
  });
}
