import { parseDuration } from '../../../src/lib/index.ts';
import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import type { SeenCommit } from '../play/run.ts';

// What laws read out of stored objects. Written anew from the contract (api.md 1, docs/marks.md), and not from the program: a witness that asks the accused proves nothing.

export interface GateSeen {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  readonly needs: number;
  readonly approvals?: readonly { readonly subject: string; readonly decision: string }[];
}

export interface StatusSeen {
  readonly phase?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message?: string }[];
  readonly stableRevision?: string;
  readonly canaryRevision?: string;
  readonly attempt?: number;
  readonly epoch?: number;
  readonly step?: {
    readonly index: number;
    readonly total: number;
    readonly kind: string;
    readonly startedAt: string;
    readonly resumed?: boolean;
  };
  readonly gates?: readonly GateSeen[];
  readonly followed?: readonly { readonly uid: string }[];
  readonly weight?: { readonly desired: number; readonly written?: number; readonly confirmedBy?: string; readonly confirmedAt?: string };
  readonly stage?: { readonly name: string };
  readonly run?: {
    readonly startedAt: string;
    readonly lost?: number;
    readonly rounds?: { readonly steps?: number; readonly background?: number; readonly bake?: number };
  };
  readonly abort?: { readonly reason: string; readonly message: string; readonly at: string };
  readonly history?: readonly {
    readonly revision: string;
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly outcome: string;
  }[];
}

type StepWritten = Readonly<Record<string, unknown>>;

export interface RolloutSeen {
  readonly kind: string;
  readonly metadata: ApiObject['metadata'];
  readonly spec: {
    readonly workloadRef?: { readonly name: string };
    readonly template?: unknown;
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly progressDeadline?: string;
    readonly revisionHistoryLimit?: number;
    readonly service: { readonly name: string; readonly pinSelector?: string; readonly ports?: readonly unknown[] };
    readonly traffic?: { readonly smi?: { readonly splitName?: string } };
    readonly strategy: {
      readonly canary: {
        readonly steps?: readonly StepWritten[];
        readonly stepWeight?: number;
        readonly maxWeight?: number;
        readonly stepWeights?: readonly number[];
        readonly interval?: string;
        readonly analysis?: { readonly templates: readonly TemplateRef[]; readonly startingStep?: number; readonly evidence?: string };
        readonly afterPromotion?: { readonly duration: string; readonly analysis?: { readonly templates: readonly TemplateRef[] } };
        readonly scaleDownDelay?: string;
        readonly minPodsPerRevision?: number;
        readonly confirmation?: { readonly maxLag?: string };
      };
    };
  };
  readonly status?: StatusSeen;
}

export interface TemplateRef {
  readonly name: string;
  readonly clusterScope?: boolean;
}

export interface SplitSeen {
  readonly metadata: ApiObject['metadata'];
  readonly spec?: { readonly service?: string; readonly backends?: readonly { readonly service: string; readonly weight?: number }[] };
}

export interface RunSeen {
  readonly metadata: ApiObject['metadata'];
  readonly spec: {
    readonly metrics: readonly MetricSeen[];
    readonly rollout?: {
      readonly uid: string;
      readonly kind: string;
      readonly revision: string;
      readonly attempt: number;
      readonly round?: number;
      readonly step?: number;
    };
  };
  readonly status?: { readonly phase?: string; readonly metricResults?: readonly MetricResultSeen[] };
}

export interface MetricSeen {
  readonly name: string;
  readonly dryRun?: boolean;
  readonly initialDelay?: string;
  readonly minRequests?: number;
  readonly thresholdRange?: { readonly min?: number; readonly max?: number };
  readonly successCondition?: string;
  readonly failureCondition?: string;
  readonly compare?: unknown;
  readonly provider: Readonly<Record<string, unknown>>;
}

export interface MeasurementSeen {
  readonly result: string;
  readonly value?: string;
  readonly requests?: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly windowStartedAt?: string;
}

export interface MetricResultSeen {
  readonly name: string;
  readonly phase: string;
  readonly dryRun?: boolean;
  readonly successful: number;
  readonly measurements?: readonly MeasurementSeen[];
  readonly passedWindowStartedAt?: string;
}

