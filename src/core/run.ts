import type { Draft } from './draft.ts';
import { withStatus } from './draft.ts';
import { canaryOf, followedAt, isConfirmed, maxLagMs, stepsIn, wantedReplicas } from './facts.ts';
import { withoutOpenGates } from './gates.ts';
import type { ReasonCode } from './reasons.ts';
import type { HistoryEntry, RolloutStatus, WeightStatus } from './rollout.ts';
import { isEdited, nextRound, printsOf, withAnalyses } from './rounds.ts';
import type { UndoneStatus } from './status-parts.ts';
import { isoOf } from './time.ts';
import type { World } from './world.ts';

/** Beginnings and ends of a canary's run: what is written into status, and nothing else. */

const historyLimit = 20;

const nothingUnderWay: Partial<RolloutStatus> = {
  canaryRevision: undefined,
  attempt: undefined,
  step: undefined,
  run: undefined,
  abort: undefined,
  waiting: undefined,
  gates: undefined,
  analysis: undefined,
  canaryUnavailableSince: undefined,
};

export function begin(world: World, draft: Draft, revision: string, attempt = 1): Draft {
  const at = isoOf(world.nowMs);
  return withStatus(draft, {
    ...nothingUnderWay,
    phase: 'Progressing',
    canaryRevision: revision,
    attempt,
    run: {
      startedAt: at,
      replicasFloor: wantedReplicas(world),
      ...printsOf(world),
      provider: world.traffic.kind === 'usable' ? world.traffic.provider : undefined,
    },
    step: stepStatus(world, 0, at),
    weight: { ...draft.status.weight, desired: 0 },
  });
}

/**
 * What was edited in mid-run. Other steps: the index counts in a list that is no more, so the run begins again at the first of the new ones; one that has
 * all its steps behind it, and all traffic, keeps them behind it. Another analysis alone begins anew, and the steps stay.
 */
export function withEdits(world: World, draft: Draft): Draft {
  const { run, step } = draft.status;
  if (run === undefined || step === undefined) return draft;
  const prints = printsOf(world);
  const { steps } = prints;
  const now = isoOf(world.nowMs);
  const counted = run.steps === steps ? draft : withStatus(draft, { run: { ...run, steps } });
  if (!isEdited(prints, run, 'Step')) return withAnalyses(prints, counted, now);
  if (!isThrough(draft.status)) return startOver(world, counted);
  const relabelled = { ...stepStatus(world, stepsIn(world).length, step.startedAt), kind: step.kind };
  return withAnalyses(prints, withStatus(counted, { step: relabelled }), now);
}

const isThrough = ({ step, weight, run }: RolloutStatus): boolean =>
  step !== undefined && step.index >= step.total && Math.max(weight?.desired ?? 0, run?.lost ?? 0) === 100;

/** Again from the first step, as if nothing had been shown yet; what counts against the attempt still does. */
export function startOver(world: World, draft: Draft): Draft {
  const started = withoutOutage(draft);
  const { run } = started.status;
  return withStatus(started, {
    step: stepStatus(world, 0, isoOf(world.nowMs)),
    gates: undefined,
    ...(run === undefined ? {} : { run: { ...nextRound(run, 'Step', 'Background', 'AfterPromotion'), ...printsOf(world) } }),
  });
}

/** What an outage took is not to come back. */
export function withoutOutage(draft: Draft): Draft {
  const { run } = draft.status;
  const lost = run?.lost === undefined ? {} : { run: { ...run, lost: undefined } };
  return withStatus(draft, { canaryUnavailableSince: undefined, ...lost });
}

/** `status.step` at the moment of entering a step; one past the last is the promotion. */
export function stepStatus(world: World, index: number, startedAt: string): NonNullable<RolloutStatus['step']> {
  const steps = stepsIn(world);
  return {
    index,
    total: steps.length,
    label: `${Math.min(index + 1, steps.length)}/${steps.length}`,
    kind: steps[index]?.kind ?? 'promotion',
    startedAt,
  };
}

export const enterStep = (world: World, draft: Draft, index: number): Draft =>
  withStatus(withoutOpenGates(draft), { step: stepStatus(world, index, isoOf(world.nowMs)), waiting: undefined });

