import { z } from 'zod';
import { argValues, templateRefs } from './analysis/refs.ts';
import { crdHints, dnsLabel, dnsName, duration, exactlyOneOf, percent, podTemplate, positiveDuration } from './schema.ts';
import { servicePorts } from './service-ports.ts';
import { followedDecision, gateStatus, restartStatus, text, timestamp, undoneStatus } from './status-parts.ts';
import type { Step } from './steps/index.ts';
import { stepSchema } from './steps/index.ts';

/** What users write (docs: the contract, section 1). Output types are decoded: durations in milliseconds, defaults filled in. */

const smiTraffic = z.object({
  version: z.enum(['auto', 'v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4']).prefault('auto'),
  provider: z.enum(['auto', 'linkerd', 'traefik-mesh', 'osm', 'istio', 'consul', 'nginx', 'generic']).prefault('auto'),
  splitName: dnsName().optional(),
});

const backgroundAnalysis = z.object({
  templates: templateRefs(),
  startingStep: z.int().min(0).max(100).prefault(0),
  evidence: z.enum(['PerStep', 'Running']).prefault('PerStep'),
  args: argValues(),
});

const canaryStrategy = z.object({
  steps: z.array(stepSchema).min(1).max(100).optional(),
  stepWeight: z.int().min(1).max(100).optional(),
  maxWeight: z.int().min(1).max(100).optional(),
  interval: positiveDuration().optional(),
  stepWeights: z.array(percent()).min(1).max(100).optional(),
  analysis: backgroundAnalysis.optional(),
  afterPromotion: z
    .object({ duration: positiveDuration(), analysis: z.object({ templates: templateRefs(), args: argValues() }).optional() })
    .optional(),
  scaleDownDelay: duration().prefault('5m'),
  abortScaleDownDelay: duration().prefault('30s'),
  minPodsPerRevision: z.int().min(1).max(1000).prefault(1),
  confirmation: z.object({ timeout: positiveDuration().prefault('60s'), maxLag: positiveDuration().optional() }).prefault({}),
});
crdHints.add(canaryStrategy, {
  cel: [
    [
      '!(has(self.steps) && (has(self.stepWeight) || has(self.stepWeights) || has(self.interval) || has(self.maxWeight)))',
      'steps and the sugar of stepWeight, stepWeights, maxWeight and interval exclude each other',
    ],
    ['has(self.steps) || has(self.stepWeight) || has(self.stepWeights)', 'needs steps, stepWeight or stepWeights'],
    ['!(has(self.stepWeight) && has(self.stepWeights))', 'stepWeight and stepWeights exclude each other'],
    ['has(self.steps) || has(self.interval)', 'stepWeight and stepWeights need an interval'],
    ['!has(self.maxWeight) || has(self.stepWeight)', 'maxWeight goes with stepWeight'],
    ['!has(self.maxWeight) || !has(self.stepWeight) || self.stepWeight <= self.maxWeight', 'stepWeight must not be greater than maxWeight'],
    [
      '!has(self.steps) || !has(self.analysis) || self.analysis.startingStep < self.steps.size()',
      'analysis.startingStep must be the index of a step, counted from 0',
    ],
    [
      '!has(self.steps) || self.steps.all(one, !has(one.gate) || self.steps.exists_one(other, has(other.gate) && other.gate.name == one.gate.name))',
      'two gates have the same name',
      '.steps',
    ],
  ],
});

export const windowSchema = z.object({
  kind: z.enum(['Allow', 'Deny']),
  schedule: z
    .string()
    .min(9)
    .max(128)
    .regex(/^[^ ]+( [^ ]+){4}$/, 'must be five cron fields with one blank between them: minute hour day-of-month month day-of-week'),
  duration: positiveDuration(),
  timeZone: z.string().max(64).prefault('UTC'),
});

const workloadRef = z.object({
  apiVersion: z.literal('apps/v1').prefault('apps/v1'),
  kind: z.literal('Deployment').prefault('Deployment'),
  name: dnsName(),
});

