import type { Draft } from '../draft.ts';
import { withEffects, withStatus } from '../draft.ts';
import { desiredSplit } from '../facts.ts';
import { revisionName } from '../names.ts';
import { isContended, recentCorrections } from '../phases/guards.ts';
import type { Split } from '../split.ts';
import { fingerprintOf, sendsAlike, shareOf } from '../split.ts';
import { isoOf } from '../time.ts';
import type { SplitView, World } from '../world.ts';

/** Brings the split to what status records. A foreign edit is put right a few times, then left and reported; a cut is always written. */
export function keepSplit(world: World, draft: Draft): Draft {
  if (world.traffic.kind === 'unusable' || world.traffic.conflict !== undefined || !isSplitStage(draft)) return draft;
  const { split: view } = world.traffic;
  const desired = desiredSplit(world, draft.status);
  if (desired === undefined || !mayWrite(world, view)) return draft;
  if (view.kind === 'absent') return writing(draft, desired, view, false);
  if (says(world, view, desired) && isClaimed(world, draft, view)) return draft;
  const isCut = isLower(world, draft, view, desired);
  if (!isForeignEdit(view, desired)) return writing(draft, desired, view, isCut);
  if (isContended(world, draft, 'Split') && !isCut) return draft;
  const corrections = [...(draft.status.corrections ?? []), { object: 'Split' as const, at: isoOf(world.nowMs), ...by(view.lastManager) }];
  return writing(withStatus(draft, { corrections: corrections.slice(-32) }), desired, view, isCut);
}

const by = (manager: string | undefined) => (manager === undefined ? {} : { by: manager });

/** Before its turn in an adoption, and after it in a deletion, the split is left alone. */
function isSplitStage({ status }: Draft): boolean {
  const stage = status.stage?.name;
  if (status.phase === 'Initializing') return stage === 'Splitting' || stage === 'Draining';
  if (status.phase === 'Terminating') return stage === 'Returning' || stage === 'Restoring';
  return true;
}

function mayWrite({ rollout, rival }: World, view: SplitView): boolean {
  if (rival !== undefined) return false;
  if (view.kind === 'absent' || view.ownership.kind === 'ours') return true;
  return view.ownership.kind === 'plain' && rollout.adoptsSplit;
}

type Present = Extract<SplitView, { kind: 'present' }>;

/** The same shares, every backend of ours named, and nothing named beside them but revisions of ours that still exist. */
function says(world: World, view: Present, desired: Split): boolean {
  if (view.ownership.kind !== 'ours' || !sendsAlike(view.split, desired)) return false;
  const named = new Set(view.split.backends.map(({ service }) => service));
  const known = new Set(world.revisions.filter(({ service }) => service !== undefined).map(({ name }) => name));
  const namesZeros = world.traffic.kind === 'usable' && world.traffic.namesZeroWeights;
  const wanted = new Set(desired.backends.filter(({ weight }) => weight > 0 || namesZeros).map(({ service }) => service));
  return [...wanted].every((service) => named.has(service)) && [...named].every((service) => wanted.has(service) || known.has(service));
}

/** While traffic moves, the split carries the epoch of the leader that moves it, so that an older one stops at it. */
function isClaimed(world: World, { status }: Draft, view: Present): boolean {
  const isMoving = status.canaryRevision !== undefined && status.phase !== 'RolledBack';
  return !isMoving || view.stamp === undefined || view.stamp.epoch >= world.epoch;
}

/** What we wrote was what is wanted, and the object says something else: somebody edited it. */
function isForeignEdit(view: Present, desired: Split): boolean {
  return view.stamp !== undefined && view.stamp.fingerprint === fingerprintOf(desired) && !sendsAlike(view.split, desired);
}

function isLower(world: World, { status }: Draft, view: Present, desired: Split): boolean {
  if (status.canaryRevision === undefined) return true;
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

/** Corrections that are too old to count are dropped when something else is written anyway. */
export const freshCorrections = (world: World, { status }: Draft) => {
  const fresh = (['Split', 'Replicas', 'Selector'] as const).flatMap((object) => recentCorrections(world, status.corrections, object));
  return fresh.length === 0 ? undefined : fresh;
};
