import { analysisRunName } from '../analysis/index.ts';
import type { Draft, Hold } from '../draft.ts';
import { holding, waking, withEffects, withStatus } from '../draft.ts';
import {
  canaryOf,
  canaryReplicas,
  endpointsOf,
  findRevision,
  isConfirmed,
  lacksService,
  readyPods,
  stepsIn,
  stepWeight,
} from '../facts.ts';
import { gateFacts } from '../gates.ts';
import type { RunOrder } from '../plan.ts';
import type { RolloutStatus } from '../rollout.ts';
import { currentRunsOf, liveRunsOf, roundOf, runsOf } from '../rounds.ts';
import { abort, changedWeight, cutWeight, enterStep, promote, raiseFloor, stepStatus, withEdits } from '../run.ts';
import type { ArgValue, StepOutcome, TemplateRef } from '../steps/index.ts';
import { decideStep } from '../steps/index.ts';
import { isoOf, msOf } from '../time.ts';
import type { RunView, World } from '../world.ts';
import { stopClock, waitAgainstDeadline } from './deadline.ts';
import { atGate } from './gate.ts';
import { backgroundRun, firstMeasured, isWatched, podsGuard, promotionGuard, raiseGuard, reachableAt } from './guards.ts';
import { withheld } from './withheld.ts';

/** A canary on its way: what must stop it first, then the step that it is at. */
export function progressing(world: World, draft: Draft): Draft {
  const floored = raiseFloor(world, withEdits(world, withheld(world, draft)));
  return stopForAnalysis(world, floored) ?? stopForPods(world, floored) ?? walk(world, watched(world, recovered(world, floored)));
}

/** A failed analysis ends the attempt in whatever step, pause or bake it happens, also one that was edited or begun again since. */
function stopForAnalysis(world: World, draft: Draft): Draft | undefined {
  const runs = runsOf(world, draft.status);
  const failed = runs.find(({ phase }) => phase === 'Failed');
  if (failed !== undefined) return abort(world, draft, 'AnalysisFailed', failureText(failed));
  const broken = currentRunsOf(world, draft.status).find(({ phase }) => phase === 'Error');
  if (broken !== undefined) return abort(world, draft, 'AnalysisError', `${broken.name}: ${broken.message}`);
  return undefined;
}

/** First what people want to know, then where to look. */
const failureText = ({ name, message, failing }: RunView): string =>
  failing === undefined ? `${name}: ${message}` : `${failing} (${name}: ${message})`;

const graceMs = 30_000;
const outageLimit = 3;

/** Not a single endpoint while there is weight, or while it is to come back: the weight goes at once; 30 s later, or at the third time, so does the release. */
function stopForPods(world: World, draft: Draft): Draft | undefined {
  const { status } = draft;
  const { run, canaryUnavailableSince: sinceIso } = status;
  const desired = status.weight?.desired ?? 0;
  if (desired === 0 && sinceIso === undefined && run?.lost === undefined) return undefined;
  const canary = findRevision(world, status.canaryRevision);
  if (endpointsOf(canary) > 0) return undefined;
  const since = sinceIso ?? isoOf(world.nowMs);
  const outages = (run?.outages ?? 0) + (desired > 0 ? 1 : 0);
  const untilMs = msOf(since) + graceMs;
  const cut = withStatus(draft, {
    canaryUnavailableSince: since,
    weight: cutWeight(status.weight),
    ...(run === undefined ? {} : { run: { ...run, outages, ...(desired > 0 ? { lost: desired } : {}) } }),
  });
  if (world.nowMs >= untilMs) return abort(world, cut, 'CanaryUnavailable', 'the canary had no ready pod for 30 s');
  if (outages >= outageLimit) return abort(world, cut, 'CanaryUnavailable', `the canary lost all its pods ${outages} times`);
  const { hold: _, ...open } = cut;
  const hold = lacksService(canary)
    ? {
        reason: 'RevisionServiceMissing' as const,
        message: `Service ${canary.name} is gone, and is made again; no traffic until it serves`,
      }
    : { reason: 'CanaryUnavailable' as const, message: 'the canary has no ready pod; its weight is 0 until it has' };
  return waking(holding(open, hold), untilMs);
}

/** A pod is back: the weight that was lost returns through the guards like any raise, and waits for the others against the progress deadline. */
function recovered(world: World, draft: Draft): Draft {
  const { run, weight } = draft.status;
  const back = withStatus(draft, { canaryUnavailableSince: undefined });
  const isBack = run?.lost !== undefined && (weight?.desired ?? 0) >= weightNow(world, draft);
  return isBack ? withStatus(back, { run: { ...run, lost: undefined } }) : back;
}

/** The weight of the step; after an outage first that which was lost, so that no step is skipped and none goes without its evidence. */
function weightNow(world: World, { status }: Draft): number {
  const ofStep = stepWeight(world, status);
  return Math.min(ofStep, status.run?.lost ?? ofStep);
}

