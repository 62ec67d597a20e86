import type { Draft } from '../draft.ts';
import { holding, waking, withStatus } from '../draft.ts';
import { canaryReplicas, findRevision } from '../facts.ts';
import type { RolloutStatus } from '../rollout.ts';
import { abort } from '../run.ts';
import { isoOf, msOf } from '../time.ts';
import type { World } from '../world.ts';

/**
 * The progress deadline: one clock, which runs while pods or the data plane are waited for and starts anew only when more pods are ready than
 * ever before in this wait, so that a crash loop does not reset it.
 */
export function waitAgainstDeadline(world: World, draft: Draft, what: 'Pods' | 'Weight', best = 0): Draft {
  const previous = draft.status.waiting;
  const { progressDeadline, progressDeadlineAction } = world.rollout.spec;
  const isSame =
    previous !== undefined &&
    !isUnasked(world, draft, what) &&
    (previous.for !== what || best <= previous.best || isEarly(world, previous));
  const waiting = isSame ? resumed(world, previous, what) : { for: what, since: isoOf(world.nowMs), best };
  const dueMs = msOf(waiting.since) + progressDeadline;
  const counting = withStatus(draft, { waiting });
  // Progress that was not noted yet is at the end of the early time, or the deadline would take it for news.
  if (world.nowMs < dueMs) return waking(counting, best > waiting.best ? earlyUntilMs(world, waiting) : dueMs);
  const message = `no progress for ${Math.round(progressDeadline / 1000)} s: ${draft.hold?.message ?? `waiting for ${what.toLowerCase()}`}`;
  if (progressDeadlineAction === 'Abort' && draft.status.canaryRevision !== undefined && !isOvertaken(world, draft))
    return abort(world, withoutHold(counting), 'ProgressDeadlineExceeded', message);
  return holding(withoutHold(counting), { reason: 'ProgressDeadlineExceeded', message, isStalled: true });
}

/** On its way out already. */
const isOvertaken = ({ target }: World, { status }: Draft): boolean =>
  target.kind === 'revision' && target.revision !== status.canaryRevision;

/** The leader that began to wait ended before it asked for the pods, and while nobody leads none can come. Once for each leader: a write that is refused is no reason. */
function isUnasked(world: World, { status, goalWeight = 0 }: Draft, what: Waiting['for']): boolean {
  if (what !== 'Pods' || status.canaryRevision === undefined || world.rollout.status.epoch === world.epoch) return false;
  const asked = findRevision(world, status.canaryRevision)?.deployment?.replicas ?? 0;
  return asked < canaryReplicas(world, status, goalWeight);
}

/** Progress early in the wait changes nothing of note, and noting it would cost a write with every pod. */
const isEarly = (world: World, waiting: Waiting): boolean => waiting.stoppedAt === undefined && world.nowMs < earlyUntilMs(world, waiting);

const earlyUntilMs = ({ rollout }: World, { since }: Waiting): number => msOf(since) + Math.ceil(rollout.spec.progressDeadline / 4);

type Waiting = NonNullable<RolloutStatus['waiting']>;

/** While it stood, no time passed. */
function resumed({ nowMs }: World, { since, best, stoppedAt }: Waiting, what: Waiting['for']): Waiting {
  const stoodMs = stoppedAt === undefined ? 0 : nowMs - msOf(stoppedAt);
  return { for: what, since: isoOf(msOf(since) + stoodMs), best };
}

/** Something else is waited for: the clock stands, and goes on from there if pods are missing again, so that flapping does not reset it. */
export function stopClock(world: World, draft: Draft): Draft {
  const { waiting } = draft.status;
  if (waiting === undefined || waiting.stoppedAt !== undefined) return draft;
  return withStatus(draft, { waiting: { ...waiting, stoppedAt: isoOf(world.nowMs) } });
}

const withoutHold = ({ hold: _, ...draft }: Draft): Draft => draft;
