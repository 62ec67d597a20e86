import { analysisRuns, labels, rollouts } from '../../api/index.ts';
import type { Resource } from '../../kube/index.ts';
import type { Stage } from './stage.ts';

/** What there is to see at one moment: plain data. */
export interface Scene {
  readonly rollout: RolloutView | undefined;
  readonly revisions: readonly RevisionView[];
  /** Ready addresses behind the Service that the clients call. */
  readonly endpoints: number;
  readonly requests: RequestView;
}

export interface RolloutView {
  readonly phase: string;
  readonly message: string;
  readonly stable: string | undefined;
  readonly canary: string | undefined;
  /** Percent to the canary. */
  readonly desired: number | undefined;
  readonly isConfirmed: boolean;
  readonly step: { readonly label: string; readonly kind: string; readonly secondsLeft: number | undefined } | undefined;
  readonly abort: Abort | undefined;
}

export interface Abort {
  readonly reason: string;
  readonly message: string;
  /** The measurement that decided, and what was asked for. */
  readonly failed: { readonly metric: string; readonly value: number; readonly min?: number; readonly max?: number } | undefined;
}

export type Role = 'stable' | 'canary' | 'rolled back' | 'old' | 'unmanaged';

export interface RevisionView {
  /** The name of its Deployment and of its Service. */
  readonly name: string;
  /** Empty before there is a Rollout. */
  readonly revision: string;
  /** As the pods' label `version` says. */
  readonly version: string;
  readonly role: Role;
  readonly pods: { readonly ready: number; readonly wanted: number };
  /** Percent of traffic, as the TrafficSplit says it. */
  readonly weight: number;
  /** As Prometheus answers; undefined where it knows nothing. */
  readonly perSecond: number | undefined;
  readonly successRate: number | undefined;
  readonly p99Ms: number | undefined;
  /** As the clients saw it, from the beginning. */
  readonly requests: RequestView;
}

/** `failed`: answered with 5xx. `lost`: answered by nobody. */
export interface RequestView {
  readonly sent: number;
  readonly failed: number;
  readonly lost: number;
}

export const namespace = 'shop';
export const app = 'web';

const kind = (group: string, version: string, plural: string, name: string): Resource => ({
  group,
  version,
  plural,
  kind: name,
  namespaced: true,
});
const deployments = kind('apps', 'v1', 'deployments', 'Deployment');
const endpointSlices = kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice');
const splits = kind('split.smi-spec.io', 'v1alpha1', 'trafficsplits', 'TrafficSplit');

interface EndpointSlice {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

interface Deployment {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
  };
  readonly status?: { readonly readyReplicas?: number };
}

interface Rollout {
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly stableRevision?: string;
    readonly canaryRevision?: string;
    readonly weight?: { readonly desired: number; readonly confirmedAt?: string };
    readonly step?: { readonly label: string; readonly kind: string; readonly until?: string };
    readonly abort?: { readonly reason: string; readonly message: string };
    readonly analysis?: readonly { readonly run: string; readonly phase: string }[];
  };
}

interface AnalysisRun {
  readonly spec: {
    readonly metrics: readonly { readonly name: string; readonly thresholdRange?: { readonly min?: number; readonly max?: number } }[];
  };
  readonly status?: {
    readonly metricResults?: readonly { readonly name: string; readonly phase: string; readonly deciding?: { readonly value?: unknown } }[];
  };
}

interface Split {
  readonly spec: { readonly backends: readonly { readonly service: string; readonly weight: number | string }[] };
}