export const rolloutSpecSchema = exactlyOneOf(
  z.object({
    workloadRef: workloadRef.optional(),
    template: podTemplate().optional(),
    replicas: z.int().min(0).max(100_000).optional(),
    service: z.object({
      name: dnsLabel(),
      ports: servicePorts.optional(),
      pinSelector: z.enum(['Auto', 'Always', 'Never']).prefault('Auto'),
    }),
    traffic: exactlyOneOf(z.object({ smi: smiTraffic.optional() }), ['smi'], 'traffic'),
    strategy: z.object({ canary: canaryStrategy }),
    trackConfig: z.enum(['None', 'ConfigMaps', 'All']).prefault('ConfigMaps'),
    progressDeadline: positiveDuration().prefault('10m'),
    progressDeadlineAction: z.enum(['Abort', 'Report']).prefault('Abort'),
    paused: z.boolean().prefault(false),
    revisionHistoryLimit: z.int().min(0).max(100).prefault(5),
    windows: z.array(windowSchema).max(32).prefault([]),
  }),
  ['workloadRef', 'template'],
  'spec',
);

crdHints.add(rolloutSpecSchema, {
  ...crdHints.get(rolloutSpecSchema),
  cel: [
    [
      "!(has(self.traffic.smi) && self.traffic.smi.provider == 'osm' && self.service.pinSelector == 'Always')",
      'Open Service Mesh needs the root Service unpinned',
      '.service.pinSelector',
    ],
  ],
});

export type RolloutSpec = z.output<typeof rolloutSpecSchema>;
export type CanaryStrategy = z.output<typeof canaryStrategy>;
export type { ServicePort } from './service-ports.ts';
export type SmiTraffic = z.output<typeof smiTraffic>;
export type ChangeWindow = z.output<typeof windowSchema>;

/** A Rollout as the core sees it. */
export interface Rollout {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly isDeleting: boolean;
  readonly hasFinalizer: boolean;
  /** All of them: ours is added to and taken from this list. */
  readonly finalizers: readonly string[];
  /** `sluice.dev/adopt-split: "true"`. */
  readonly adoptsSplit: boolean;
  /** With the names that were taken over, whatever is asked for now. */
  readonly spec: RolloutSpec;
  /** Names that were changed afterwards, in words. */
  readonly renamed?: string | undefined;
  readonly status: RolloutStatus;
}

export const phases = [
  'Initializing',
  'Progressing',
  'Paused',
  'Baking',
  'Healthy',
  'Aborting',
  'RolledBack',
  'Degraded',
  'Terminating',
] as const;
export type Phase = (typeof phases)[number];

export const conditionSchema = z.object({
  type: text(64),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text(128),
  message: text(4096),
  lastTransitionTime: timestamp(),
  observedGeneration: z.int().optional(),
});
export type Condition = z.output<typeof conditionSchema>;

const conditionList = z.array(conditionSchema).max(16);
crdHints.add(conditionList, { listType: 'map', listMapKeys: ['type'] });

const weightStatus = z.object({
  desired: percent(),
  written: percent().optional(),
  observed: z.number().optional(),
  confirmedBy: z.enum(['Metrics', 'Adapter', 'Elapsed']).optional(),
  confirmedAt: timestamp().optional(),
  /** Internal: the weight before this one was never confirmed, so that it may still come through. */
  isHasty: z.boolean().optional(),
});

const historyEntry = z.object({
  revision: text(63),
  startedAt: timestamp(),
  finishedAt: timestamp(),
  outcome: z.enum(['Promoted', 'RolledBack', 'Superseded']),
  reason: text(128).optional(),
});

export const analysisKinds = ['Background', 'Step', 'AfterPromotion'] as const;
const runPhases = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;