/** The background analysis begins with the first confirmed traffic at or after its starting step. */
function watched(world: World, draft: Draft): Draft {
  const { analysis } = canaryOf(world);
  const { status } = draft;
  if (analysis === undefined || backgroundRun(world, draft) !== undefined) return draft;
  if (!isWatched(world, draft) || (status.weight?.desired ?? 0) === 0 || !isConfirmed(status)) return draft;
  return ordering(world, draft, { kind: 'Background', step: undefined, templates: analysis.templates, args: analysis.args });
}

function walk(world: World, draft: Draft): Draft {
  const desired = draft.status.weight?.desired ?? 0;
  const weight = weightNow(world, draft);
  // Whatever a person has to decide, a cut waits for nobody.
  if (weight < desired) return shift(world, draft, weight);
  const inconclusive = currentRunsOf(world, draft.status).find(({ kind, phase }) => kind !== 'Step' && phase === 'Inconclusive');
  if (inconclusive !== undefined) return pausedFor(draft, inconclusive);
  const steps = stepsIn(world);
  const index = draft.status.step?.index ?? 0;
  if (desired !== weight) return shift(world, draft, weight);
  if (!isConfirmed(draft.status)) return awaitWeight(world, { ...draft, goalWeight: weight });
  const step = steps[index];
  if (step === undefined) return complete(world, draft);
  const outcome = decideStep(step, contextOf(world, draft, index));
  return outcome.kind === 'done' ? walk(world, enter(world, draft, index + 1)) : follow(world, draft, outcome, index);
}

const enter = (world: World, draft: Draft, index: number): Draft => watched(world, enterStep(world, draft, index));

function follow(world: World, draft: Draft, outcome: Exclude<StepOutcome, { kind: 'done' }>, index: number): Draft {
  switch (outcome.kind) {
    case 'weight':
      return shift(world, draft, outcome.weight);
    case 'pause': {
      const inPhase = withStatus(draft, {
        phase: outcome.untilMs === undefined ? 'Paused' : 'Progressing',
        waiting: undefined,
        step: untilOf(draft, outcome.untilMs),
      });
      if (outcome.untilMs === undefined)
        return holding(inPhase, { reason: 'AwaitingDecision', message: 'paused until somebody resumes it' });
      return waking(inPhase, outcome.untilMs);
    }
    case 'pods': {
      const waiting = podsGuard(world, draft, draft.status.weight?.desired ?? 0);
      const held = waiting === undefined ? draft : holding(draft, waiting);
      return waitAgainstDeadline(world, held, 'Pods', readyPods(findRevision(world, draft.status.canaryRevision)));
    }
    case 'analysis': {
      const run = stepRun(world, draft, index);
      const ordered =
        run === undefined ? ordering(world, draft, { kind: 'Step', step: index, templates: outcome.templates, args: outcome.args }) : draft;
      const problem = run === undefined ? world.templateProblems.find(({ kind, step }) => kind === 'Step' && step === index) : undefined;
      const first = run === undefined ? '' : firstMeasured(run.evidence, msOf(draft.status.weight?.confirmedAt ?? ''));
      const message = run === undefined ? 'the analysis of this step begins' : `${run.name} is ${run.phase}${first}`;
      return holding(withStatus(ordered, { phase: 'Progressing', waiting: undefined }), {
        reason: problem?.reason ?? 'AwaitingAnalysis',
        message: problem?.message ?? message,
      });
    }
    case 'gate':
      return atGate(world, draft, outcome);
    case 'failed':
      return abort(world, draft, outcome.reason, outcome.message);
    case 'inconclusive':
      return pausedFor(draft, { name: 'the analysis of this step', message: outcome.message });
  }
}

const pausedFor = (draft: Draft, run: Pick<RunView, 'name' | 'message'>): Draft =>
  holding(withStatus(draft, { phase: 'Paused', waiting: undefined }), {
    reason: 'AnalysisInconclusive',
    message: `${run.name}: ${run.message}`,
  });

function untilOf({ status }: Draft, untilMs: number | undefined) {
  return status.step === undefined || untilMs === undefined ? status.step : { ...status.step, until: isoOf(untilMs) };
}

/** Towards `weight`: down at once, up when every guard agrees. */
function shift(world: World, draft: Draft, weight: number): Draft {
  const desired = draft.status.weight?.desired ?? 0;
  if (weight < desired) return record(draft, weight);
  const preparing = {
    ...withStatus(draft, { phase: draft.status.phase === 'Baking' ? 'Baking' : 'Progressing' }),
    goalWeight: Math.max(weight, stepWeight(world, draft.status)),
  };
  const hold = raiseGuard(world, preparing, weight);
  if (hold === undefined) return record(preparing, weight);
  const { hold: _, ...open } = preparing;
  const held = waking(holding(open, hold), futureOnly(world, reachableAt(world, draft.status.canaryRevision)));
  if (hold.reason === 'AwaitingPods')
    return waitAgainstDeadline(world, held, 'Pods', readyPods(findRevision(world, draft.status.canaryRevision)));
  if (hold.reason === 'WeightNotApplied') return waitAgainstDeadline(world, held, 'Weight');
  const phase = hold.reason === 'Paused' ? 'Paused' : held.status.phase;
  const windowEndsMs = hold.reason === 'AwaitingWindow' && world.window.kind === 'closed' ? world.window.untilMs : undefined;
  return waking(withStatus(stopClock(world, held), { phase }), windowEndsMs);
}

