import type { Draft, Hold } from '../draft.ts';
import { waking, withEffects, withStatus } from '../draft.ts';
import { awaitingPods, desiredSplit, endpointsOf, findRevision, neededReplicas, readyPods } from '../facts.ts';
import { revisionName } from '../names.ts';
import type { Split } from '../split.ts';
import { fingerprintOf, sendsAlike, shareOf, sharesIn } from '../split.ts';
import { isoOf, msOf } from '../time.ts';
import type { SplitView, World } from '../world.ts';
import { correcting } from './contention.ts';

/**
 * Brings the split to what status records. A foreign edit is put right a few times, then left and reported; what takes a canary's last share, or that of a
 * revision without pods, is always written, and so is what is news of our own. A share that somebody took from the canary comes back once it has the pods for
 * it: an autoscaler may have asked for more meanwhile.
 */
export function keepSplit(world: World, draft: Draft): Draft {
  if (world.traffic.kind === 'unusable') return draft;
  const { split: view, conflict, held } = world.traffic;
  const desired = desiredSplit(world, draft.status);
  if (desired === undefined || !isSplitStage(draft, view) || !mayWrite(world, view)) return draft;
  const mayRaise = conflict === undefined && held === undefined;
  if (view.kind === 'absent') return mayRaise || (conflict === undefined && givesNothing(draft)) ? making(world, draft, desired) : draft;
  const isCut = isLower(world, draft, view, desired);
  // With an older Rollout on the same Service a weight only falls.
  if (world.rival !== undefined && !isCut && draft.status.phase !== 'Terminating') return draft;
  if ((!mayRaise && !isCut) || (says(world, view, desired) && isClaimed(world, draft, view))) return draft;
  if (!isForeignEdit(view, desired)) return writing(draft, desired, view, isCut);
  const short = isCut ? undefined : podsHold(world, draft, view, desired);
  if (short !== undefined) return { ...draft, hold: short };
  const what = `changed TrafficSplit ${nameOf(world)} to ${sharesText(view.split)}; it is put back to ${sharesText(desired)}`;
  const noted = correcting(world, draft, { object: 'Split', version: view.resourceVersion, by: view.lastManager, what });
  const isFree = (isCut && isOut(draft)) || isNews(view, desired) || sendsNowhere(world, view, desired);
  return noted === undefined && !isFree ? draft : writing(noted ?? draft, desired, view, isCut);
}

/** The canary has fewer pods now than the share needs that is to come back. */
function podsHold(world: World, { status }: Draft, { split }: Present, desired: Split): Hold | undefined {
  const canary = findRevision(world, status.canaryRevision);
  if (canary === undefined) return undefined;
  const weight = shareOf(desired, canary.name);
  if (shareOf(split, canary.name) >= weight) return undefined;
  const needed = neededReplicas(world, status, weight);
  return readyPods(canary) < needed ? awaitingPods(needed, weight) : undefined;
}

/** Nothing is given to a canary by it, and nothing is taken over. */
const givesNothing = ({ status }: Draft): boolean => (status.weight?.desired ?? 0) === 0 && status.phase !== 'Initializing';

/** A canary that is to have nothing: on its way out, without pods, or not begun. Left alone it would fail the requests of whoever edits in its favour. */
const isOut = ({ status }: Draft): boolean =>
  status.phase === 'Terminating' || (status.canaryRevision !== undefined && (status.weight?.desired ?? 0) === 0);

/** It gives a share to a revision that has no pods any more, and is to have none: left alone it would fail these requests. */
const sendsNowhere = ({ revisions }: World, { split }: Present, desired: Split): boolean =>
  revisions.some((revision) => endpointsOf(revision) === 0 && shareOf(split, revision.name) > 0 && !(shareOf(desired, revision.name) > 0));

/** It was written for other shares than are wanted now. */
const isNews = ({ stamp }: Present, desired: Split): boolean =>
  stamp !== undefined && sharesIn(stamp.fingerprint) !== sharesIn(fingerprintOf(desired));

