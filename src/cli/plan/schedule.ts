// When each step can be at the earliest. Pure: a spec, what its analyses measure, and where it stands.
import type { RolloutSpec } from '../../core/rollout.ts';
import { stepsOf } from '../../core/rollout.ts';
import { type Step, stepText } from '../../core/steps/index.ts';
import { windowState } from '../../core/windows.ts';
import { formatDuration, isObject } from '../../lib/index.ts';
import type { MetricUse } from '../simulate/metric-uses.ts';

export interface Situation {
  readonly spec: RolloutSpec;
  readonly uses: readonly MetricUse[];
  readonly nowMs: number;
  /** Where a release under way stands; a new one begins at 0. */
  readonly index: number;
  readonly weight: number;
  /** When the step under way is over, by its own clock. */
  readonly untilMs?: number | undefined;
  /** Since when the weight is confirmed. */
  readonly confirmedAtMs?: number | undefined;
}

export interface PlannedStep {
  /** `3/7`, as status has it; of what comes after the last step, nothing. */
  readonly label: string;
  readonly what: string;
  /** When it is over at the earliest; absent after somebody has to decide. */
  readonly atMs?: number | undefined;
  /** Since the last time that a person was waited for. */
  readonly sinceMs: number;
  /** The person that is waited for before that: `the resume of step 2`. */
  readonly after?: string | undefined;
  /** It is itself what a person has to decide. */
  readonly isDecision?: true;
  /** What else has to be true. */
  readonly needs: readonly string[];
}

interface Walk {
  readonly steps: readonly PlannedStep[];
  /** Absolute as long as nobody is waited for. */
  readonly clockMs: number;
  readonly sinceMs: number;
  readonly after: string | undefined;
  readonly weight: number;
  /** On the walk's own clock. */
  readonly confirmedMs: number;
}

export function scheduleOf(situation: Situation): readonly PlannedStep[] {
  const { spec, nowMs, index, weight, confirmedAtMs = nowMs } = situation;
  const steps = stepsOf(spec.strategy.canary);
  const begin: Walk = { steps: [], clockMs: nowMs, sinceMs: 0, after: undefined, weight, confirmedMs: confirmedAtMs };
  const walked = steps
    .slice(index)
    .reduce((walk, step, offset) => walkStep(walk, step, { situation, index: index + offset, total: steps.length }), begin);
  return ending(walked, situation).steps;
}

interface Position {
  readonly situation: Situation;
  readonly index: number;
  readonly total: number;
}

function walkStep(walk: Walk, step: Step, position: Position): Walk {
  const { situation, index, total } = position;
  const label = `${index + 1}/${total}`;
  const isFirst = walk.steps.length === 0;
  const what = `${step.kind === 'setWeight' ? '' : `${step.kind} `}${stepText(step)}`;
  switch (step.kind) {
    case 'setWeight':
      return step.config > walk.weight
        ? raised(walk, { weight: step.config, label, what }, situation)
        : planned({ ...walk, weight: step.config, confirmedMs: walk.clockMs }, { label, what, needs: [] });
    case 'pause': {
      const { duration } = step.config;
      if (duration === undefined) return asked(walk, { label, what, needs: ['somebody resumes it'] }, `the resume of step ${index + 1}`);
      const left = isFirst && situation.untilMs !== undefined ? Math.max(0, situation.untilMs - walk.clockMs) : duration;
      return planned(passed(walk, left), { label, what, needs: [] });
    }
    case 'analysis': {
      const own = situation.uses.filter((use) => use.kind === 'Step' && use.step === index);
      const needs = own.map(({ metric }) => `metric "${metric.name}" passes${metric.count === undefined ? '' : ` ${metric.count} times`}`);
      return planned(passed(walk, Math.max(0, ...own.map(lengthMs))), { label, what, needs });
    }
    case 'setCanaryScale':
      return planned(walk, { label, what, needs: ['its pods are ready'] });
    default:
      return asked(walk, { label, what, needs: gateNeeds(step) }, `the approval of step ${index + 1}`);
  }
}

/** A step that people end: its approvals, and what happens without them. */
function gateNeeds(step: unknown): readonly string[] {
  const config = isObject(step) && isObject(step.config) ? step.config : {};
  const count = typeof config.minApprovals === 'number' ? config.minApprovals : 1;
  const timeout = typeof config.timeout === 'number' ? ` within ${formatDuration(config.timeout)}, else ${String(config.onTimeout)}` : '';
  return [`${count} ${count === 1 ? 'person approves' : 'persons approve'}${timeout}`];
}

interface Entry {
  readonly label: string;
  readonly what: string;
  readonly needs: readonly string[];
}

const passed = (walk: Walk, ms: number): Walk => ({ ...walk, clockMs: walk.clockMs + ms, sinceMs: walk.sinceMs + ms });

