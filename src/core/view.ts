import type { AnalysisRun, AnalysisRunPhase, Measurement, MetricResult, RunKind } from './analysis/index.ts';
import type { Decision, DecisionAction, DecisionChannel, DecisionStatus } from './decision.ts';
import type { Phase, Rollout, RolloutStatus, WeightStatus } from './rollout.ts';
import { stepsOf } from './rollout.ts';
import { stepText } from './steps/index.ts';
import { msOf } from './time.ts';
import { actionsOf } from './view-actions.ts';
import { gatesOf, type ViewedGate } from './view-gates.ts';

/** Everything that a person may want to see of one Rollout, in one piece: the HTTP API, the dashboard, chats and the CLI show this. */
export interface RolloutView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: Phase;
  /** One sentence on where it stands. */
  readonly message: string;
  /** The code of that sentence, one of docs/reasons.md. */
  readonly reason: string;
  readonly isPaused: boolean;
  readonly createdAt: string;
  readonly stableRevision?: string | undefined;
  /** What a decision names: the revision under way, and its attempt. */
  readonly canaryRevision?: string | undefined;
  readonly attempt?: number | undefined;
  readonly step?: ViewedStep | undefined;
  readonly steps: readonly ViewedTrackStep[];
  readonly weight?: Pick<WeightStatus, 'desired' | 'written' | 'observed' | 'confirmedBy' | 'confirmedAt'> | undefined;
  readonly revisions: readonly ViewedRevision[];
  readonly gates: readonly ViewedGate[];
  /** Of the release under way, or of the last one: the oldest first. */
  readonly analysis: readonly ViewedRun[];
  readonly abort?: RolloutStatus['abort'];
  /** The oldest first. */
  readonly history: NonNullable<RolloutStatus['history']>;
  /** The newest first. */
  readonly decisions: readonly ViewedDecision[];
  /** What somebody with the right to may do now. */
  readonly actions: readonly DecisionAction[];
}

export type ViewedStep = Pick<NonNullable<RolloutStatus['step']>, 'index' | 'total' | 'label' | 'kind' | 'startedAt' | 'until'>;

export interface ViewedTrackStep {
  readonly kind: string;
  readonly text: string;
  readonly state: 'done' | 'current' | 'waiting';
}

export type RevisionRole = 'Stable' | 'Canary' | 'Warm' | 'Old';

/** What is known of the objects of a revision. */
export interface RevisionFacts {
  readonly revision: string;
  readonly createdAt?: string | undefined;
  readonly readyPods: number;
  readonly wantedPods: number;
  readonly images: readonly string[];
}

export interface ViewedRevision {
  readonly revision: string;
  readonly role: RevisionRole;
  /** Percent of the traffic that it is meant to have. */
  readonly weight: number;
  readonly pods: { readonly ready: number; readonly wanted: number };
  readonly images: readonly string[];
  readonly createdAt?: string | undefined;
}

export interface ViewedRun {
  readonly name: string;
  readonly kind?: RunKind | undefined;
  readonly phase: AnalysisRunPhase;
  readonly message?: string | undefined;
  readonly step?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly completedAt?: string | undefined;
  readonly metrics: readonly ViewedMetric[];
}

export interface ViewedMetric {
  readonly name: string;
  readonly phase: AnalysisRunPhase;
  readonly message?: string | undefined;
  readonly isDryRun: boolean;
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly noData: number;
  readonly error: number;
  /** The last ones, the oldest first. */
  readonly measurements: readonly ViewedMeasurement[];
}

export interface ViewedMeasurement {
  readonly result: Measurement['result'];
  readonly value?: string | undefined;
  readonly message?: string | undefined;
  readonly at: string;
}

export interface ViewedDecision {
  readonly name: string;
  readonly action: DecisionAction;
  readonly subject: string;
  readonly channel: DecisionChannel;
  readonly revision: string;
  readonly attempt: number;
  readonly createdAt: string;
  readonly gate?: string | undefined;
  readonly account?: string | undefined;
  readonly reason?: string | undefined;
  readonly undoTo?: string | undefined;
  /** Absent until it is answered. */
  readonly state?: DecisionStatus['state'];
  readonly message?: string | undefined;
  readonly at?: string | undefined;
}

export interface Viewed {
  readonly rollout: Rollout;
  readonly revisions: readonly RevisionFacts[];
  /** Those that the Rollout owns. */
  readonly runs: readonly AnalysisRun[];
  /** Those that name the Rollout, answered or not. */
  readonly decisions: readonly Decision[];
  readonly nowMs: number;
}

const mostRuns = 20;
const mostDecisions = 50;

/** Depends on time only where a warm revision stops being one: two views of one state are equal, and need not be sent twice. */
export function viewOf(viewed: Viewed): RolloutView {
  const { rollout, runs, decisions, nowMs } = viewed;
  const { namespace, name, uid, createdAt, spec, status } = rollout;
  const { stableRevision, canaryRevision, attempt, weight, step, abort } = status;
  const phase = status.phase ?? 'Initializing';
  return {
    ...{ namespace, name, uid, phase, createdAt },
    message: status.message ?? '',
    reason: reasonOf(status, phase),
    isPaused: spec.paused,
    ...defined({ stableRevision, canaryRevision, attempt, abort }),
    ...(step === undefined ? {} : { step: stepOf(step) }),
    steps: trackOf(rollout),
    ...(weight === undefined ? {} : { weight: weightOf(weight) }),
    revisions: revisionsOf(viewed),
    gates: gatesOf(rollout),
    analysis: shownRuns(status, runs).map(runOf),
    history: status.history ?? [],
    decisions: decisionsOf(decisions, uid),
    actions: actionsOf(rollout, nowMs),
  };
}

