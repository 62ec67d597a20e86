import type { Draft } from '../draft.ts';
import { telling, withStatus } from '../draft.ts';
import type { RolloutStatus } from '../rollout.ts';
import { earliest, isoOf, msOf } from '../time.ts';
import type { World } from '../world.ts';

/** Others that write what a Rollout owns are put right at most three times in five minutes; then they are named, and left alone. */

const limit = 3;
const windowMs = 300_000;
const kept = 32;

export const contestedObjects = ['Split', 'Replicas', 'Selector'] as const;
export type Contested = (typeof contestedObjects)[number];
type Correction = NonNullable<RolloutStatus['corrections']>[number];

/** One foreign edit: `version` tells it from the next, so that a correction whose write was lost is not counted twice. */
export interface ForeignEdit {
  readonly object: Contested;
  readonly version: string;
  readonly by: string | undefined;
  /** What was done, and what becomes of it, for people. */
  readonly what: string;
}

const recent = (world: World, { status }: Draft, object: Contested): readonly Correction[] =>
  (status.corrections ?? []).filter((entry) => entry.object === object && msOf(entry.at) > world.nowMs - windowMs);

/** Three corrections in five minutes: somebody else means it. */
export const isContended = (world: World, draft: Draft, object: Contested): boolean => recent(world, draft, object).length >= limit;

/** The draft with the correction noted; undefined where it would be one too many. */
export function correcting(world: World, draft: Draft, { object, version, by, what }: ForeignEdit): Draft | undefined {
  const corrections = draft.status.corrections ?? [];
  if (corrections.some((entry) => entry.object === object && entry.version === version)) return draft;
  if (isContended(world, draft, object)) return undefined;
  const entry = { object, at: isoOf(world.nowMs), version, ...(by === undefined ? {} : { by }) };
  const noted = withStatus(draft, { corrections: [...corrections, entry].slice(-kept) });
  return telling(noted, { severity: 'Warning', reason: 'Corrected', message: `${by ?? 'another writer'} ${what}` });
}

export function contentionMessage(world: World, draft: Draft, object: Contested): string {
  const by = recent(world, draft, object).findLast((entry) => entry.by !== undefined)?.by ?? 'another writer';
  const what = { Split: 'the TrafficSplit', Replicas: 'spec.replicas of the workload', Selector: 'the selector of the root Service' }[
    object
  ];
  return `${by} keeps changing ${what}; take it out of its manifests`;
}

/** When the first of the contended objects may be put right again. */
export const contentionEndsAt = (world: World, draft: Draft): number | undefined =>
  earliest(
    ...contestedObjects.map((object) => {
      const blocking = recent(world, draft, object).at(-limit);
      return blocking === undefined ? undefined : msOf(blocking.at) + windowMs;
    }),
  );

/** Corrections that are too old to count are dropped. */
export function freshCorrections(world: World, draft: Draft): RolloutStatus['corrections'] {
  const fresh = contestedObjects.flatMap((object) => recent(world, draft, object));
  return fresh.length === 0 ? undefined : fresh;
}