function planned(walk: Walk, { label, what, needs }: Entry): Walk {
  const { clockMs, sinceMs, after } = walk;
  const step = { label, what, needs, sinceMs, ...(after === undefined ? { atMs: clockMs } : { after }) };
  return { ...walk, steps: [...walk.steps, step] };
}

/** From here on nobody knows the time of day; what comes is counted from the decision, by when metrics may long have passed. */
function asked(walk: Walk, entry: Entry, who: string): Walk {
  const step = { ...entry, sinceMs: 0, after: who, isDecision: true as const };
  return { ...walk, steps: [...walk.steps, step], after: who, sinceMs: 0, confirmedMs: Number.NEGATIVE_INFINITY };
}

function raised(walk: Walk, { weight, label, what }: { weight: number; label: string; what: string }, situation: Situation): Walk {
  const evidence = walk.weight > 0 ? evidenceOf(situation) : { ms: 0, needs: [] };
  const evident = passed(walk, Math.max(0, walk.confirmedMs + evidence.ms - walk.clockMs));
  const open = walk.after === undefined ? whenOpen(evident, situation) : { walk: evident, needs: windowNeeds(situation) };
  const { paused, strategy } = situation.spec;
  const needs = [
    ...(paused ? ['spec.paused is set to false'] : []),
    'pods for it are ready',
    ...evidence.needs,
    ...open.needs,
    `the mesh follows (${formatDuration(strategy.canary.confirmation.timeout)} before it is an alarm)`,
  ];
  return planned({ ...open.walk, weight, confirmedMs: open.walk.clockMs }, { label, what, needs });
}

/** Of each metric that judges in the background: how long until its first window after the weight was confirmed is over. */
function evidenceOf({ spec, uses }: Situation): { readonly ms: number; readonly needs: readonly string[] } {
  if (spec.strategy.canary.analysis?.evidence === 'Running') return { ms: 0, needs: [] };
  const judging = uses.filter(({ kind, metric }) => kind === 'Background' && !metric.dryRun);
  return {
    ms: Math.max(0, ...judging.map(firstMs)),
    needs: judging.map((use) => `metric "${use.metric.name}" passes at this weight (${formatDuration(firstMs(use))} at the least)`),
  };
}

/** A window that is cut to the time since the weight was confirmed is never shorter than this. */
const shortestWindowMs = 10_000;
const firstMs = ({ isCut, windowMs }: MetricUse): number => (isCut ? Math.min(windowMs, shortestWindowMs) : windowMs);
const lengthMs = (use: MetricUse): number =>
  use.metric.initialDelay +
  firstMs(use) +
  Math.max(0, (use.metric.consecutiveSuccessLimit ?? use.metric.count ?? 1) - 1) * (use.metric.interval ?? 0);

const mostWindows = 50;

/** One window may end in the next. */
function whenOpen(walk: Walk, { spec }: Situation): { readonly walk: Walk; readonly needs: readonly string[] } {
  let at = walk.clockMs;
  for (let round = 0; round < mostWindows; round += 1) {
    const state = windowState(spec.windows, at);
    if (state.kind === 'open') {
      const waited = at - walk.clockMs;
      return {
        walk: passed(walk, waited),
        needs: waited === 0 ? [] : [`the change window that forbids it is over (${new Date(at).toISOString()})`],
      };
    }
    if (state.untilMs === undefined || state.untilMs <= at) break;
    at = state.untilMs;
  }
  return { walk, needs: ['somebody overrides the change windows, which never allow it'] };
}

const windowNeeds = ({ spec }: Situation): readonly string[] => (spec.windows.length === 0 ? [] : ['a change window allows it']);

function ending(walk: Walk, situation: Situation): Walk {
  const { canary } = situation.spec.strategy;
  const full = walk.weight >= 100 ? walk : raised(walk, { weight: 100, label: '', what: '100 % of the traffic' }, situation);
  const evidence = walk.weight >= 100 ? evidenceOf(situation) : { ms: 0, needs: [] };
  const evident = passed(full, Math.max(0, full.confirmedMs + evidence.ms - full.clockMs));
  const { afterPromotion, scaleDownDelay } = canary;
  const own = situation.uses.filter(({ kind, metric }) => kind === 'AfterPromotion' && !metric.dryRun);
  const bake =
    afterPromotion === undefined
      ? evident
      : planned(passed(evident, afterPromotion.duration), {
          ...{ label: '', what: `bake for ${formatDuration(afterPromotion.duration)}` },
          needs: own.map(({ metric }) => `metric "${metric.name}" passes`),
        });
  const promoted = planned(bake, {
    label: '',
    what: 'promoted: the root Service selects it, it is the stable revision',
    needs: evidence.needs,
  });
  return planned(passed(promoted, scaleDownDelay), {
    label: '',
    what: 'the revision before it is scaled down; until then undo is instant',
    needs: [],
  });
}