const futureOnly = ({ nowMs }: World, moment: number | undefined): number | undefined =>
  moment !== undefined && moment > nowMs ? moment : undefined;

/** The record comes first; the split follows it (upkeep), in this reconcile or after a crash in the next. */
function record(draft: Draft, weight: number): Draft {
  const recorded = withStatus(draft, {
    phase: 'Progressing',
    weight: changedWeight(draft.status.weight, weight),
    waiting: undefined,
  });
  const { hold: _, ...open } = recorded;
  return { ...open, goalWeight: weight };
}

function awaitWeight(world: World, draft: Draft): Draft {
  const inPhase = withStatus(draft, { phase: draft.status.phase === 'Baking' ? 'Baking' : 'Progressing' });
  if (draft.hold?.reason === 'WeightNotApplied') return waitAgainstDeadline(world, inPhase, 'Weight');
  return withStatus(inPhase, { waiting: undefined });
}

function stepRun(world: World, draft: Draft, index: number): RunView | undefined {
  return liveRunsOf(world, draft.status).find(({ kind, step }) => kind === 'Step' && step === index);
}

function contextOf(world: World, draft: Draft, index: number) {
  const { status } = draft;
  const desired = status.weight?.desired ?? 0;
  return {
    nowMs: world.nowMs,
    startedAtMs: status.step === undefined ? world.nowMs : msOf(dwellsSince(status, status.step)),
    index,
    weight: { desired, isConfirmed: isConfirmed(status) },
    canaryPods: { wanted: canaryReplicas(world, status, desired), ready: readyPods(findRevision(world, status.canaryRevision)) },
    run: stepRun(world, draft, index),
    isResumed: status.step?.resumed === true,
    gate: gateFacts(status, stepsIn(world)[index]),
  };
}

/** A step lasts at its weight: one that lost it, to an outage or to a hand on the split, begins to last when it is back, confirmed. */
function dwellsSince({ weight }: RolloutStatus, { startedAt }: { readonly startedAt: string }): string {
  const confirmedAt = weight?.confirmedAt ?? startedAt;
  return msOf(confirmedAt) > msOf(startedAt) ? confirmedAt : startedAt;
}

/** All steps are through and all traffic is with the canary: the bake, then the promotion. */
function complete(world: World, draft: Draft): Draft {
  const { afterPromotion } = canaryOf(world);
  if (afterPromotion !== undefined) return bake(world, draft, afterPromotion);
  const hold = promotionGuard(world, draft);
  return promoteUnless(world, withStatus(draft, { phase: hold?.reason === 'Paused' ? 'Paused' : 'Progressing' }), hold);
}

function promoteUnless(world: World, draft: Draft, hold: Hold | undefined): Draft {
  if (hold === undefined) return promote(world, draft);
  const held = holding(draft, hold);
  if (hold.reason !== 'AwaitingPods') return stopClock(world, held);
  return waitAgainstDeadline(world, held, 'Pods', readyPods(findRevision(world, draft.status.canaryRevision)));
}

function bake(
  world: World,
  draft: Draft,
  { duration, analysis }: { duration: number; analysis?: { templates: readonly TemplateRef[]; args: readonly ArgValue[] } | undefined },
): Draft {
  const isFirst = draft.status.step?.kind !== 'bake';
  const startedAt = isFirst || draft.status.step === undefined ? isoOf(world.nowMs) : dwellsSince(draft.status, draft.status.step);
  const endsMs = msOf(startedAt) + duration;
  const step = { ...stepStatus(world, stepsIn(world).length, startedAt), kind: 'bake', until: isoOf(endsMs) };
  const baking = withStatus(draft, { phase: 'Baking', step });
  const run = liveRunsOf(world, draft.status).find(({ kind }) => kind === 'AfterPromotion');
  const watching =
    analysis !== undefined && run === undefined
      ? ordering(world, baking, { kind: 'AfterPromotion', step: undefined, ...analysis })
      : baking;
  if (world.nowMs < endsMs) return waking(watching, endsMs);
  return promoteUnless(world, watching, promotionGuard(world, watching, analysis === undefined ? undefined : { run }));
}

type Ordered = Pick<RunOrder, 'kind' | 'step' | 'templates' | 'args'>;

function ordering(world: World, draft: Draft, ordered: Ordered): Draft {
  const { canaryRevision = '', stableRevision = '', attempt = 1 } = draft.status;
  const { kind, step } = ordered;
  const round = roundOf(draft.status, kind);
  const name = analysisRunName({ rollout: world.rollout.name, revision: canaryRevision, attempt, kind, step, round });
  if (world.templateProblems.some((problem) => problem.kind === kind && problem.step === step)) return draft;
  if (draft.effects.some((effect) => effect.kind === 'createRun' && effect.run.name === name)) return draft;
  return withEffects(draft, { kind: 'createRun', run: { ...ordered, name, revision: canaryRevision, stableRevision, attempt, round } });
}
