import type { z } from 'zod';
import { revisionName } from '../../src/core/names.ts';
import type { Effect, Plan } from '../../src/core/plan.ts';
import type { RolloutStatus } from '../../src/core/rollout.ts';
import { rolloutSpecSchema, rolloutStatusSchema } from '../../src/core/rollout.ts';
import { fingerprintOf } from '../../src/core/split.ts';
import { isoOf } from '../../src/core/time.ts';
import type { DecisionView, Revision, RootService, RunView, SplitView, Target, Traffic, Workload, World } from '../../src/core/world.ts';

/** Builders for the planner's worlds: users' YAML in, a decoded World out. Each method gives a new builder. */

export const t0 = Date.parse('2026-03-01T12:00:00.000Z');
export const seconds = (count: number): number => count * 1000;
export const minutes = (count: number): number => count * 60_000;
export const at = (ms: number): string => isoOf(t0 + ms);

export const stableRevision = '6d5f0c9b1e';
export const canaryRevision = '7c9d2f41aa';
export const nextRevision = '8e1a3b52cc';

export type WireSpec = z.input<typeof rolloutSpecSchema>;
export type WireCanary = WireSpec['strategy']['canary'];
export type WireSteps = NonNullable<WireCanary['steps']>;

const defaultSteps: WireSteps = [{ setWeight: 10 }, { pause: { duration: '5m' } }, { setWeight: 50 }, { pause: {} }];

const wireSpec: WireSpec = {
  workloadRef: { name: 'web' },
  replicas: 4,
  service: { name: 'web' },
  traffic: { smi: {} },
  strategy: { canary: { steps: defaultSteps } },
};

const templateOf = (revision: string) => ({ spec: { containers: [{ name: 'web', image: `web:${revision}` }] } });

export const targetOf = (revision: string): Target => ({ kind: 'revision', revision, template: templateOf(revision), configs: [] });

export interface PodsWish {
  readonly replicas?: number;
  readonly ready?: number;
  readonly createdAt?: string;
}

export const revisionWith = (revision: string, { replicas = 4, ready = replicas, createdAt = at(0) }: PodsWish = {}): Revision => ({
  revision,
  name: revisionName('web', revision),
  createdAt,
  deployment: {
    uid: `uid-${revision}`,
    resourceVersion: '1',
    replicas,
    isObserved: true,
    totalReplicas: replicas,
    readyReplicas: ready,
    templateHash: revision,
  },
  service: { uid: `svc-${revision}`, resourceVersion: '1', ports: [{ port: 80, protocol: 'TCP' }] },
  readyEndpoints: ready,
});

const rootService: RootService = {
  name: 'web',
  uid: 'uid-root',
  resourceVersion: '1',
  selector: { app: 'web', 'sluice.dev/revision': stableRevision },
  ports: [{ port: 80, protocol: 'TCP' }],
  clusterIP: '10.0.0.1',
  type: 'ClusterIP',
  selectorApplier: undefined,
  isOurs: false,
};

const workload: Workload = {
  name: 'web',
  uid: 'uid-workload',
  resourceVersion: '1',
  generation: 1,
  replicas: 0,
  readyReplicas: 0,
  isPaused: false,
  isDeleting: false,
  templateHash: stableRevision,
  isRolledOut: true,
  replicasManager: undefined,
};

type Usable = Extract<Traffic, { kind: 'usable' }>;
type PresentSplit = Extract<SplitView, { kind: 'present' }>;

/** A split as we wrote it half a minute ago; `edited` puts other weights under our stamp, as a foreign writer would. */
export function splitWith(
  weights: Readonly<Record<string, number>>,
  over: Partial<PresentSplit> = {},
  writtenAtMs = t0 - 30_000,
): PresentSplit {
  const split = {
    root: 'web',
    backends: Object.entries(weights).map(([revision, weight]) => ({ service: revisionName('web', revision), weight })),
  };
  return {
    kind: 'present',
    uid: 'uid-split',
    resourceVersion: '1',
    split,
    stamp: { rollout: 'uid-rollout', epoch: 1, writtenAtMs, fingerprint: fingerprintOf(split) },
    ownership: { kind: 'ours' },
    lastManager: undefined,
    ...over,
  };
}

const usable = (split: SplitView): Usable => ({
  kind: 'usable',
  provider: 'generic',
  split,
  adapter: { kind: 'unseen' },
  share: { kind: 'unavailable' },
  defaultMaxLagMs: 10_000,
  refusesPin: false,
  namesZeroWeights: true,
  conflict: undefined,
});

const confirmedWeight = (desired: number): RolloutStatus['weight'] => ({
  desired,
  written: desired,
  confirmedBy: 'Elapsed',
  confirmedAt: at(-20_000),
});

