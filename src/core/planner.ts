import { sameJson } from '../lib/index.ts';
import { follow } from './actions/index.ts';
import { clipped } from './clip.ts';
import { conditionsOf } from './conditions.ts';
import type { Draft } from './draft.ts';
import { draftOf, holding, withStatus } from './draft.ts';
import { explain } from './explain.ts';
import { isConfirmed, newestWeight } from './facts.ts';
import { writtenEpoch } from './fencing.ts';
import { journeyNotices } from './journey-notices.ts';
import { scaleSelector } from './names.ts';
import { noticesOf } from './notices.ts';
import { saidPaused } from './paused.ts';
import { initializing } from './phases/initializing.ts';
import { aborting, withdrawing } from './phases/leaving.ts';
import { progressing } from './phases/progressing.ts';
import { begun, resting } from './phases/resting.ts';
import { terminating } from './phases/terminating.ts';
import type { Effect, Plan } from './plan.ts';
import type { RolloutStatus } from './rollout.ts';
import { isCurrent, runsOf } from './rounds.ts';
import { awaitingWeight, settleWeight } from './settle.ts';
import { obstructed } from './standing.ts';
import { takenBy } from './taken.ts';
import { earliest } from './time.ts';
import { asUndone } from './undone.ts';
import { keepClaim } from './upkeep/claim.ts';
import { contentionEndsAt, freshCorrections } from './upkeep/contention.ts';
import { keepRestarted } from './upkeep/restarts.ts';
import { keepRevisions } from './upkeep/revisions.ts';
import { keepSplit } from './upkeep/split.ts';
import { keepPinned, keepWorkload } from './upkeep/workload.ts';
import type { RunView, World } from './world.ts';

const idle: Plan = { effects: [], notices: [] };

/**
 * The whole of the deciding: what was observed, time included, in; the next status and the intended effects out. Pure. The order of
 * the result is the order of acting: status first, for a raise and for a cut alike.
 */
export function plan(world: World): Plan {
  const { rollout } = world;
  // A newer leader has been here: whatever this process wants is out of date.
  if (writtenEpoch(world) > world.epoch) return idle;
  if (rollout.isDeleting && !rollout.hasFinalizer) return idle;
  const followed = follow(world, settleWeight(world, draftOf(rollout.status)));
  const asked = asUndone(world, followed.status);
  return finish(asked, upkeep(asked, restrained(asked, decide(asked, followed))));
}

function decide(world: World, draft: Draft): Draft {
  const { status } = draft;
  if (world.rollout.isDeleting) return terminating(world, draft);
  if (isAdopting(status)) return initializing(world, draft);
  if (status.canaryRevision === undefined) return world.rival === undefined ? resting(world, draft) : rivalled(world, draft);
  if (status.abort !== undefined) return aborting(world, draft);
  const isOvertaken = world.target.kind === 'revision' && world.target.revision !== status.canaryRevision;
  if (isOvertaken) return withdrawing(world, draft);
  return isBegun(world, status) ? begun(world, draft) : progressing(world, draft);
}

/** By a person, in this plan. */
const isBegun = ({ rollout }: World, { canaryRevision, attempt }: RolloutStatus): boolean =>
  rollout.status.canaryRevision !== canaryRevision || rollout.status.attempt !== attempt;

/** Also one that was Degraded meanwhile, because its spec could not be read: it goes on where it was. */
const isAdopting = ({ phase, stage, stableRevision }: RolloutStatus): boolean =>
  phase === undefined || phase === 'Initializing' || stage !== undefined || stableRevision === undefined;

/** Two Rollouts on one Service: the older one goes on, this one begins nothing. */
const rivalled = (world: World, draft: Draft): Draft =>
  holding(
    { ...withStatus(draft, { phase: 'Degraded' }), wakes: [] },
    { reason: 'ServiceClaimed', message: `Rollout ${world.rival} is older and manages the same Service or workload`, isStalled: true },
  );

/** A canary under way when an older Rollout appears may still lose its traffic; it gets none, and no analysis begins. */
const restrained = ({ rival }: World, draft: Draft): Draft =>
  rival === undefined ? draft : { ...draft, effects: draft.effects.filter(({ kind }) => kind !== 'createRun') };

/** What must hold in every phase, whatever was decided: objects, counts, selector, split. */
function upkeep(world: World, draft: Draft): Draft {
  return keepClaim(world, keepSplit(world, keepPinned(world, keepWorkload(world, keepRestarted(world, keepRevisions(world, draft))))));
}