const defined = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;

/** What the condition says that stands out: Stalled before Reconciling before Ready. */
function reasonOf({ conditions }: RolloutStatus, phase: Phase): string {
  const said = ['Stalled', 'Reconciling', 'Ready'].flatMap((type) => conditions.find((condition) => condition.type === type) ?? []);
  return said[0]?.reason ?? phase;
}

const stepOf = ({ index, total, label, kind, startedAt, until }: NonNullable<RolloutStatus['step']>): ViewedStep => ({
  ...{ index, total, label, kind, startedAt },
  ...(until === undefined ? {} : { until }),
});

const weightOf = ({ desired, written, observed, confirmedBy, confirmedAt }: WeightStatus) => ({
  desired,
  ...defined({ written, observed, confirmedBy, confirmedAt }),
});

/** A release that was rolled back stands where it was stopped; without one everything is still to come. */
function trackOf({ spec, status }: Rollout): readonly ViewedTrackStep[] {
  const current = status.canaryRevision === undefined ? undefined : status.step?.index;
  return stepsOf(spec.strategy.canary).map((step, index) => ({
    kind: step.kind,
    text: stepText(step),
    state: current === undefined || index > current ? 'waiting' : index === current ? 'current' : 'done',
  }));
}

const roleOrder: readonly RevisionRole[] = ['Canary', 'Stable', 'Warm', 'Old'];

function revisionsOf({ rollout, revisions, nowMs }: Viewed): readonly ViewedRevision[] {
  const { stableRevision, canaryRevision, warm = [], weight } = rollout.status;
  const canaryWeight = canaryRevision === undefined ? 0 : (weight?.desired ?? 0);
  const roleOf = (revision: string): RevisionRole => {
    if (revision === canaryRevision) return 'Canary';
    if (revision === stableRevision) return 'Stable';
    return warm.some((each) => each.revision === revision && msOf(each.until) > nowMs) ? 'Warm' : 'Old';
  };
  const weightOf = { Canary: canaryWeight, Stable: 100 - canaryWeight, Warm: 0, Old: 0 };
  return revisions
    .map(({ revision, readyPods, wantedPods, images, createdAt }): ViewedRevision => {
      const role = roleOf(revision);
      const pods = { ready: readyPods, wanted: wantedPods };
      return { revision, role, weight: weightOf[role], pods, images, ...(createdAt === undefined ? {} : { createdAt }) };
    })
    .sort(
      (left, right) =>
        roleOrder.indexOf(left.role) - roleOrder.indexOf(right.role) || (right.createdAt ?? '').localeCompare(left.createdAt ?? ''),
    );
}

/** Those of the revision and attempt under way; without a canary those that status still names. */
function shownRuns({ canaryRevision, attempt, analysis = [] }: RolloutStatus, runs: readonly AnalysisRun[]): readonly AnalysisRun[] {
  const named = new Set(analysis.map(({ run }) => run));
  return runs
    .filter(({ name, spec }) => named.has(name) || (spec.rollout?.revision === canaryRevision && spec.rollout?.attempt === attempt))
    .sort(
      (left, right) => (left.status.startedAt ?? '~').localeCompare(right.status.startedAt ?? '~') || left.name.localeCompare(right.name),
    )
    .slice(-mostRuns);
}

function runOf({ name, spec, status }: AnalysisRun): ViewedRun {
  const { phase, message, startedAt, completedAt, metricResults } = status;
  const { kind, step } = spec.rollout ?? {};
  return { name, phase, ...defined({ kind, message, step, startedAt, completedAt }), metrics: metricResults.map(metricOf) };
}

function metricOf({ name, phase, message, dryRun: isDryRun, measurements, ...counts }: MetricResult): ViewedMetric {
  const { successful, failed, inconclusive, noData, error } = counts;
  return {
    ...{ name, phase, isDryRun, successful, failed, inconclusive, noData, error },
    ...defined({ message }),
    measurements: measurements.map(({ result, value, message: remark, finishedAt }) => ({
      result,
      at: finishedAt,
      ...defined({ value, message: remark }),
    })),
  };
}

function decisionsOf(decisions: readonly Decision[], uid: string): readonly ViewedDecision[] {
  return decisions
    .filter(({ spec }) => spec.rollout.uid === uid)
    .sort((left, right) => right.createdAt.localeCompare(left.createdAt) || left.name.localeCompare(right.name))
    .slice(0, mostDecisions)
    .map(({ name, createdAt, spec, status }) => {
      const { action, subject, channel, revision, attempt, gate, account, reason, undoTo } = spec;
      const { state, message, at } = status;
      const optional = defined({ gate, account, reason, undoTo, state, message, at });
      return { name, action, subject, channel, revision, attempt, createdAt, ...optional };
    });
}