export interface DeploymentSeen {
  readonly metadata: ApiObject['metadata'];
  readonly spec: {
    readonly replicas: number;
    readonly paused?: boolean;
    readonly template: { readonly spec?: { readonly containers?: readonly { readonly image: string }[] } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
  };
}

export interface ServiceSeen {
  readonly metadata: ApiObject['metadata'];
  readonly spec: { readonly selector?: Readonly<Record<string, string>> };
}

export interface PodSeen {
  readonly metadata: ApiObject['metadata'];
  readonly status?: { readonly podIP?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface SliceSeen {
  readonly metadata: ApiObject['metadata'];
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: { readonly ready?: boolean; readonly terminating?: boolean };
      }[]
    | null;
}

export const seenAs = <Seen>(object: ApiObject | undefined): Seen | undefined => object as Seen | undefined;

export const revisionLabel = 'sluice.dev/revision';
export const rolloutUidMark = 'sluice.dev/rollout-uid';
export const finalizer = 'sluice.dev/finalizer';

export const keyOf = ({ metadata }: { readonly metadata: ApiObject['metadata'] }): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** The revision that an object of ours is part of. */
export const revisionOf = ({ metadata }: { readonly metadata: ApiObject['metadata'] }): string | undefined =>
  metadata.labels?.[revisionLabel];

/** The Rollout that owns it, by uid. */
export const ownerOf = ({ metadata }: { readonly metadata: ApiObject['metadata'] }): string | undefined =>
  metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Rollout' && controller === true)?.uid;

/** Revisions have objects of this name. */
export function revisionName({ metadata: { name } }: RolloutSeen, revision: string): string {
  const head = name.replaceAll('.', '-').slice(0, 63 - revision.length - 1);
  return `${head.replace(/-+$/, '')}-${revision}`;
}

export const weightIn = (split: SplitSeen | undefined, service: string): number =>
  Number(split?.spec?.backends?.find((backend) => backend.service === service)?.weight ?? 0);

export const isSplit = (object: ApiObject): boolean => object.kind === 'TrafficSplit';

/** The same shares, in whatever order. */
export function sendsAlike(left: SplitSeen | undefined, right: SplitSeen | undefined): boolean {
  const names = new Set([...(left?.spec?.backends ?? []), ...(right?.spec?.backends ?? [])].map(({ service }) => service));
  return left?.spec?.service === right?.spec?.service && [...names].every((name) => weightIn(left, name) === weightIn(right, name));
}

export interface StepSeen {
  readonly kind: string;
  /** Of setWeight. */
  readonly weight?: number;
  /** Of a gate: its name, and how many people it asks for. */
  readonly gate?: string;
  readonly approvals?: number;
  /** Of a pause that ends by itself. */
  readonly durationMs?: number;
  readonly templates?: readonly TemplateRef[];
  readonly scale?: { readonly replicas?: number; readonly weight?: number };
}

const known = new WeakMap<object, readonly StepSeen[]>();

/** The steps that run: those written, or the sugar in their place. */
export function stepsOf({ spec }: RolloutSeen): readonly StepSeen[] {
  let steps = known.get(spec);
  if (steps === undefined) {
    const { canary } = spec.strategy;
    steps = canary.steps?.map(stepOf) ?? sugarOf(canary);
    known.set(spec, steps);
  }
  return steps;
}

function stepOf(written: StepWritten): StepSeen {
  const [kind = '', config] = Object.entries(written)[0] ?? [];
  const given = (typeof config === 'object' && config !== null ? config : {}) as Readonly<Record<string, unknown>>;
  switch (kind) {
    case 'setWeight':
      return { kind, weight: Number(config) };
    case 'pause':
      return { kind, ...(given.duration === undefined ? {} : { durationMs: msOf(given.duration as string) }) };
    case 'analysis':
      return { kind, templates: (given.templates ?? []) as readonly TemplateRef[] };
    case 'setCanaryScale':
      return { kind, scale: given };
    case 'gate':
      return { kind, gate: String(given.name), approvals: Number(given.minApprovals ?? 1) };
    default:
      return { kind };
  }
}

function sugarOf({ stepWeights, stepWeight = 100, maxWeight = 100, interval = '0s' }: RolloutSeen['spec']['strategy']['canary']) {
  const weights =
    stepWeights ?? Array.from({ length: Math.ceil(maxWeight / stepWeight) }, (_, index) => Math.min(maxWeight, stepWeight * (index + 1)));
  return weights.flatMap((weight): StepSeen[] => [
    { kind: 'setWeight', weight },
    { kind: 'pause', durationMs: msOf(interval) },
  ]);
}

/** Of a duration as users write it. */
export const msOf = (text: string): number => parseDuration(text) ?? 0;

/** The most that the canary may have at this step. */
export function capAt(steps: readonly StepSeen[], index: number): number {
  if (index >= steps.length) return 100;
  return steps.slice(0, index + 1).findLast(({ weight }) => weight !== undefined)?.weight ?? 0;
}

/** Pods that carry this share of the traffic; fewer where `setCanaryScale` says so, whoever writes that means it. */
export function podsFor(rollout: RolloutSeen, weight: number, replicas: number): number {
  if (weight <= 0 || replicas <= 0) return 0;
  const least = rollout.spec.strategy.canary.minPodsPerRevision ?? 1;
  const byTraffic = Math.max(least, Math.ceil((replicas * weight) / 100));
  const steps = stepsOf(rollout);
  const index = rollout.status?.step?.index ?? 0;
  const scale = index >= steps.length ? undefined : steps.slice(0, index + 1).findLast((step) => step.scale !== undefined)?.scale;
  if (weight >= 100 || scale === undefined) return byTraffic;
  if (scale.replicas !== undefined) return Math.min(byTraffic, Math.max(least, scale.replicas));
  if (scale.weight !== undefined) return Math.min(byTraffic, Math.max(least, Math.ceil((replicas * scale.weight) / 100)));
  return byTraffic;
}

export const maxLagMs = ({ spec }: RolloutSeen): number => msOf(spec.strategy.canary.confirmation?.maxLag ?? '10s');

export const isSameTry = (before: StatusSeen, after: StatusSeen): boolean =>
  after.canaryRevision !== undefined &&
  before.canaryRevision === after.canaryRevision &&
  (before.attempt ?? 1) === (after.attempt ?? 1) &&
  before.run?.startedAt === after.run?.startedAt;

export const desiredOf = ({ weight }: StatusSeen): number => weight?.desired ?? 0;

/** A canary became stable, with all traffic. */
export const isPromotion = (before: StatusSeen, after: StatusSeen): boolean =>
  before.stableRevision !== undefined && after.stableRevision !== before.stableRevision && after.stableRevision === before.canaryRevision;

export const reasonsOf = ({ conditions = [] }: StatusSeen): readonly string[] => conditions.map(({ reason }) => reason);
export const isStalled = ({ conditions = [] }: StatusSeen): boolean =>
  conditions.some(({ type, status }) => type === 'Stalled' && status === 'True');

export interface StatusChange {
  readonly rollout: RolloutSeen;
  readonly uid: string;
  readonly before: StatusSeen;
  readonly after: StatusSeen;
  /** When the controller sent it. */
  readonly sentMs: number;
}

const none: StatusSeen = {};

/** A status that a controller wrote. */
export function statusChange({ object, previous, type, by }: SeenCommit): StatusChange | undefined {
  if (object.kind !== 'Rollout' || by === undefined || type !== 'MODIFIED' || previous?.status === object.status) return undefined;
  const rollout = object as unknown as RolloutSeen;
  const before = (previous as unknown as RolloutSeen | undefined)?.status ?? none;
  return { rollout, uid: rollout.metadata.uid, before, after: rollout.status ?? none, sentMs: by.sentMs };
}

export interface SplitChange {
  readonly split: SplitSeen;
  readonly before: SplitSeen | undefined;
  /** Who wrote it: a controller, or somebody else. */
  readonly isOurs: boolean;
}

/** A split that is there, in a new version. */
export function splitChange({ object, previous, type, by }: SeenCommit): SplitChange | undefined {
  if (object.kind !== 'TrafficSplit' || type === 'DELETED') return undefined;
  return { split: object as unknown as SplitSeen, before: previous as unknown as SplitSeen | undefined, isOurs: by !== undefined };
}

/** State of a law about each of some things, by key. */
export class PerKey<State> {
  readonly #states = new Map<string, State>();
  readonly #make: () => State;

  constructor(make: () => State) {
    this.#make = make;
  }

  of(key: string): State {
    let state = this.#states.get(key);
    if (state === undefined) {
      state = this.#make();
      this.#states.set(key, state);
    }
    return state;
  }

  forget(key: string): void {
    this.#states.delete(key);
  }

  entries(): Iterable<[string, State]> {
    return this.#states;
  }
}