/** One that is made a second time was deleted by somebody, confirmed or not. Not at once each time: whether it came to be is not seen from here. */
function making(world: World, draft: Draft, desired: Split): Draft {
  const { phase, weight } = draft.status;
  const made = (from: Draft) => writing(from, desired, { kind: 'absent' }, false);
  if (phase === 'Initializing' && weight?.written === undefined)
    return made(withStatus(draft, { weight: { ...weight, desired: 0, written: 0 } }));
  // A rollback ends only when 0 is confirmed. A moment that is yet to come is of a clock that was set back.
  const isLeaving = phase === 'Aborting';
  const before = (draft.status.corrections ?? []).findLast(({ object, version }) => object === 'Split' && version?.startsWith(absent));
  const againAtMs = before === undefined || msOf(before.at) > world.nowMs ? world.nowMs : msOf(before.at) + remakeMs;
  if (world.nowMs < againAtMs) return isLeaving ? made(draft) : waking(draft, againAtMs);
  const what = `deleted TrafficSplit ${nameOf(world)}; it is made again, with ${sharesText(desired)}`;
  const noted = correcting(world, draft, { object: 'Split', version: `${absent} ${isoOf(world.nowMs)}`, by: undefined, what });
  return noted === undefined && !isLeaving ? draft : made(noted ?? draft);
}

const nameOf = ({ rollout: { spec } }: World): string => spec.traffic.smi?.splitName ?? spec.service.name;
const sharesText = ({ backends }: Split): string => backends.map(({ service, weight }) => `${service} ${weight}`).join(', ');

const absent = 'absent';
const remakeMs = 5_000;

/** Before its turn in an adoption, and after it in a deletion, the split is left alone. */
function isSplitStage(draft: Draft, view: SplitView): boolean {
  const { status } = draft;
  const stage = status.stage?.name;
  if (status.phase === 'Initializing') return stage === 'Splitting' || stage === 'Draining';
  if (status.phase === 'Terminating') return isOurs(view) && stage !== undefined && untilUnsplit.includes(stage) && !isLeaving(draft);
  return true;
}

const untilUnsplit = ['Returning', 'Restoring', 'Unpinning', 'Unsplitting'];

const isLeaving = ({ effects }: Draft): boolean => effects.some(({ kind }) => kind === 'deleteSplit');

function mayWrite({ rollout, rival }: World, view: SplitView): boolean {
  if (rival !== undefined) return isOurs(view);
  return view.kind === 'absent' || isOurs(view) || (view.ownership.kind === 'plain' && rollout.adoptsSplit);
}

const isOurs = (view: SplitView): boolean => view.kind === 'present' && view.ownership.kind === 'ours';

type Present = Extract<SplitView, { kind: 'present' }>;

/** The same shares, every backend of ours named, and nothing beside them. */
function says(world: World, view: Present, desired: Split): boolean {
  if (view.ownership.kind !== 'ours' || !sendsAlike(view.split, desired)) return false;
  const named = new Set(view.split.backends.map(({ service }) => service));
  const namesZeros = world.traffic.kind === 'usable' && world.traffic.namesZeroWeights;
  const wanted = desired.backends.filter(({ weight }) => weight > 0 || namesZeros).map(({ service }) => service);
  const known = new Set(desired.backends.map(({ service }) => service));
  return wanted.every((service) => named.has(service)) && [...named].every((service) => known.has(service));
}

/** While traffic moves, the split carries the epoch of the leader that moves it, so that an older one stops at it. */
function isClaimed(world: World, { status }: Draft, view: Present): boolean {
  const isMoving = status.canaryRevision !== undefined && status.phase !== 'RolledBack';
  return view.stamp !== undefined && (!isMoving || view.stamp.epoch >= world.epoch);
}

/** The object is not what its stamp says was written, or has lost our stamp: somebody edited it. */
function isForeignEdit(view: Present, desired: Split): boolean {
  if (view.stamp === undefined) return isOurs(view);
  return view.stamp.fingerprint !== fingerprintOf(view.split) || view.split.root !== desired.root;
}

function isLower(world: World, { status }: Draft, view: Present, desired: Split): boolean {
  const stable = revisionName(world.rollout.name, status.stableRevision ?? '');
  if (status.canaryRevision === undefined) return !(shareOf(view.split, stable) >= shareOf(desired, stable));
  const canary = revisionName(world.rollout.name, status.canaryRevision);
  return shareOf(view.split, canary) > shareOf(desired, canary);
}

function writing(draft: Draft, split: Split, view: SplitView, isCut: boolean): Draft {
  // Only claimed, or named anew: the shares are as old as they were, and so is their confirmation.
  const since =
    view.kind === 'present' && view.ownership.kind === 'ours' && sendsAlike(view.split, split) ? { sinceMs: view.stamp?.writtenAtMs } : {};
  const at =
    view.kind === 'present' ? { uid: view.uid, resourceVersion: view.resourceVersion } : { uid: undefined, resourceVersion: undefined };
  return withEffects(draft, { kind: 'writeSplit', split, ...at, ...since, isCut });
}