const healthyStatus: RolloutStatus = {
  ...rolloutStatusSchema.parse({}),
  observedGeneration: 1,
  phase: 'Healthy',
  stableRevision,
  taken: { service: 'web', split: 'web' },
  epoch: 1,
  weight: confirmedWeight(0),
};

const healthyWorld: World = {
  nowMs: t0,
  epoch: 1,
  rollout: {
    namespace: 'shop',
    name: 'web',
    uid: 'uid-rollout',
    resourceVersion: '1',
    generation: 1,
    createdAt: at(-minutes(60)),
    isDeleting: false,
    hasFinalizer: true,
    finalizers: ['sluice.dev/rollout'],
    adoptsSplit: false,
    spec: rolloutSpecSchema.parse(wireSpec),
    status: healthyStatus,
  },
  target: targetOf(stableRevision),
  workload,
  rootService,
  revisions: [revisionWith(stableRevision)],
  traffic: usable(splitWith({ [stableRevision]: 100 })),
  runs: [],
  templateProblems: [],
  decisions: [],
  window: { kind: 'open' },
  rival: undefined,
};

export interface WeightWish {
  readonly isConfirmed?: boolean;
  readonly written?: number;
  readonly writtenAtMs?: number;
}

export class WorldBuilder {
  readonly world: World;
  readonly #wire: WireSpec;

  constructor(world: World = healthyWorld, wire: WireSpec = wireSpec) {
    this.world = world;
    this.#wire = wire;
  }

  with(over: Partial<World>): WorldBuilder {
    return new WorldBuilder({ ...this.world, ...over }, this.#wire);
  }

  #rollout(over: Partial<World['rollout']>): WorldBuilder {
    return this.with({ rollout: { ...this.world.rollout, ...over } });
  }

