import type { Draft } from '../draft.ts';
import { withEffects } from '../draft.ts';
import { desiredSplit } from '../facts.ts';
import { revisionName } from '../names.ts';
import type { Split } from '../split.ts';
import { fingerprintOf, sendsAlike, shareOf } from '../split.ts';
import type { SplitView, World } from '../world.ts';
import { correcting } from './contention.ts';

/** Brings the split to what status records. A foreign edit is put right a few times, then left and reported; a cut is always written. */
export function keepSplit(world: World, draft: Draft): Draft {
  if (world.traffic.kind === 'unusable') return draft;
  const { split: view, conflict } = world.traffic;
  const desired = desiredSplit(world, draft.status);
  if (desired === undefined || !isSplitStage(draft, view) || !mayWrite(world, view)) return draft;
  if (view.kind === 'absent') return conflict === undefined ? making(world, draft, desired) : draft;
  const isCut = isLower(world, draft, view, desired);
  // With an older Rollout on the same Service a weight only falls.
  if (world.rival !== undefined && !isCut && draft.status.phase !== 'Terminating') return draft;
  if ((conflict !== undefined && !isCut) || (says(world, view, desired) && isClaimed(world, draft, view))) return draft;
  if (!isForeignEdit(view, desired) || (isCut && isLeaving(draft))) return writing(draft, desired, view, isCut);
  const noted = correcting(world, draft, { object: 'Split', version: view.resourceVersion, by: view.lastManager });
  return noted === undefined ? draft : writing(noted, desired, view, isCut);
}

/** One that was confirmed and is not there was deleted by somebody. */
function making(world: World, draft: Draft, desired: Split): Draft {
  const { confirmedAt } = world.rollout.status.weight ?? {};
  const edit = { object: 'Split' as const, version: `absent ${confirmedAt}`, by: undefined };
  const noted = confirmedAt === undefined ? draft : correcting(world, draft, edit);
  return noted === undefined ? draft : writing(noted, desired, { kind: 'absent' }, false);
}

/** A rollback and a deletion end only at weight 0: those do not give in. */
const isLeaving = ({ status }: Draft): boolean => status.phase === 'Aborting' || status.phase === 'Terminating';

/** Before its turn in an adoption, and after it in a deletion, the split is left alone. */
function isSplitStage({ status }: Draft, view: SplitView): boolean {
  const stage = status.stage?.name;
  if (status.phase === 'Initializing') return stage === 'Splitting' || stage === 'Draining';
  if (status.phase === 'Terminating') return isOurs(view) && (stage === 'Returning' || stage === 'Restoring');
  return true;
}

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

/** What we wrote was what is wanted, and the object says something else, or has lost our stamp: somebody edited it. */
function isForeignEdit(view: Present, desired: Split): boolean {
  if (view.stamp === undefined) return isOurs(view);
  return view.stamp.fingerprint === fingerprintOf(desired) && !sendsAlike(view.split, desired);
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