export const rolloutStatusSchema = z.object({
  observedGeneration: z.int().prefault(-1),
  phase: z.enum(phases).optional(),
  message: text(4096).optional(),
  conditions: conditionList.prefault([]),
  stableRevision: text(63).optional(),
  canaryRevision: text(63).optional(),
  attempt: z.int().optional(),
  epoch: z.int().optional(),
  step: z
    .object({
      index: z.int(),
      total: z.int(),
      label: text(16),
      kind: text(32),
      startedAt: timestamp(),
      until: timestamp().optional(),
      resumed: z.boolean().optional(),
    })
    .optional(),
  weight: weightStatus.optional(),
  replicas: z.int().optional(),
  readyReplicas: z.int().optional(),
  selector: text().optional(),
  gates: z.array(gateStatus).max(100).optional(),
  analysis: z
    .array(z.object({ run: text(253), kind: z.enum(analysisKinds), phase: z.enum(runPhases), message: text().optional() }))
    .max(100)
    .optional(),
  abort: z.object({ reason: text(128), message: text(4096), at: timestamp() }).optional(),
  history: z.array(historyEntry).max(100).optional(),
  /** Percent of the traffic that the newest revision has: for the column Weight, which would read 0 once the canary is stable. */
  newestWeight: percent().optional(),
  // Ours: what a restart must not forget. Documented as internal.
  /** The names of the root Service and the split that were taken over. */
  taken: z.object({ service: text(63), split: text(253) }).optional(),
  /** Where adoption or deletion stands. */
  stage: z.object({ name: text(32), since: timestamp() }).optional(),
  /** Of the canary's run: when it began, the most replicas that were wanted meanwhile (stable never goes below it), how often it lost all pods, the weight that the last time took and that is to come back, and prints of what was begun: the steps that `step.index` counts in, the background analysis, the bake's. `rounds`: how often each was begun. `provider`: who followed the split when it began. `override`: a person lets it raise whatever the change windows say. `undoes`: what it takes the place of. */
  run: z
    .object({
      startedAt: timestamp(),
      replicasFloor: z.int(),
      outages: z.int().optional(),
      lost: percent().optional(),
      steps: text(16).optional(),
      background: text(16).optional(),
      bake: text(16).optional(),
      provider: text(32).optional(),
      override: z.boolean().optional(),
      undoes: undoneStatus.optional(),
      rounds: z.object({ steps: z.int().optional(), background: z.int().optional(), bake: z.int().optional() }).optional(),
    })
    .optional(),
  /** What the Rollout waits for against its progress deadline, since when, the best it has seen, and since when the clock stands. */
  waiting: z.object({ for: z.enum(['Pods', 'Weight']), since: timestamp(), best: z.int(), stoppedAt: timestamp().optional() }).optional(),
  /** Since when the canary, having weight, has not had a single ready pod. */
  canaryUnavailableSince: timestamp().optional(),
  /** Revisions without traffic that keep their pods until a moment. */
  warm: z
    .array(z.object({ revision: text(63), until: timestamp() }))
    .max(16)
    .optional(),
  /** Foreign edits that were put right in the last minutes, for the limit of three in five. */
  corrections: z
    .array(
      z.object({
        object: z.enum(['Split', 'Replicas', 'Selector']),
        at: timestamp(),
        version: text(253).optional(),
        by: text(253).optional(),
      }),
    )
    .max(32)
    .optional(),
  /** The revision that was stable before this one: what an Undo goes back to. */
  previous: text(63).optional(),
  /** Decisions that were followed, the newest last: none counts twice, whatever becomes of its answer. */
  followed: z.array(followedDecision).max(200).optional(),
  /** Pods that are to be made anew. */
  restart: restartStatus.optional(),
});
export type RolloutStatus = z.output<typeof rolloutStatusSchema>;
export type WeightStatus = z.output<typeof weightStatus>;
export type HistoryEntry = z.output<typeof historyEntry>;

/** The steps that run: those written, or the sugar compiled (Flagger's stepWeight, maxWeight, stepWeights and interval). */
export function stepsOf(canary: CanaryStrategy): readonly Step[] {
  if (canary.steps !== undefined) return canary.steps;
  return weightsOf(canary).flatMap((weight): Step[] => [
    { kind: 'setWeight', config: weight },
    { kind: 'pause', config: { duration: canary.interval ?? 0 } },
  ]);
}

function weightsOf({ stepWeights, stepWeight, maxWeight = 100 }: CanaryStrategy): readonly number[] {
  if (stepWeights !== undefined) return stepWeights;
  if (stepWeight === undefined) return [];
  const count = Math.ceil(maxWeight / stepWeight);
  return Array.from({ length: count }, (_, index) => Math.min(maxWeight, stepWeight * (index + 1)));
}