  withSpec(over: Partial<WireSpec>): WorldBuilder {
    const wire = { ...this.#wire, ...over };
    return new WorldBuilder({ ...this.world, rollout: { ...this.world.rollout, spec: rolloutSpecSchema.parse(wire) } }, wire);
  }

  withCanarySpec(over: Partial<WireCanary>): WorldBuilder {
    return this.withSpec({ strategy: { canary: { ...this.#wire.strategy.canary, ...over } } });
  }

  withSteps(...steps: WireSteps): WorldBuilder {
    return this.withCanarySpec({ steps });
  }

  withStatus(over: Partial<RolloutStatus>): WorldBuilder {
    return this.#rollout({ status: { ...this.world.rollout.status, ...over } });
  }

  /** The controller has never seen it; the workload serves by itself. */
  neverSeen(over: Partial<World['rollout']> = {}): WorldBuilder {
    return this.#rollout({ status: rolloutStatusSchema.parse({}), hasFinalizer: false, finalizers: [], ...over })
      .withWorkload({ replicas: 4, readyReplicas: 4 })
      .withRootService({ selector: { app: 'web' } })
      .withSplit('absent')
      .with({ revisions: [] });
  }

  /** A canary on its way, at this step since now, with the pods that its weight needs. */
  atStep(index: number, over: Partial<RolloutStatus> = {}): WorldBuilder {
    const steps = this.world.rollout.spec.strategy.canary.steps ?? [];
    return this.withStatus({
      phase: 'Progressing',
      canaryRevision,
      attempt: 1,
      run: { startedAt: at(-minutes(10)), replicasFloor: 4 },
      step: {
        index,
        total: steps.length,
        label: `${index + 1}/${steps.length}`,
        kind: steps[index]?.kind ?? 'promotion',
        startedAt: at(0),
      },
      ...over,
    })
      .withTarget(canaryRevision)
      .withCanary({ replicas: 4 })
      .withWeight(over.weight?.desired ?? 0);
  }

  /** Recorded, written and confirmed, unless said otherwise. */
  withWeight(desired: number, { isConfirmed = true, written = desired, writtenAtMs = t0 - 30_000 }: WeightWish = {}): WorldBuilder {
    return this.withStatus({ weight: isConfirmed ? confirmedWeight(desired) : { desired, written } }).withSplit(
      splitWith({ [canaryRevision]: desired, [stableRevision]: 100 - desired }, {}, writtenAtMs),
    );
  }

  withSplit(split: PresentSplit | 'absent'): WorldBuilder {
    return this.withTraffic({ split: split === 'absent' ? { kind: 'absent' } : split });
  }

  withTraffic(over: Partial<Usable>): WorldBuilder {
    const { traffic } = this.world;
    return this.with({ traffic: { ...(traffic.kind === 'usable' ? traffic : usable({ kind: 'absent' })), ...over } });
  }

  withoutMesh(): WorldBuilder {
    return this.with({ traffic: { kind: 'unusable', reason: 'TrafficSplitNotInstalled', message: 'no TrafficSplit here' } });
  }

  withRevision(revision: string, pods: PodsWish = {}, over: Partial<Revision> = {}): WorldBuilder {
    const others = this.world.revisions.filter((candidate) => candidate.revision !== revision);
    return this.with({ revisions: [...others, { ...revisionWith(revision, pods), ...over }] });
  }

  withCanary(pods: PodsWish, over: Partial<Revision> = {}): WorldBuilder {
    return this.withRevision(canaryRevision, pods, over);
  }

  withStable(pods: PodsWish, over: Partial<Revision> = {}): WorldBuilder {
    return this.withRevision(stableRevision, pods, over);
  }

  withoutRevision(revision: string): WorldBuilder {
    return this.with({ revisions: this.world.revisions.filter((candidate) => candidate.revision !== revision) });
  }

  withTarget(target: string | Target): WorldBuilder {
    return this.with({ target: typeof target === 'string' ? targetOf(target) : target });
  }

  withRuns(...runs: readonly Partial<RunView>[]): WorldBuilder {
    return this.with({ runs: runs.map(runWith) });
  }

  withDecisions(...decisions: readonly Partial<DecisionView>[]): WorldBuilder {
    return this.with({ decisions: decisions.map(decisionWith) });
  }

  withWorkload(over: Partial<Workload> | 'absent'): WorldBuilder {
    return this.with({ workload: over === 'absent' ? undefined : { ...(this.world.workload ?? workload), ...over } });
  }

  withRootService(over: Partial<RootService> | 'absent'): WorldBuilder {
    return this.with({ rootService: over === 'absent' ? undefined : { ...(this.world.rootService ?? rootService), ...over } });
  }

  deleting(stage?: string, sinceMs = 0): WorldBuilder {
    const begun: Partial<RolloutStatus> = stage === undefined ? {} : { phase: 'Terminating', stage: { name: stage, since: at(sinceMs) } };
    return this.#rollout({ isDeleting: true }).withStatus(begun);
  }

  /** Moves the clock. */
  after(ms: number): WorldBuilder {
    return this.with({ nowMs: this.world.nowMs + ms });
  }

  /** The status of a plan as the API server then has it. */
  recorded(plan: Plan): WorldBuilder {
    return plan.status === undefined ? this : this.#rollout({ status: plan.status });
  }

  build(): World {
    return this.world;
  }
}

export const aWorld = (): WorldBuilder => new WorldBuilder();

export const runWith = (over: Partial<RunView> = {}): RunView => ({
  name: `web-${canaryRevision}-1-bg`,
  uid: 'uid-run',
  resourceVersion: '1',
  kind: 'Background',
  revision: canaryRevision,
  attempt: 1,
  step: undefined,
  phase: 'Running',
  message: '',
  isTerminating: false,
  evidence: [],
  ...over,
});

/** One metric of a run that passed in a window which began then. */
export const passedAt = (ms: number | undefined, isExempt = false): RunView['evidence'][number] => ({
  metric: 'success-rate',
  passedWindowStartedAtMs: ms === undefined ? undefined : t0 + ms,
  isExempt,
});

export const decisionWith = (over: Partial<DecisionView> = {}): DecisionView => {
  const name = over.name ?? `web-${(over.action ?? 'Approve').toLowerCase()}`;
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    rolloutUid: 'uid-rollout',
    isOwned: false,
    action: 'Approve',
    revision: canaryRevision,
    attempt: 1,
    gate: undefined,
    subject: 'alice',
    channel: 'kubectl',
    reason: '',
    undoTo: '',
    createdAtMs: t0,
    ...over,
  };
};

export type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

export const effectsOf = <Kind extends Effect['kind']>(plan: Plan, kind: Kind): readonly EffectOf<Kind>[] =>
  plan.effects.filter((effect): effect is EffectOf<Kind> => effect.kind === kind);

export const kindsOf = (plan: Plan): readonly Effect['kind'][] => plan.effects.map(({ kind }) => kind);

/** Shares of a written split, by revision. */
export function writtenShares(plan: Plan): Readonly<Record<string, number>> | undefined {
  const [write] = effectsOf(plan, 'writeSplit');
  return write === undefined
    ? undefined
    : Object.fromEntries(write.split.backends.map(({ service, weight }) => [service.slice('web-'.length), weight]));
}

export const conditionOf = (plan: Plan, type: string) => plan.status?.conditions.find((condition) => condition.type === type);

/** A Rollout alone, at rest, with these parts of its spec. */
export const aRollout = (over: Partial<WireSpec> = {}): World['rollout'] => aWorld().withSpec(over).build().rollout;
