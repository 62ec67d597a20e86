import { unconfirmedText } from './conditions.ts';
import { confirm } from './confirmation.ts';
import type { Draft, Hold } from './draft.ts';
import { holding, waking, withStatus } from './draft.ts';
import { canaryOf, desiredSplit, findRevision } from './facts.ts';
import { revisionName } from './names.ts';
import type { Condition, WeightStatus } from './rollout.ts';
import { sendsAlike } from './split.ts';
import { isoOf, msOf } from './time.ts';
import type { ShareView, World } from './world.ts';

/** Brings `status.weight` in step with what was observed: confirmed, and by which rung, or not (any more). */
export function settleWeight(world: World, draft: Draft): Draft {
  const weight = draft.status.weight;
  const desired = desiredSplit(world, draft.status);
  if (weight === undefined || desired === undefined) return draft;
  if (world.traffic.kind === 'unusable') return draft;
  const { split } = world.traffic;
  if (split.kind === 'absent' || !sendsAlike(split.split, desired)) return withStatus(draft, { weight: unconfirmed(weight) });
  const { stamp } = split;
  const { confirmedAt } = weight;
  // An adapter that is slow may come with an older weight once metrics have shown the new one: the data plane will follow that first.
  const isDoubted = world.traffic.adapter.kind === 'contradicts';
  // Without our stamp nobody knows since when: it is what was confirmed.
  if (confirmedAt !== undefined && !isDoubted && (stamp === undefined || msOf(confirmedAt) >= stamp.writtenAtMs)) return draft;
  const writtenAtMs = stamp?.writtenAtMs ?? world.nowMs;

  const { timeout, maxLag } = canaryOf(world).confirmation;
  const verdict = confirm({
    nowMs: world.nowMs,
    weight: weight.desired,
    previousWeight: weight.written ?? 0,
    writtenAtMs,
    isHasty: weight.isHasty === true,
    wasContradicted: isContradicted(world, weight),
    maxLagMs: maxLag ?? world.traffic.defaultMaxLagMs,
    timeoutMs: timeout,
    adapter: world.traffic.adapter,
    share: world.traffic.share,
    services: countedServices(world, draft),
  });
  if (verdict.kind === 'confirmed') {
    // By the clock that stamped the write, where that one is ahead: a confirmation older than its write would not count.
    const settled = withStatus(draft, { weight: confirmed(weight, verdict, Math.max(world.nowMs, writtenAtMs)) });
    return verdict.by === 'Elapsed' ? withOutage(settled, outageIn(world.traffic.share, writtenAtMs)) : settled;
  }

  const open = withStatus(draft, { weight: unconfirmed(weight) });
  const asking = verdict.share === undefined ? open : { ...open, share: verdict.share };
  const outage = saidOutage(world, weight) ?? outageIn(world.traffic.share, writtenAtMs);
  const isOverdue = world.nowMs >= writtenAtMs + timeout;
  const weightHold = isOverdue ? notApplied(world, weight, verdict.why) : awaitingWeight(weight, outage);
  return waking(withOutage({ ...holding(asking, weightHold), weightHold }, outage), verdict.wakeAtMs);
}

/** By the record of this weight: a reading of it is gone with the process that had it. */
function isContradicted(world: World, { desired }: WeightStatus): boolean {
  const said = weightConditionOf(world);
  return said?.reason === 'WeightNotApplied' && said.message.startsWith(`${notFollowed(desired)}metrics show`);
}

const notFollowed = (desired: number): string => `${desired} % was written and is not followed: `;

/** Says nothing of the readings under way: each would cost a status write, and the record of a weight can say it already. */
export const awaitingWeight = ({ desired }: WeightStatus, outage?: string): Hold => ({
  reason: 'AwaitingWeight',
  message: `waiting for the data plane to follow ${desired} %${outage === undefined ? '' : `: ${outage}`}`,
});

/** Keeps the share that was measured first for as long as all else stands: each reading brings another, and would cost a status write. */
function notApplied(world: World, weight: WeightStatus, why: string): Hold {
  const message = `${notFollowed(weight.desired)}${why}`;
  const before = weightConditionOf(world)?.message;
  const isSame = before !== undefined && withoutReading(before) === withoutReading(message);
  // What metrics showed stays the record until they, or the adapter, show something else.
  const isKept = isContradicted(world, weight) && world.traffic.kind !== 'unusable' && world.traffic.adapter.kind !== 'contradicts';
  return { reason: 'WeightNotApplied', message: before !== undefined && (isSame || isKept) ? before : message };
}

const withoutReading = (message: string): string => message.replace(/metrics show [0-9.]+ %/, 'metrics show');

/** Said once for a weight, in the words of the first time: a server that comes and goes, or fails now this way and now that, costs one write. */
function saidOutage(world: World, weight: WeightStatus): string | undefined {
  const before = weightConditionOf(world);
  const beginning = `${unconfirmedText(weight)}: `;
  return before?.status === 'Unknown' && before.message.startsWith(beginning) ? before.message.slice(beginning.length) : undefined;
}

const outageIn = (share: ShareView, writtenAtMs: number): string | undefined =>
  share.kind === 'reading' && share.windowStartedAtMs >= writtenAtMs ? share.outage : undefined;

const withOutage = (draft: Draft, outage: string | undefined): Draft => (outage === undefined ? draft : { ...draft, outage });

const weightConditionOf = ({ rollout }: World): Condition | undefined =>
  rollout.status.conditions.find(({ type }) => type === 'WeightConfirmed');

const unconfirmed = ({ desired, written, isHasty }: WeightStatus): WeightStatus => ({
  desired,
  ...(written === undefined ? {} : { written }),
  ...(isHasty === undefined ? {} : { isHasty }),
});

function confirmed(
  { desired }: WeightStatus,
  verdict: { by: NonNullable<WeightStatus['confirmedBy']>; observed: number | undefined },
  nowMs: number,
): WeightStatus {
  const observed = verdict.observed === undefined ? {} : { observed: Math.round(verdict.observed * 10) / 10 };
  return { desired, written: desired, ...observed, confirmedBy: verdict.by, confirmedAt: isoOf(nowMs) };
}

/** The Services whose requests tell the share; none while there is no canary that could have any. */
function countedServices(world: World, { status }: Draft): { canary: string; stable: string } | undefined {
  const { name } = world.rollout;
  if (status.canaryRevision === undefined || status.stableRevision === undefined) return undefined;
  if (findRevision(world, status.canaryRevision)?.service === undefined) return undefined;
  return { canary: revisionName(name, status.canaryRevision), stable: revisionName(name, status.stableRevision) };
}