/** Looks at the cluster as a user would: the objects, and what Prometheus answers about them; and at the clients, who know best. */
export function lookAt(stage: Stage): Scene {
  const { sandbox } = stage;
  sandbox.settle();
  const read = <T>(resource: Resource) => sandbox.client.get(resource, { namespace, name: app }) as unknown as T | undefined;
  const rollout = viewOf(read<Rollout>(rollouts), stage);
  const split = read<Split>(splits);
  const measured = measure(stage);
  const all = sandbox.client.list(deployments, { namespace }) as unknown as readonly Deployment[];
  const revisions = all
    .filter(({ metadata, spec }) => isShown(metadata.name, spec.replicas ?? 1, rollout))
    .map((deployment) => revisionOf(deployment, { rollout, split, measured, stage }));
  const slices = sandbox.client.list(endpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${app}` });
  const endpoints = (slices as unknown as readonly EndpointSlice[]).flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length;
  return { rollout, revisions: inOrder(revisions), endpoints: ready, requests: requestsOf(stage) };
}

const isShown = (name: string, replicas: number, rollout: RolloutView | undefined): boolean =>
  replicas > 0 || name === nameOf(rollout?.canary);

const nameOf = (revision: string | undefined): string | undefined => (revision === undefined ? undefined : `${app}-${revision}`);

function viewOf(rollout: Rollout | undefined, stage: Stage): RolloutView | undefined {
  if (rollout?.status === undefined) return undefined;
  const {
    phase = 'unseen',
    message = 'no controller has seen it yet',
    stableRevision,
    canaryRevision,
    weight,
    step,
    abort,
  } = rollout.status;
  const secondsLeft = step?.until === undefined ? undefined : Math.max(0, Math.ceil((Date.parse(step.until) - stage.nowMs()) / 1_000));
  return {
    ...{ phase, message, stable: stableRevision, canary: canaryRevision, desired: weight?.desired },
    abort: abort === undefined ? undefined : { ...abort, failed: failedMetric(rollout, stage) },
    isConfirmed: weight?.confirmedAt !== undefined,
    step: step === undefined ? undefined : { label: step.label, kind: step.kind, secondsLeft },
  };
}

function failedMetric({ status }: Rollout, { sandbox }: Stage): Abort['failed'] {
  const name = status?.analysis?.find(({ phase }) => phase === 'Failed')?.run;
  if (name === undefined) return undefined;
  const run = sandbox.client.get(analysisRuns, { namespace, name }) as unknown as AnalysisRun | undefined;
  const result = run?.status?.metricResults?.find(({ phase }) => phase === 'Failed');
  const value = Number(result?.deciding?.value);
  if (result === undefined || Number.isNaN(value)) return undefined;
  return { metric: result.name, value, ...run?.spec.metrics.find((metric) => metric.name === result.name)?.thresholdRange };
}

interface Context {
  readonly rollout: RolloutView | undefined;
  readonly split: Split | undefined;
  readonly measured: Measured;
  readonly stage: Stage;
}

function revisionOf({ metadata, spec, status }: Deployment, { rollout, split, measured, stage }: Context): RevisionView {
  const { name } = metadata;
  const revision = metadata.labels?.[labels.revision] ?? '';
  const weight = split?.spec.backends.find(({ service }) => service === name)?.weight;
  return {
    ...{ name, revision, role: roleOf(revision, rollout) },
    version: spec.template.metadata?.labels?.version ?? name,
    pods: { ready: status?.readyReplicas ?? 0, wanted: spec.replicas ?? 1 },
    // Without a split the root Service sends all to the pods that it selects: those of the Deployment itself.
    weight: split === undefined ? (revision === '' ? 100 : 0) : Number.parseInt(String(weight ?? 0), 10),
    perSecond: measured.perSecond.get(name),
    successRate: measured.successRate.get(name),
    p99Ms: measured.p99Ms.get(name),
    requests: requestsOf(stage, `${namespace}/${name}`),
  };
}

function roleOf(revision: string, rollout: RolloutView | undefined): Role {
  if (revision === '') return 'unmanaged';
  if (revision === rollout?.stable) return 'stable';
  if (revision !== rollout?.canary) return rollout?.stable === undefined ? 'stable' : 'old';
  return rollout.phase === 'RolledBack' ? 'rolled back' : 'canary';
}

/** Versions as they came, so that no row ever jumps. */
const inOrder = (revisions: readonly RevisionView[]): readonly RevisionView[] =>
  revisions.toSorted(
    (left, right) => left.version.localeCompare(right.version, 'en', { numeric: true }) || (left.name < right.name ? -1 : 1),
  );

function requestsOf({ sandbox }: Stage, backend?: string): RequestView {
  const { sent, failed, lost } = sandbox.oracle.totals(backend);
  return { sent, failed, lost };
}

type ByWorkload = ReadonlyMap<string, number>;
interface Measured {
  readonly perSecond: ByWorkload;
  readonly successRate: ByWorkload;
  readonly p99Ms: ByWorkload;
}

const selector = `namespace="${namespace}",direction="inbound"`;
const total = `sum by (deployment) (rate(response_total{${selector}}[4s]))`;
/** Any dashboard of Linkerd asks like this. */
export const questions = {
  perSecond: total,
  successRate: `sum by (deployment) (rate(response_total{${selector},classification="success"}[4s])) / ${total}`,
  p99Ms: `histogram_quantile(0.99, sum by (le, deployment) (rate(response_latency_ms_bucket{${selector}}[4s])))`,
} as const;

function measure({ metrics, nowMs }: Stage): Measured {
  const ask = (question: string): ByWorkload => {
    const answer = metrics.prometheus.engine.instant(question, nowMs());
    const samples = answer.ok && answer.value.type === 'vector' ? answer.value.samples : [];
    return new Map(
      samples.filter(({ value }) => Number.isFinite(value)).map(({ labels: of, value }) => [of.get('deployment') ?? '', value]),
    );
  };
  return { perSecond: ask(questions.perSecond), successRate: ask(questions.successRate), p99Ms: ask(questions.p99Ms) };
}