/** The old revision keeps its pods for a while; the new one is stable. Traffic was with it already. */
export function promote(world: World, draft: Draft): Draft {
  const { canaryRevision, stableRevision, weight, run } = draft.status;
  if (canaryRevision === undefined) return draft;
  // Not shorter than the data plane lags: clients of the root Service follow its selector no sooner.
  const warmMs = Math.max(canaryOf(world).scaleDownDelay, maxLagMs(world));
  const kept = keepWarm(world, draft, stableRevision, warmMs);
  const promoted = withStatus(record(world, kept, 'Promoted'), {
    ...nothingUnderWay,
    phase: 'Healthy',
    stableRevision: canaryRevision,
    previous: stableRevision,
    weight: { ...weight, desired: 0, written: 0, observed: undefined },
    analysis: draft.status.analysis,
  });
  const isInstead = world.target.kind === 'revision' && world.target.insteadOf !== undefined;
  return isInstead && run?.undoes !== undefined ? undone(world, promoted, run.undoes) : promoted;
}

/** The template still asks for it: it counts as rolled back, so that it does not come again by itself. */
export const undone = (world: World, draft: Draft, { revision, attempt, message }: UndoneStatus): Draft =>
  withStatus(draft, {
    phase: 'RolledBack',
    canaryRevision: revision,
    attempt,
    abort: { reason: 'UndoneByDecision' satisfies ReasonCode, message, at: isoOf(world.nowMs) },
  });

/** Takes the decision to roll back. From here on the weight of this revision and attempt only falls. */
export function abort(world: World, draft: Draft, reason: ReasonCode, message: string): Draft {
  const { weight } = draft.status;
  const cut = withStatus(withoutOpenGates(draft), {
    phase: 'Aborting',
    abort: { reason, message: message.slice(0, 4000), at: isoOf(world.nowMs) },
    weight: cutWeight(weight),
    waiting: undefined,
    canaryUnavailableSince: undefined,
  });
  return { ...cut, goalWeight: 0 };
}

/** The next weight, to be confirmed. `written` is the most that the data plane may still give. */
export function changedWeight(weight: WeightStatus | undefined, desired: number): WeightStatus {
  const before = weight?.desired ?? 0;
  if (weight?.confirmedAt !== undefined) return { desired, written: before };
  return { desired, written: Math.max(before, weight?.written ?? 0), isHasty: true };
}

/** Weight 0 for the canary; still confirmed where it was 0 before. */
export function cutWeight(weight: RolloutStatus['weight']): NonNullable<RolloutStatus['weight']> {
  if (weight === undefined) return { desired: 0 };
  return weight.desired === 0 ? weight : changedWeight(weight, 0);
}

/** The canary's end other than promotion, once it is without traffic. Its pods drain for `abortScaleDownDelay`, and until the data plane has followed. */
export function retire(world: World, draft: Draft, outcome: HistoryEntry['outcome'], reason: string): Draft {
  const followedMs = isConfirmed(draft.status) ? followedAt(world, draft.status) - world.nowMs : 0;
  const drained = keepWarm(world, draft, draft.status.canaryRevision, Math.max(canaryOf(world).abortScaleDownDelay, followedMs));
  return record(world, drained, outcome, reason);
}

/** A revision that comes again is judged again: by runs of its own, not by those of the last time. */
export const attemptOf = ({ runs }: World, revision: string): number =>
  1 + Math.max(0, ...runs.filter((run) => run.revision === revision).map(({ attempt }) => attempt));

export const clear = (draft: Draft): Draft => withStatus(draft, nothingUnderWay);

function record(world: World, draft: Draft, outcome: HistoryEntry['outcome'], reason?: string): Draft {
  const { canaryRevision, run, history = [] } = draft.status;
  if (canaryRevision === undefined) return draft;
  const finishedAt = isoOf(world.nowMs);
  const entry: HistoryEntry = {
    revision: canaryRevision,
    startedAt: run?.startedAt ?? finishedAt,
    finishedAt,
    outcome,
    ...(reason === undefined ? {} : { reason }),
  };
  return withStatus(draft, { history: [...history, entry].slice(-historyLimit) });
}

function keepWarm(world: World, draft: Draft, revision: string | undefined, forMs: number): Draft {
  if (revision === undefined) return draft;
  const others = (draft.status.warm ?? []).filter((entry) => entry.revision !== revision);
  return withStatus(draft, { warm: [...others, { revision, until: isoOf(world.nowMs + forMs) }].slice(-16) });
}

/** Autoscalers may ask for more while the canary is on its way, out as well; stable then never falls below it until the end. */
export function raiseFloor(world: World, draft: Draft): Draft {
  const { run } = draft.status;
  const wanted = wantedReplicas(world);
  return run === undefined || wanted <= run.replicasFloor ? draft : withStatus(draft, { run: { ...run, replicasFloor: wanted } });
}