function finish(world: World, decided: Draft): Plan {
  const { rollout } = world;
  const draft = saidPaused(world, recorded(obstructed(world, decided)));
  const described = withStatus(draft, {
    ...counts(world),
    // As much as status holds: a message must never be why a cut cannot be recorded.
    message: explain(draft),
    observedGeneration: rollout.generation,
    corrections: freshCorrections(world, draft),
    newestWeight: newestWeight(draft.status),
    taken: takenBy({ ...rollout, status: draft.status }),
  });
  const next = clipped({
    ...described.status,
    ...runsIn(world, described),
    conditions: [...conditionsOf(world, described, described.status.message ?? '')],
  });
  // A moment that has passed was seen by this plan already.
  const wakeAtMs = earliest(
    ...[...draft.wakes, contentionEndsAt(world, described)].filter((wake) => wake !== undefined && wake > world.nowMs),
  );
  return {
    ...(isSame(world, next) ? {} : { status: { ...next, epoch: world.epoch } }),
    effects: cutsFirst(draft.effects),
    ...(draft.share === undefined ? {} : { shareQuestion: draft.share }),
    notices: [...noticesOf(rollout.status, next), ...journeyNotices(world, next), ...(draft.notices ?? [])],
    ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
  };
}

/** A cut waits for nothing: whatever else is refused or in conflict, the weight falls. Then people hear what became of their decisions. */
const cutsFirst = (effects: readonly Effect[]): readonly Effect[] => {
  const place = (effect: Effect) => (effect.kind === 'writeSplit' && effect.isCut ? 0 : effect.kind === 'answerDecision' ? 1 : 2);
  return effects.toSorted((left, right) => place(left) - place(right));
};

/** A weight that is written down by this plan waits for the data plane from now on: said at once, that takes no write of its own. */
function recorded(draft: Draft): Draft {
  const { weight, phase } = draft.status;
  const isOnItsWay = weight !== undefined && !isConfirmed(draft.status) && phase !== 'Initializing' && phase !== 'Terminating';
  return isOnItsWay ? holding(draft, awaitingWeight(weight)) : draft;
}

/** While a canary is on its way the epoch is claimed as well; at rest a new leader writes nothing. */
function isSame(world: World, next: RolloutStatus): boolean {
  const { epoch: _, ...before } = world.rollout.status;
  const { epoch: __, ...after } = next;
  const isMoving = next.canaryRevision !== undefined && next.phase !== 'RolledBack';
  // While pods come and go their counts alone are not worth a write each; the last of them, or the next transition, tells them.
  const told = areSettled(world) ? after : { ...after, replicas: before.replicas, readyReplicas: before.readyReplicas };
  return sameJson(before, told) && (!isMoving || world.rollout.status.epoch === world.epoch);
}

const areSettled = ({ revisions }: World): boolean =>
  revisions.every(
    ({ deployment }) =>
      deployment === undefined ||
      (deployment.isObserved && deployment.totalReplicas === deployment.replicas && deployment.readyReplicas === deployment.replicas),
  );

function counts(world: World): Partial<RolloutStatus> {
  const deployments = world.revisions.map(({ deployment }) => deployment).filter((deployment) => deployment !== undefined);
  return {
    replicas: deployments.reduce((sum, { totalReplicas }) => sum + totalReplicas, 0),
    readyReplicas: deployments.reduce((sum, { readyReplicas }) => sum + readyReplicas, 0),
    selector: scaleSelector(world.rollout.name),
  };
}

/** After a promotion the last runs stay to be seen, with the phase that they end in. */
function runsIn(world: World, { status }: Draft): Partial<RolloutStatus> {
  if (status.canaryRevision === undefined)
    return status.analysis === undefined ? {} : { analysis: status.analysis.map((entry) => refreshed(world, entry)) };
  const runs = runsOf(world, status).filter((run) => run.phase === 'Failed' || isCurrent(status, run));
  if (runs.length === 0) return { analysis: undefined };
  return { analysis: runs.slice(-100).map(shownRun) };
}

type ShownRun = NonNullable<RolloutStatus['analysis']>[number];

const shownRun = ({ name, kind, phase, message }: RunView): ShownRun => ({
  run: name,
  kind,
  phase,
  ...(message === '' ? {} : { message }),
});

function refreshed({ runs }: World, entry: ShownRun): ShownRun {
  const run = runs.find(({ name }) => name === entry.run);
  return run === undefined ? entry : shownRun(run);
}
