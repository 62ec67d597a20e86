// What users write: plain manifests of an application, as they would be in Git.
import type { KubeObject } from './client.ts';
import { POD_PREFIX } from './layout.ts';

/** Behaviour of the Pods: each becomes an annotation `bed.sluice.dev/<name>` of the template. */
export interface Behaviour {
  readonly 'error-rate'?: string;
  readonly 'error-code'?: string;
  readonly 'latency-ms'?: string;
  readonly 'start-delay-ms'?: string;
  readonly 'never-ready'?: string;
  readonly 'crash-loop'?: string;
  readonly 'crash-after-ms'?: string;
  readonly 'crash-after-requests'?: string;
  readonly 'crash-backoff-ms'?: string;
  readonly 'unready-after-ms'?: string;
  readonly 'shutdown-grace-ms'?: string;
}

export interface App {
  readonly name: string;
  readonly replicas?: number;
  /** Only a name: the kit's Pods all run the same program, and a new image is a new template. */
  readonly image?: string;
  readonly behaviour?: Behaviour;
  readonly labels?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** Its keys become variables; `COLOR` comes back as `x-config`. */
  readonly configMap?: string;
}

export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: object;
    };
  };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
    readonly observedGeneration?: number;
  };
}

export function podTemplate(app: App): Deployment['spec']['template'] {
  const annotations = Object.fromEntries(Object.entries(app.behaviour ?? {}).map(([name, value]) => [`${POD_PREFIX}${name}`, value]));
  const config = app.configMap === undefined ? {} : { envFrom: [{ configMapRef: { name: app.configMap } }] };
  const container = {
    name: 'app',
    image: app.image ?? 'example/app:1',
    ports: [{ name: 'http', containerPort: app.port ?? 8080 }],
    ...config,
  };
  return {
    metadata: { labels: { app: app.name, ...app.labels }, annotations },
    spec: { containers: [{ ...container, resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
  };
}

export const deployment = (namespace: string, app: App): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: app.name, namespace, labels: { app: app.name } },
  spec: {
    ...(app.replicas === undefined ? {} : { replicas: app.replicas }),
    ...{ selector: { matchLabels: { app: app.name, ...app.labels } } },
    template: podTemplate(app),
  },
});

export const service = (
  namespace: string,
  name: string,
  selector: Readonly<Record<string, string>>,
  targetPort: number | string = 8080,
): KubeObject & { spec: object } => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort }] },
});

export interface Backends {
  readonly [service: string]: number | string;
}

export const trafficSplit = (namespace: string, root: string, backends: Backends, version = 'v1alpha4'): KubeObject & { spec: object } => ({
  apiVersion: `split.smi-spec.io/${version}`,
  kind: 'TrafficSplit',
  metadata: { name: root, namespace },
  spec: { service: root, backends: Object.entries(backends).map(([name, weight]) => ({ service: name, weight })) },
});
