// Rollouts and templates as users write them, and what the scenarios look at.
import type { KubeObject } from '../kit/client.ts';

export interface Rollout extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>> & { readonly replicas?: number };
  readonly status?: RolloutStatus;
}

export interface RolloutStatus {
  readonly phase?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
  readonly stableRevision?: string;
  readonly canaryRevision?: string;
  readonly attempt?: number;
  readonly epoch?: number;
  readonly step?: { readonly index: number; readonly label: string; readonly kind: string; readonly startedAt: string };
  readonly weight?: {
    readonly desired: number;
    readonly written?: number;
    readonly observed?: number;
    readonly confirmedBy?: string;
    readonly confirmedAt?: string;
  };
  readonly abort?: { readonly reason: string; readonly message: string; readonly at: string };
  readonly history?: readonly { readonly revision: string; readonly outcome: string; readonly reason?: string }[];
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly analysis?: readonly { readonly run: string; readonly kind: string; readonly phase: string; readonly message?: string }[];
  readonly gates?: readonly {
    readonly name: string;
    readonly id: string;
    readonly state: string;
    readonly openedAt: string;
    readonly needs: number;
    readonly approvals?: readonly { readonly subject: string; readonly channel: string; readonly decision: string }[];
  }[];
  readonly replicas?: number;
  readonly readyReplicas?: number;
}

export interface RolloutOptions {
  readonly name?: string;
  readonly replicas?: number;
  readonly steps?: readonly object[];
  readonly canary?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly analysis?: object;
  readonly traffic?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Short lags and delays, so that a scenario takes seconds; every one of them is a field that a user may set. */
export const rollout = (
  namespace: string,
  { name = 'web', replicas, steps, canary = {}, spec = {}, analysis, traffic = {}, annotations = {} }: RolloutOptions = {},
): KubeObject & { spec: object } => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace, annotations },
  spec: {
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    ...(replicas === undefined ? {} : { replicas }),
    service: { name },
    traffic: { smi: traffic },
    strategy: {
      canary: {
        steps: steps ?? [{ setWeight: 20 }, { pause: { duration: '2s' } }, { setWeight: 50 }, { pause: { duration: '2s' } }],
        ...(analysis === undefined ? {} : { analysis }),
        scaleDownDelay: '5s',
        abortScaleDownDelay: '2s',
        confirmation: { timeout: '60s', maxLag: '2s' },
        ...canary,
      },
    },
    ...spec,
  },
});

/** Success rate and latency by the queries of the plain Envoy dialect, over a window short enough for a test. */
export const template = (namespace: string, name: string, metrics: readonly object[]): KubeObject & { spec: object } => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, namespace },
  spec: { args: [{ name: 'window', value: '10s' }], metrics },
});

export const successRate = (more: object = {}): object => ({
  name: 'success-rate',
  interval: '2s',
  thresholdRange: { min: 0.95 },
  minRequests: 10,
  provider: { prometheus: { builtin: 'successRate' } },
  ...more,
});

export const latency = (maxMs: number, more: object = {}): object => ({
  name: 'latency-p99',
  interval: '2s',
  thresholdRange: { max: maxMs },
  minRequests: 10,
  provider: { prometheus: { builtin: 'p99' } },
  ...more,
});

export const isRolledBack = ({ phase }: RolloutStatus): boolean => phase === 'RolledBack';
/** That revision is stable, and all is at rest. */
export const isPromoted =
  (revision: string) =>
  ({ phase, stableRevision }: RolloutStatus): boolean =>
    phase === 'Healthy' && stableRevision === revision;
